/** For tests: a client that speaks TLS up to a version of ours to choose, and a server whose OpenSSL would let it. */

import { once } from 'node:events';
import tls from 'node:tls';

/** OpenSSL refuses old versions by itself, and would hide what a listener allows; returns how to undo this. */
export function allowOldTls(): () => void {
  const { DEFAULT_CIPHERS } = tls;
  Object.assign(tls, { DEFAULT_CIPHERS: 'DEFAULT@SECLEVEL=0' });
  return () => void Object.assign(tls, { DEFAULT_CIPHERS });
}

/** Resolves when the handshake is done; rejects with what the server made of it. */
export async function handshake(port: number, maxVersion: tls.SecureVersion): Promise<void> {
  const at = { port, host: '127.0.0.1', rejectUnauthorized: false };
  const socket = tls.connect({ ...at, ciphers: 'DEFAULT@SECLEVEL=0', minVersion: 'TLSv1', maxVersion });
  try {
    await once(socket, 'secureConnect');
  } finally {
    socket.destroy();
  }
}
