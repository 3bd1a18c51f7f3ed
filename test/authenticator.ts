/** An authenticator in software: makes a passkey and shows it, as a browser hands it on (WebAuthn Level 3 §6, attestation `none`). */

import { createHash, createSign, generateKeyPairSync, randomBytes } from 'node:crypto';

export interface Ceremony {
  /** What the page asked for. */
  readonly options: { readonly challenge: string };
  /** Of the page; else the authenticator's own. */
  readonly origin?: string;
  /** The user showed a finger, a face or a PIN. */
  readonly verified?: boolean;
  readonly counter?: number;
  /** User handle, base64url. */
  readonly userHandle?: string;
}

export interface Authenticator {
  readonly id: string;
  make(ceremony: Ceremony): Credential;
  show(ceremony: Ceremony): Credential;
}

export interface Credential {
  readonly id: string;
  readonly response: { readonly clientDataJSON: string } & Readonly<Record<string, unknown>>;
  readonly [member: string]: unknown;
}

const PRESENT = 0x01;
const VERIFIED = 0x04;
const HAS_KEY = 0x40;

export function createAuthenticator({ hostname, origin }: { hostname: string; origin: string }): Authenticator {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const rawId = randomBytes(20);
  const id = rawId.toString('base64url');
  const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest();

  const clientData = (type: string, ceremony: Ceremony) => {
    const { options, origin: from = origin } = ceremony;
    return Buffer.from(JSON.stringify({ type, challenge: options.challenge, origin: from, crossOrigin: false }));
  };
  const authenticatorData = ({ verified = true, counter = 0 }: Ceremony, key: Uint8Array = new Uint8Array()) => {
    const flags = PRESENT | (verified ? VERIFIED : 0) | (key.length > 0 ? HAS_KEY : 0);
    const count = Buffer.alloc(4);
    count.writeUInt32BE(counter);
    return Buffer.concat([sha256(hostname), Uint8Array.of(flags), count, key]);
  };
  const credential = (response: Credential['response']): Credential => {
    return { id, rawId: id, type: 'public-key', clientExtensionResults: {}, response };
  };

  /** COSE: EC2, ES256, P-256. */
  const coseKey = () => {
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
    const [left, right] = [Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')];
    const head = [0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
    return Buffer.concat([Uint8Array.from(head), left, Uint8Array.of(0x22, 0x58, 0x20), right]);
  };

  return {
    id,
    make(ceremony) {
      const key = Buffer.concat([Buffer.alloc(16), Uint8Array.of(0, rawId.length), rawId, coseKey()]);
      const data = authenticatorData(ceremony, key);
      const text = (word: string) => Buffer.from([0x60 + word.length, ...Buffer.from(word)]);
      const attestation = Buffer.concat([
        ...[Uint8Array.of(0xa3), text('fmt'), text('none'), text('attStmt'), Uint8Array.of(0xa0)],
        ...[text('authData'), Uint8Array.of(0x58, data.length), data],
      ]);
      return credential({
        clientDataJSON: clientData('webauthn.create', ceremony).toString('base64url'),
        attestationObject: attestation.toString('base64url'),
        transports: ['internal'],
      });
    },
    show(ceremony) {
      const client = clientData('webauthn.get', ceremony);
      const data = authenticatorData(ceremony);
      const signature = createSign('sha256').update(data).update(sha256(client)).sign(privateKey);
      return credential({
        clientDataJSON: client.toString('base64url'),
        authenticatorData: data.toString('base64url'),
        signature: signature.toString('base64url'),
        ...(ceremony.userHandle !== undefined && { userHandle: ceremony.userHandle }),
      });
    },
  };
}
