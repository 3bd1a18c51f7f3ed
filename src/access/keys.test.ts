import { describe, expect, test } from 'vitest';
import { createIds } from '../core/ids.ts';
import type { KeyRow, Scope } from '../db/verbs/keys.ts';
import { manualClock, memoryStore, quiet, tenantNamed } from './access.testing.ts';
import { createDirectory } from './directory.ts';
import { newKeyText } from './key-text.ts';
import { createKeys, type Keys } from './keys.ts';

const HERE = '192.0.2.10';

function setUp(tenants = [tenantNamed('acme')]) {
  const clock = manualClock();
  const store = memoryStore(tenants);
  const warnings: unknown[] = [];
  const make = () =>
    createKeys({
      store,
      directory: createDirectory({ store, clock }),
      clock,
      newId: createIds(clock),
      log: { warn: (fields) => warnings.push(fields) },
    });
  const keys = make();
  const issue = (scopes: Scope[] = ['send']) => keys.issue({ tenantId: 'id-of-acme', scopes });
  return { clock, store, keys, issue, warnings, otherProcess: make };
}

/** A key of the same row with another secret. */
function wrongSecret(key: string): string {
  const { secret } = newKeyText();
  return key.replace(/_[^_]+$/, `_${secret}`);
}

function unknownKey(): string {
  const { prefix, secret } = newKeyText();
  return `iep_${prefix}_${secret}`;
}

const refused = (code: string) => expect.objectContaining({ code });

const bound = (keys: Keys, allowedIps: string[]) =>
  keys.issue({ tenantId: 'id-of-acme', scopes: ['send'], allowedIps });

describe('a key', () => {
  test('says whose it is and what it may do', async () => {
    const { keys, issue } = setUp();
    const { key, row } = await issue(['send', 'read']);
    const principal = await keys.verify(key, HERE);
    expect(principal).toMatchObject({ kind: 'tenant', keyId: row.id, tenant: { slug: 'acme' } });
    expect(principal.kind === 'tenant' && [...principal.scopes]).toEqual(['send', 'read']);
  });

  test('without a tenant is the operator’s', async () => {
    const { keys } = setUp();
    const { key, row } = await keys.issue({ scopes: ['operator'] });
    expect(await keys.verify(key, HERE)).toEqual({
      kind: 'operator',
      keyId: row.id,
      keyName: `iep_${row.prefix}`,
    });
  });

  test.each([
    ['another hash', (row: KeyRow, other: KeyRow) => ({ ...row, hash: other.hash })],
    ['another key of its name', (row: KeyRow, other: KeyRow) => ({ ...other, prefix: row.prefix })],
  ])('is not remembered past the moment at which its row is of %s', async (_what, change) => {
    const { clock, store, keys, issue } = setUp();
    const { key, row } = await issue();
    const other = await issue();
    await keys.verify(key, HERE);
    store.rows.delete(other.row.id);
    store.rows.set(row.id, change(row, other.row));
    await clock.advance(600);
    await expect(keys.verify(key, HERE)).rejects.toEqual(refused('unauthorized'));
  });

  test('that is bound to networks works from there only, and that can be changed', async () => {
    const { keys } = setUp();
    const { key, row } = await bound(keys, ['203.0.113.7', '2001:db8::/32']);
    expect(row.allowedIps).toEqual(['203.0.113.7/32', '2001:db8::/32']);
    const from = (address: string) => keys.verify(key, address).then(({ kind }) => kind);
    expect(await from('203.0.113.7')).toBe('tenant');
    expect(await from('::ffff:203.0.113.7')).toBe('tenant');
    expect(await from('2001:db8::5')).toBe('tenant');
    await expect(from('203.0.113.8')).rejects.toMatchObject({ code: 'ip_not_allowed' });
    await expect(from('local')).rejects.toMatchObject({ code: 'ip_not_allowed' });
    expect(await keys.change({ keyId: row.id, allowedIps: ['203.0.113.8'] })).toMatchObject({ id: row.id });
    expect(await from('203.0.113.8')).toBe('tenant');
    await expect(from('203.0.113.7')).rejects.toMatchObject({ code: 'ip_not_allowed' });
    expect(await keys.change({ keyId: 'none', allowedIps: [] })).toBeUndefined();
  });

  test('keeps its networks when it is rotated', async () => {
    const { keys } = setUp();
    const { row } = await bound(keys, ['10.0.0.0/8']);
    const next = await keys.rotate({ keyId: row.id, overlapMs: 0 });
    expect(next.row.allowedIps).toEqual(['10.0.0.0/8']);
  });

  test('takes no network that is none', async () => {
    const { keys } = setUp();
    for (const wrong of ['10.0.0.0/33', '10.1', 'example.com', '0x7f.1', '']) {
      await expect(bound(keys, [wrong])).rejects.toMatchObject({ code: 'invalid_request' });
    }
  });

  test('is nowhere in its row', async () => {
    const { issue, store } = setUp();
    const { key } = await issue();
    const secret = key.split('_')[2] ?? '';
    expect(JSON.stringify([...store.rows.values()])).not.toContain(secret);
  });

  test.each([
    [{ scopes: [] as Scope[], tenantId: 'id-of-acme' }, 'scopes'],
    [{ scopes: ['send'] as Scope[] }, 'tenant'],
    [{ scopes: ['operator', 'send'] as Scope[] }, 'tenant'],
    [{ scopes: ['operator'] as Scope[], tenantId: 'id-of-acme' }, 'scopes'],
    [{ scopes: ['send'] as Scope[], tenantId: 'id-of-acme', expiresAt: 1 }, 'expiresAt'],
  ])('cannot be issued as %j', async (input, path) => {
    const { keys, store } = setUp();
    await expect(keys.issue(input)).rejects.toMatchObject({ code: 'invalid_request', errors: [{ path }] });
    expect(store.rows.size).toBe(0);
  });
});

describe('the end of a key', () => {
  test('expiry holds to the millisecond, remembered or not', async () => {
    const { keys, clock, otherProcess } = setUp();
    const { key } = await keys.issue({ tenantId: 'id-of-acme', scopes: ['send'], expiresAt: clock.now() + 1_000 });
    await keys.verify(key, HERE);
    await clock.advance(999);
    await keys.verify(key, HERE);
    await clock.advance(1);
    await expect(keys.verify(key, HERE)).rejects.toEqual(refused('unauthorized'));
    await expect(otherProcess().verify(key, HERE)).rejects.toEqual(refused('unauthorized'));
  });

  test('revocation holds at once here, and within half a second in every other process', async () => {
    const { keys, clock, issue, otherProcess } = setUp();
    const { key, row } = await issue();
    const other = otherProcess();
    await keys.verify(key, HERE);
    await other.verify(key, HERE);
    expect(await keys.revoke(row.id)).toBe(true);
    await expect(keys.verify(key, HERE)).rejects.toEqual(refused('unauthorized'));
    await clock.advance(500);
    await expect(other.verify(key, HERE)).rejects.toEqual(refused('unauthorized'));
  });

  test('revoking what is not there says so', async () => {
    expect(await setUp().keys.revoke('nothing')).toBe(false);
  });

  test('a removed row ends it too', async () => {
    const { keys, clock, issue, store } = setUp();
    const { key, row } = await issue();
    await keys.verify(key, HERE);
    store.rows.delete(row.id);
    await clock.advance(500);
    await expect(keys.verify(key, HERE)).rejects.toEqual(refused('unauthorized'));
  });

  test('an inactive tenant is refused as such, a removed one is nobody', async () => {
    const { keys, clock, issue, store } = setUp();
    const { key } = await issue();
    await keys.verify(key, HERE);
    store.tenantList = [tenantNamed('acme', { active: false })];
    await clock.advance(500);
    await expect(keys.verify(key, HERE)).rejects.toEqual(refused('tenant_inactive'));
    store.tenantList = [];
    await clock.advance(500);
    await expect(keys.verify(key, HERE)).rejects.toEqual(refused('unauthorized'));
  });
});

describe('rotation', () => {
  test('gives a successor with the same rights; the old key works until the overlap ends', async () => {
    const { keys, clock, issue } = setUp();
    const { key: old, row } = await issue(['send', 'read']);
    await keys.verify(old, HERE);
    const { key, row: successor } = await keys.rotate({ keyId: row.id, overlapMs: 60_000 });
    expect(successor).toMatchObject({ tenantId: 'id-of-acme', scopes: ['send', 'read'] });
    await keys.verify(old, HERE);
    await keys.verify(key, HERE);
    await clock.advance(60_000);
    await expect(keys.verify(old, HERE)).rejects.toEqual(refused('unauthorized'));
    await keys.verify(key, HERE);
  });

  test('without overlap ends the old key at once', async () => {
    const { keys, issue } = setUp();
    const { key: old, row } = await issue();
    await keys.verify(old, HERE);
    await keys.rotate({ keyId: row.id, overlapMs: 0 });
    await expect(keys.verify(old, HERE)).rejects.toEqual(refused('unauthorized'));
  });

  test('never lengthens a key’s life, and gives the successor as long a one', async () => {
    const { keys, clock } = setUp();
    const { row } = await keys.issue({ tenantId: 'id-of-acme', scopes: ['send'], expiresAt: clock.now() + 10_000 });
    await clock.advance(9_000);
    const { row: successor } = await keys.rotate({ keyId: row.id, overlapMs: 60_000 });
    expect(successor.expiresAt).toBe(clock.now() + 10_000);
    await clock.advance(1_000);
    await expect(keys.rotate({ keyId: row.id, overlapMs: 0 })).rejects.toEqual(refused('conflict'));
  });

  test('of nothing is refused', async () => {
    await expect(setUp().keys.rotate({ keyId: 'x', overlapMs: 0 })).rejects.toEqual(refused('not_found'));
  });
});

describe('a right key', () => {
  test('is checked once however often and at once it is presented, and read anew twice a second', async () => {
    const { keys, clock, issue, store } = setUp();
    const { key } = await issue();
    store.lookups = 0;
    await Promise.all(Array.from({ length: 50 }, () => keys.verify(key, HERE)));
    for (let n = 0; n < 50; n++) await keys.verify(key, HERE);
    const checked = store.lookups;
    expect(checked).toBeLessThanOrEqual(2);
    await clock.advance(500);
    await Promise.all(Array.from({ length: 50 }, () => keys.verify(key, HERE)));
    expect(store.lookups).toBe(checked + 1);
  });

  test('is read anew before its row is too old, and nobody waits for that', async () => {
    const { keys, store, clock, issue } = setUp();
    const { key } = await issue();
    await keys.verify(key, HERE);
    const byPrefix = store.keys.byPrefix;
    const held = Promise.withResolvers<void>();
    let reads = 0;
    store.keys.byPrefix = async (prefix) => {
      reads += 1;
      await held.promise;
      return byPrefix(prefix);
    };
    await clock.advance(249);
    await keys.verify(key, HERE);
    expect(reads).toBe(0);
    await clock.advance(1);
    await Promise.all([keys.verify(key, HERE), keys.verify(key, HERE)]);
    expect(reads).toBe(1);
    await clock.advance(250);
    const late = keys.verify(key, HERE);
    held.resolve();
    expect(await late).toMatchObject({ kind: 'tenant' });
    expect(reads).toBe(1);
  });

  test('that is gone is refused as soon as that was read', async () => {
    const { keys, store, clock, issue } = setUp();
    const { key } = await issue();
    await keys.verify(key, HERE);
    store.keys.byPrefix = async () => undefined;
    await clock.advance(300);
    expect(await keys.verify(key, HERE)).toMatchObject({ kind: 'tenant' });
    await clock.advance(1);
    await expect(keys.verify(key, HERE)).rejects.toEqual(refused('unauthorized'));
  });

  test('passes from a source that was shut out, when it was right before', async () => {
    const { keys, clock, issue } = setUp();
    const { key } = await issue();
    await keys.verify(key, HERE);
    for (let n = 0; n < 10; n++) {
      const guess = expect(keys.verify(unknownKey(), HERE)).rejects.toThrow();
      await clock.advance(10_000);
      await guess;
    }
    await expect(keys.verify(unknownKey(), HERE)).rejects.toEqual(refused('too_many_failed_logins'));
    expect(await keys.verify(key, HERE)).toMatchObject({ kind: 'tenant' });
  });

  test('seen for the first time passes behind an address where a stranger guesses', async () => {
    const { keys, clock, issue, store } = setUp([tenantNamed('acme'), tenantNamed('other')]);
    const { key } = await issue();
    const { key: others } = await keys.issue({ tenantId: 'id-of-other', scopes: ['send'] });
    expect(store.rows.size).toBe(2);
    for (let n = 0; n < 10; n++) {
      const guess = expect(keys.verify(unknownKey(), HERE)).rejects.toThrow();
      const spoofed = expect(keys.verify(wrongSecret(others), HERE)).rejects.toThrow();
      await untilSettled(Promise.all([guess, spoofed]), clock);
    }
    await expect(keys.verify(wrongSecret(others), HERE)).rejects.toEqual(refused('too_many_failed_logins'));
    expect(await keys.verify(key, HERE)).toMatchObject({ tenant: { slug: 'acme' } });
    expect(await keys.verify(others, '198.51.100.7')).toMatchObject({ tenant: { slug: 'other' } });
  });

  test('clears what was counted against its source', async () => {
    const { keys, clock, issue } = setUp();
    const { key } = await issue();
    const guessThrice = async () => {
      for (let n = 0; n < 3; n++) await expect(keys.verify(wrongSecret(key), HERE)).rejects.toThrow();
    };
    await guessThrice();
    await keys.verify(key, HERE);
    await guessThrice();
    expect(clock.pending).toEqual([]);
  });

  test('notes its use at most once a minute, and a store that cannot take the note is told and does no harm', async () => {
    const { keys, clock, issue, store, warnings } = setUp();
    const { key, row } = await issue();
    for (let n = 0; n < 10; n++) await keys.verify(key, HERE);
    expect(store.writes).toEqual([{ keyId: row.id, lastUsedAt: clock.now() }]);
    await clock.advance(60_000);
    store.keys.set = () => Promise.reject(new Error('disk full'));
    await keys.verify(key, HERE);
    await quiet();
    expect(warnings).toEqual([expect.objectContaining({ keyId: row.id })]);
  });
});

describe('a wrong key', () => {
  test('of an unknown prefix is answered without argon2', async () => {
    const { keys } = setUp();
    const before = process.cpuUsage();
    for (let n = 0; n < 3; n++) await expect(keys.verify(unknownKey(), `192.0.2.${n}`)).rejects.toThrow();
    const { user, system } = process.cpuUsage(before);
    // One argon2 is 20 ms of CPU and more.
    expect(user + system).toBeLessThan(20_000);
  });

  test('of no form does not reach the store', async () => {
    const { keys, store } = setUp();
    await expect(keys.verify('hunter2', HERE)).rejects.toEqual(refused('unauthorized'));
    expect(store.lookups).toBe(0);
  });

  test('costs the guesser ever more', async () => {
    const { keys, clock, issue } = setUp();
    const { key } = await issue();
    const codes: string[] = [];
    const started = clock.monotonic();
    for (let n = 0; n < 11; n++) codes.push(await untilSettled(codeOf(keys, wrongSecret(key)), clock));
    expect(codes.slice(0, 9).every((code) => code === 'unauthorized')).toBe(true);
    expect(codes.slice(9)).toEqual(['too_many_failed_logins', 'too_many_failed_logins']);
    expect(clock.monotonic() - started).toBeGreaterThan(11_000);
  });

  test('never waits long in a queue: what is too much is refused', async () => {
    const { keys, issue, clock } = setUp();
    const { key } = await issue();
    const guesses = Array.from({ length: 40 }, () => codeOf(keys, wrongSecret(key)));
    const codes = await untilSettled(Promise.all(guesses), clock);
    expect(codes).toContain('rate_limited');
  });
});

test('a flood of wrong keys from one site, each from another source of it, leaves room for a key from elsewhere', async () => {
  const { keys, issue, clock } = setUp();
  const { key } = await issue();
  const flood = Array.from({ length: 80 }, (_, n) => codeOf(keys, wrongSecret(key), `2001:db8:1:${n.toString(16)}::1`));
  const newcomer = keys.verify(key, HERE);
  expect(await untilSettled(newcomer, clock)).toMatchObject({ kind: 'tenant' });
  expect(await untilSettled(Promise.all(flood), clock)).toContain('rate_limited');
});

test('a store that cannot be read refuses for the moment, and nobody is counted as a guesser', async () => {
  const { keys, issue, store, clock } = setUp();
  const { key } = await issue();
  await keys.verify(key, HERE);
  const lookup = store.keys.byPrefix;
  store.keys.byPrefix = () => Promise.reject(new Error('store is stuck'));
  await clock.advance(500);
  await expect(keys.verify(key, HERE)).rejects.toThrow('store is stuck');
  store.keys.byPrefix = lookup;
  await keys.verify(key, HERE);
});

async function codeOf(keys: Keys, presented: string, from = HERE): Promise<string> {
  const error: unknown = await keys.verify(presented, from).then(
    () => new Error('was let in'),
    (reason: unknown) => reason,
  );
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

/** argon2 runs in real time, the delays in the clock's: moves the clock until the promise is settled. */
async function untilSettled<T>(promise: Promise<T>, clock: ReturnType<typeof manualClock>): Promise<T> {
  let settled = false;
  const done = promise.finally(() => {
    settled = true;
  });
  done.catch(() => undefined);
  while (!settled) {
    await new Promise((resolve) => setImmediate(resolve));
    if (clock.pending.length > 0) await clock.advance(Math.min(...clock.pending));
  }
  return done;
}
