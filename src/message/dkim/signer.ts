/**
 * Puts signatures in front of messages on their way out, where the sender's domain, or one above it, has a key. Keys are
 * opened once and remembered; a tenant without keys costs a look into a map.
 */

import { createPrivateKey, type KeyObject } from 'node:crypto';
import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../core/clock.ts';
import type { Vault } from '../../core/vault.ts';
import type { SigningKeyRow } from '../../db/verbs/domains.ts';
import type { StorePart } from '../../db/verbs/store.ts';
import { createBodyHash } from './canonical.ts';
import { dkimContext } from './make-keys.ts';
import { SIGNATURE_BYTES, type SigningKey, signatureFields } from './sign.ts';

/** A message, which can be asked for more than once and is the same bytes each time. */
export type SignableSource = () => Promise<Uint8Array | Readable>;

export interface Signature {
  /** What it adds to the size of the message at most. */
  readonly maxBytes: number;
  /** The message with its signatures in front; a stream where `source` is one. The same bytes on every call. */
  sign(source: SignableSource): Promise<Uint8Array | Readable>;
}

export interface DkimSigner {
  /** How mail of a tenant from a domain is signed at a time (epoch ms); undefined where it is not. */
  signatureFor(sender: {
    readonly tenantId: string;
    readonly domain: string;
    readonly at: number;
  }): Promise<Signature | undefined>;
  /** Makes the next message look for its keys anew. */
  forget(): void;
}

interface Known {
  readonly readAt: number;
  readonly byDomain: ReadonlyMap<string, readonly SigningKeyRow[]>;
}

/** How long a key that another process made or took away may go unnoticed. */
const MAX_AGE_MS = 2_000;
const HEADER_END = '\r\n\r\n';
/** Read and hashed in about 2 ms. */
const PIECE_BYTES = 256 * 1024;

export function createDkimSigner(deps: {
  readonly store: StorePart<'domains.signingKeys'>;
  readonly vault: Vault;
  readonly clock: Pick<Clock, 'monotonic'>;
}): DkimSigner {
  const { store, vault, clock } = deps;
  const tenants = new Map<string, Promise<Known>>();
  /** By id: what has been opened stays open while its row is there. */
  const opened = new Map<string, KeyObject>();

  async function read(tenantId: string): Promise<Known> {
    const readAt = clock.monotonic();
    const rows = await store.domains.signingKeys({ tenantId });
    return { readAt, byDomain: Map.groupBy(rows, ({ domain }) => domain) };
  }

  function open({ id, privateKey, ...row }: SigningKeyRow): SigningKey {
    const key = opened.get(id) ?? createPrivateKey(vault.open(privateKey, dkimContext(id)));
    opened.set(id, key);
    return { ...row, key };
  }

  async function known(tenantId: string): Promise<Known> {
    const before = tenants.get(tenantId);
    if (before !== undefined) {
      const found = await before;
      if (clock.monotonic() - found.readAt < MAX_AGE_MS) return found;
      if (tenants.get(tenantId) !== before) return known(tenantId);
    }
    const reading = read(tenantId);
    tenants.set(tenantId, reading);
    reading.catch(() => {
      if (tenants.get(tenantId) === reading) tenants.delete(tenantId);
    });
    return reading;
  }

  return {
    async signatureFor({ tenantId, domain, at }) {
      const { byDomain } = await known(tenantId);
      if (byDomain.size === 0) return undefined;
      // Opened here and not when they are read: a key that cannot be opened must not hold up mail of other domains.
      const keys = keysFor(byDomain, domain)?.map(open);
      return keys && { maxBytes: keys.length * SIGNATURE_BYTES, sign: (source) => signed(source, keys, at) };
    },
    forget() {
      tenants.clear();
      opened.clear();
    },
  };
}

/** The keys of the domain, else of the nearest above it: aligned for DMARC either way. */
function keysFor(byDomain: Known['byDomain'], domain: string): readonly SigningKeyRow[] | undefined {
  for (let name = domain; name.includes('.'); name = name.slice(name.indexOf('.') + 1)) {
    const keys = byDomain.get(name);
    if (keys !== undefined) return keys;
  }
  return undefined;
}

async function signed(
  source: SignableSource,
  keys: readonly SigningKey[],
  now: number,
): Promise<Uint8Array | Readable> {
  const message = await source();
  if (message instanceof Uint8Array) {
    const fields = await signatureFields({ ...(await partsOf(message)), keys, now });
    return Buffer.concat([Buffer.from(fields, 'latin1'), message]);
  }
  const fields = await signatureFields({ ...(await streamParts(message)), keys, now });
  return Readable.from(joined(fields, source), { objectMode: false });
}

/** Once through the whole message, and nothing of its body kept. */
async function streamParts(message: Readable): Promise<Parts> {
  const parts = createParts();
  for await (const chunk of message) parts.take((chunk as Buffer).toString('latin1'));
  return parts.end();
}

/** A large message lets others have the loop in between. */
async function partsOf(message: Uint8Array): Promise<Parts> {
  const parts = createParts();
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.length);
  for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
    if (start > 0) await turn();
    parts.take(bytes.toString('latin1', start, start + PIECE_BYTES));
  }
  return parts.end();
}

interface Parts {
  readonly header: string;
  readonly bodyHash: string;
}

/** Cuts a message that comes in pieces into header and body, and hashes the body. */
function createParts() {
  const body = createBodyHash();
  let header = '';
  let isBody = false;
  return {
    take(piece: string): void {
      if (isBody) {
        body.update(piece);
        return;
      }
      const seen = Math.max(0, header.length - HEADER_END.length);
      header += piece;
      const end = header.indexOf(HEADER_END, seen);
      if (end === -1) return;
      isBody = true;
      body.update(header.slice(end + HEADER_END.length));
      header = header.slice(0, end);
    },
    end: () => ({ header: header.replace(/\r\n$/, ''), bodyHash: body.digest() }),
  };
}

/** Opens the message when it is asked for: one that is never read, because its recipients were refused, opens nothing. */
async function* joined(fields: string, source: SignableSource): AsyncGenerator<Uint8Array> {
  yield Buffer.from(fields, 'latin1');
  const message = await source();
  if (message instanceof Uint8Array) yield message;
  else yield* message;
}
