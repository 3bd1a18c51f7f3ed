/**
 * API keys: from what a caller presents to who it is. argon2 is paid once; after that a SHA-256 of what was presented
 * stands for it, while the key's row and its tenant are read anew every half second, because another process may have
 * revoked it. A stranger's wrong keys never cost a caller whose key is right.
 */

import { hash } from 'node:crypto';
import type { Log } from '../base/observe/log.ts';
import type { Clock } from '../core/clock.ts';
import { IepError } from '../core/errors.ts';
import type { NewId } from '../core/ids.ts';
import { createLimiter } from '../core/limiter.ts';
import { createNetworks, normalizeNetwork } from '../core/networks.ts';
import type { KeyRow, Scope } from '../db/verbs/keys.ts';
import type { StorePart } from '../db/verbs/store.ts';
import type { Directory } from './directory.ts';
import { createFailedLogins, siteOf, sourceOf } from './failed-logins.ts';
import { formatKey, type KeyText, newKeyText, parseKey } from './key-text.ts';
import type { KeyHolder } from './principal.ts';
import { hashSecret, verifySecret } from './secret-hash.ts';

export interface IssuedKey {
  readonly row: KeyRow;
  /** The whole key; it is not kept anywhere. */
  readonly key: string;
}

export interface NewKey {
  readonly tenantId?: string;
  readonly scopes: readonly Scope[];
  readonly name?: string;
  readonly expiresAt?: number;
  /** Networks or addresses; none: anywhere. */
  readonly allowedIps?: readonly string[];
}

export interface Keys {
  /**
   * Who presents this. `source` is the address it came from. Refuses with `unauthorized`, `too_many_failed_logins`,
   * `ip_not_allowed`, `tenant_inactive`, or `rate_limited` when too many unknown keys are being checked.
   */
  verify(presented: string, source: string): Promise<KeyHolder>;
  /** Without a tenant it is an operator's key. */
  issue(input: NewKey): Promise<IssuedKey>;
  /** The same, for who stores its row. */
  draw(input: NewKey): Promise<IssuedKey>;
  /** Changes what is given. Undefined: no such key. */
  change(input: { keyId: string; name?: string; allowedIps?: readonly string[] }): Promise<KeyRow | undefined>;
  /** A new key with the same rights and as long a life; the old one ends after the overlap. */
  rotate(input: { keyId: string; overlapMs: number }): Promise<IssuedKey>;
  /** False: no such key. */
  revoke(keyId: string): Promise<boolean>;
}

export interface KeysOptions {
  /** How old the row behind a remembered key may be. */
  readonly maxAgeMs?: number;
  /** Keys remembered at once. Only right keys are remembered, so a guesser cannot push one out. */
  readonly maxRemembered?: number;
}

interface Remembered {
  row: KeyRow;
  /** Monotonic ms at which the read of `row` began. */
  readAt: number;
  rereading?: Promise<KeyRow | undefined>;
  /** Whether the address lies in the networks of `networksOf`. */
  allows?: (address: string) => boolean;
  networksOf?: KeyRow;
  /** Made from `row` and one state of its tenant; made again when either is another. */
  principal?: KeyHolder;
  lastUsedAt: number;
}

const LAST_USED_EVERY_MS = 60_000;
/** The part of its age after which a row is read again while the old one still holds: a read waits for the commits before it. */
const AHEAD = 0.5;

export function createKeys(
  deps: {
    store: StorePart<'keys.byPrefix' | 'keys.list' | 'keys.add' | 'keys.set'>;
    directory: Directory;
    clock: Clock;
    newId: NewId;
    log?: Pick<Log, 'warn'>;
  },
  options: KeysOptions = {},
): Keys {
  const { store, directory, clock } = deps;
  const maxAgeMs = options.maxAgeMs ?? 500;
  const maxRemembered = options.maxRemembered ?? 10_000;
  const remembered = new Map<string, Remembered>();
  const checking = new Map<string, Promise<Remembered>>();
  const failedLogins = createFailedLogins({ clock });
  const checks = createLimiter({
    atOnce: 2,
    waiting: { atOnce: 64, ofOne: 16 },
    tooMany: () => new IepError('rate_limited', 'Too many keys are being checked at once', { retryAfterMs: 1_000 }),
  });

  // ------------------------------------------------------------------------------------------------ remembered keys

  /** The row as it is now, or was at most `maxAgeMs` ago. Undefined: it is gone, or is another key's. */
  async function currentRow(known: Remembered): Promise<KeyRow | undefined> {
    const age = clock.monotonic() - known.readAt;
    if (age < maxAgeMs * AHEAD) return known.row;
    const rereading = rereadOnce(known);
    if (age >= maxAgeMs) return rereading;
    // Who waits for it later hears of a fault.
    rereading.catch(() => undefined);
    return known.row;
  }

  function rereadOnce(known: Remembered): Promise<KeyRow | undefined> {
    known.rereading ??= reread(known).finally(() => {
      delete known.rereading;
    });
    return known.rereading;
  }

  async function reread(known: Remembered): Promise<KeyRow | undefined> {
    const readAt = clock.monotonic();
    const row = await store.keys.byPrefix(known.row.prefix);
    if (row === undefined || row.hash !== known.row.hash) {
      known.readAt = Number.NEGATIVE_INFINITY;
      return undefined;
    }
    known.row = row;
    known.readAt = readAt;
    return row;
  }

  async function principalOf(known: Remembered, row: KeyRow): Promise<KeyHolder> {
    const before = known.principal;
    if (row.tenantId === undefined) {
      known.principal =
        before?.kind === 'operator' ? before : { kind: 'operator', keyId: row.id, keyName: nameOf(row) };
      return known.principal;
    }
    const tenant = await directory.byId(row.tenantId);
    if (tenant === undefined) throw new IepError('unauthorized');
    if (!tenant.active) throw new IepError('tenant_inactive');
    if (before?.kind === 'tenant' && before.tenant === tenant) return before;
    known.principal = { kind: 'tenant', tenant, keyId: row.id, keyName: nameOf(row), scopes: new Set(row.scopes) };
    return known.principal;
  }

  function isUsable(row: KeyRow): boolean {
    return row.revokedAt === undefined && (row.expiresAt === undefined || row.expiresAt > clock.now());
  }

  function isAllowed(known: Remembered, row: KeyRow, address: string): boolean {
    if (known.networksOf !== row || known.allows === undefined) {
      known.allows = createNetworks(row.allowedIps ?? []).has;
      known.networksOf = row;
    }
    return known.allows(address);
  }

  /** Not waited for: a disk that is full must not keep readers out. */
  function noteUse(known: Remembered): void {
    const now = clock.now();
    if (Math.abs(now - known.lastUsedAt) < LAST_USED_EVERY_MS) return;
    known.lastUsedAt = now;
    store.keys.set({ keyId: known.row.id, lastUsedAt: now }).catch((error: unknown) => {
      deps.log?.warn({ keyId: known.row.id, error }, 'could not note when a key was last used');
    });
  }

  function remember(digest: string, known: Remembered): void {
    const [oldest] = remembered.keys();
    if (remembered.size >= maxRemembered && oldest !== undefined) remembered.delete(oldest);
    remembered.set(digest, known);
  }

  /** What this process changed holds at once. */
  function forgetRow(keyId: string): void {
    for (const known of remembered.values()) if (known.row.id === keyId) known.readAt = Number.NEGATIVE_INFINITY;
  }

  // --------------------------------------------------------------------------------------------------- unknown keys

  /**
   * Pays argon2 for a key seen for the first time. Wrong secrets are counted by source and prefix, so that behind a
   * shared address one tenant's guesser does not shut out the others; unknown prefixes by source alone.
   */
  async function check(input: { key: KeyText; digest: string; address: string }): Promise<Remembered> {
    const { key, digest, address } = input;
    const source = sourceOf(address);
    const readAt = clock.monotonic();
    const row = await store.keys.byPrefix(key.prefix);
    const account = row === undefined ? source : `${source} ${row.prefix}`;
    failedLogins.check(account);
    const isRight =
      row !== undefined &&
      isUsable(row) &&
      (await checks.pass(siteOf(address), () => verifySecret(key.secret, row.hash)));
    if (!isRight) throw await failedLogins.failed(account);
    failedLogins.succeeded(account);
    const known: Remembered = { row, readAt, lastUsedAt: row.lastUsedAt ?? 0 };
    remember(digest, known);
    return known;
  }

  /** The same key presented many times at once, as after a restart, is checked once. */
  function checkOnce(input: { key: KeyText; digest: string; address: string }): Promise<Remembered> {
    const shared = checking.get(input.digest);
    if (shared !== undefined) return shared;
    const mine = check(input).finally(() => checking.delete(input.digest));
    checking.set(input.digest, mine);
    return mine;
  }

  async function verify(presented: string, address: string): Promise<KeyHolder> {
    const key = parseKey(presented);
    if (key === undefined) {
      const source = sourceOf(address);
      failedLogins.check(source);
      throw await failedLogins.failed(source);
    }
    const digest = hash('sha256', presented, 'base64');
    const known = remembered.get(digest) ?? (await checkOnce({ key, digest, address }));
    const row = await currentRow(known);
    if (row === undefined || !isUsable(row)) {
      remembered.delete(digest);
      throw new IepError('unauthorized');
    }
    if (row.allowedIps?.length && !isAllowed(known, row, address)) {
      throw new IepError('ip_not_allowed', `This key does not work from ${address}`);
    }
    const principal = await principalOf(known, row);
    noteUse(known);
    return principal;
  }

  // ------------------------------------------------------------------------------------------------------- lifecycle

  async function draw(input: NewKey): Promise<IssuedKey> {
    const now = clock.now();
    checkRights(input);
    if (input.expiresAt !== undefined && input.expiresAt <= now) {
      throw invalid('expiresAt', 'must lie in the future');
    }
    const text = newKeyText();
    const row: KeyRow = {
      id: deps.newId(),
      ...(input.tenantId !== undefined && { tenantId: input.tenantId }),
      prefix: text.prefix,
      ...(input.name !== undefined && { name: input.name }),
      hash: await hashSecret(text.secret),
      scopes: [...new Set(input.scopes)],
      createdAt: now,
      ...(input.expiresAt !== undefined && { expiresAt: input.expiresAt }),
      ...(input.allowedIps === undefined || input.allowedIps.length === 0
        ? {}
        : { allowedIps: networksOf(input.allowedIps) }),
    };
    return { row, key: formatKey(text) };
  }

  async function issue(input: NewKey): Promise<IssuedKey> {
    const issued = await draw(input);
    await store.keys.add(issued.row);
    return issued;
  }

  async function rotate({ keyId, overlapMs }: { keyId: string; overlapMs: number }): Promise<IssuedKey> {
    const old = (await store.keys.list({})).find((row) => row.id === keyId);
    if (old === undefined) throw new IepError('not_found', 'No key has this id');
    if (!isUsable(old)) throw new IepError('conflict', 'This key is expired or revoked; add a new one instead');
    const now = clock.now();
    const issued = await issue({
      ...(old.tenantId !== undefined && { tenantId: old.tenantId }),
      scopes: old.scopes,
      ...(old.name !== undefined && { name: old.name }),
      ...(old.expiresAt !== undefined && { expiresAt: now + (old.expiresAt - old.createdAt) }),
      ...(old.allowedIps !== undefined && { allowedIps: old.allowedIps }),
    });
    const endsAt = now + overlapMs;
    await store.keys.set({ keyId, expiresAt: old.expiresAt === undefined ? endsAt : Math.min(endsAt, old.expiresAt) });
    forgetRow(keyId);
    return issued;
  }

  async function change({ keyId, name, allowedIps }: Parameters<Keys['change']>[0]): Promise<KeyRow | undefined> {
    await store.keys.set({
      keyId,
      ...(name !== undefined && { name }),
      ...(allowedIps !== undefined && { allowedIps: networksOf(allowedIps) }),
    });
    forgetRow(keyId);
    return (await store.keys.list({})).find((row) => row.id === keyId);
  }

  async function revoke(keyId: string): Promise<boolean> {
    const wasThere = await store.keys.set({ keyId, revokedAt: clock.now() });
    forgetRow(keyId);
    return wasThere;
  }

  return { verify, issue, draw, change, rotate, revoke };
}

/** An operator's key has no tenant and no lesser rights; a tenant's key never has the operator's. */
function checkRights({ tenantId, scopes }: { tenantId?: string; scopes: readonly Scope[] }): void {
  if (scopes.length === 0) throw invalid('scopes', 'must name at least one scope');
  if (tenantId === undefined && scopes.some((scope) => scope !== 'operator')) {
    throw invalid(
      'tenant',
      'is needed for the scopes send, read and admin; without a tenant the only scope is operator',
    );
  }
  if (tenantId !== undefined && scopes.includes('operator')) {
    throw invalid('scopes', 'a key with the scope operator belongs to no tenant');
  }
}

export function networksOf(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].map((text, index) => {
    const network = normalizeNetwork(text);
    if (network !== undefined) return network;
    throw invalid(`allowedIps.${index}`, 'must be an address or a network such as 203.0.113.0/24');
  });
}

/** `deploy (iep_ab12cd34)`: what people know a key by. */
function nameOf({ prefix, name }: KeyRow): string {
  return name === undefined ? `iep_${prefix}` : `${name} (iep_${prefix})`;
}

function invalid(path: string, message: string): IepError {
  return new IepError('invalid_request', `${path}: ${message}`, { errors: [{ path, message }] });
}
