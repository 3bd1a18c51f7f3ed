/** The audit log over the real store: what it takes, what it leaves out, and that every way of tampering shows. */

import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { openTestStore, type TestStore } from '../../../test/store.ts';
import { tamper } from '../../../test/tamper.ts';
import { auditHash } from '../../core/audit-entry.ts';
import { systemClock as clock } from '../../core/clock.ts';
import { IepError } from '../../core/errors.ts';
import { createVault } from '../../core/vault.ts';
import type { Store } from '../../db/verbs/store.ts';
import { createAudit } from './audit.ts';
import { verifyAudit } from './verify.ts';
import { whatChanged } from './what-changed.ts';

const vault = createVault([new Uint8Array(32).fill(1)]);
const actor = { kind: 'operator', id: 'k1', name: 'deploy (iep_ab12cd34)' } as const;

let opened: TestStore;
let store: Store;

beforeEach(async () => {
  opened = await openTestStore();
  ({ store } = opened);
});
afterEach(async () => {
  await opened.close();
});

async function write(count: number, more: { tenant?: string } = {}): Promise<void> {
  const audit = createAudit({ store, vault, clock });
  for (let n = 1; n <= count; n++) {
    await audit.record({ actor, source: '192.0.2.1', action: `act ${n}`, outcome: 'done', ...more, changes: { n } });
  }
}

/** What somebody with the file and without the key can do: anything, the triggers included. */
function forge(sql: string): void {
  const guards = ['is_never_changed', 'is_never_cut', 'grows_at_its_end'];
  tamper(opened.file, [...guards.map((name) => `DROP TRIGGER audit_log_${name}`), sql].join(';'));
}

const EMPTIED = "DELETE FROM audit_log; DELETE FROM meta WHERE key = 'audit.head'";

const verify = (from = 1) => verifyAudit({ store, vault }, { from });

describe('an action', () => {
  const caller = () => ({
    actor,
    source: '192.0.2.1',
    requestId: 'r1',
    asked: { body: { name: 'x', password: 'planted' } },
  });
  const kept = async () => (await store.audit.list({ filter: {}, limit: 10 })).items;

  it('is kept when it is done, with what was asked for and what came of it', async () => {
    const audit = createAudit({ store, vault, clock });
    const mine = caller();
    const done = await audit.act(mine, { action: 'key.set', tenant: 'acme', target: 'k9' }, async (note) => {
      expect(await kept()).toEqual([]);
      note({ before: { name: 'w' } });
      note({ target: 'k10' });
      return 7;
    });
    expect(done).toBe(7);
    const [entry] = await kept();
    expect(entry).toMatchObject({
      ...{
        actor,
        source: '192.0.2.1',
        requestId: 'r1',
        action: 'key.set',
        tenant: 'acme',
        target: 'k10',
        outcome: 'done',
      },
      detail: '{"body":{"name":"x","password":"***"},"before":{"name":"w"}}',
    });
    expect([audit.hasActed(mine), audit.hasActed(caller())]).toEqual([true, false]);
  });

  it.each([
    ['not_found', new IepError('not_found')],
    ['internal', new Error('a fault')],
  ])('is kept as %s where it ends so, and fails as it did', async (outcome, error) => {
    const audit = createAudit({ store, vault, clock });
    await expect(audit.act(caller(), { action: 'key.set' }, () => Promise.reject(error))).rejects.toBe(error);
    expect(await kept()).toMatchObject([{ action: 'key.set', outcome }]);
  });

  it('that cannot be kept is refused though it was done', async () => {
    const down = {
      ...store,
      audit: { ...store.audit, append: () => Promise.reject(new IepError('store_unavailable')) },
    };
    const audit = createAudit({ store: down, vault, clock });
    const acting = audit.act(caller(), { action: 'key.set' }, async () => 7);
    await expect(acting).rejects.toMatchObject({ code: 'audit_unavailable' });
    // What was not done is not said to be done.
    const full = new IepError('store_unavailable', 'The disk is full.');
    await expect(audit.act(caller(), { action: 'key.set' }, () => Promise.reject(full))).rejects.toBe(full);
  });
});

describe('an audit log that nobody touched', () => {
  it('is intact, empty or not', async () => {
    expect(await verify()).toEqual({ entries: 0, head: undefined, breaks: [] });
    await write(5);
    expect(await verify()).toMatchObject({ entries: 5, head: { seq: 5 }, breaks: [] });
    expect(await verify(3)).toMatchObject({ entries: 3, breaks: [] });
    expect(await verify(6)).toMatchObject({ entries: 0, breaks: [] });
  });

  it('is intact when many write at once', async () => {
    await Promise.all(Array.from({ length: 20 }, () => write(3)));
    expect(await verify()).toMatchObject({ entries: 60, breaks: [] });
  });

  it('is read newest first, by page and by filter', async () => {
    await write(3, { tenant: 'acme' });
    await write(2);
    const first = await store.audit.list({ filter: {}, limit: 2 });
    expect(first.items.map(({ seq }) => seq)).toEqual([5, 4]);
    const next = await store.audit.list({ filter: {}, limit: 9, cursor: first.cursor ?? '' });
    expect(next.items.map(({ seq }) => seq)).toEqual([3, 2, 1]);
    expect(next.cursor).toBeUndefined();
    const found = async (filter: object) => (await store.audit.list({ filter, limit: 9 })).items.length;
    expect(await found({ tenant: 'acme' })).toBe(3);
    expect(await found({ actor: 'ab12cd34' })).toBe(5);
    expect(await found({ actor: 'nobody' })).toBe(0);
    expect(await found({ action: 'act 2' })).toBe(2);
    expect(await found({ since: clock.now() + 60_000 })).toBe(0);
  });

  it('outlives the tenant it is about', async () => {
    const { id } = await store.tenants.add({ id: 't', slug: 'acme', name: 'Acme', settings: {}, now: 1 });
    await write(2, { tenant: 'acme' });
    await store.tenants.remove({ tenantId: id, force: true, now: 1 });
    expect(await verify()).toMatchObject({ entries: 2, breaks: [] });
  });
});

test.each([
  ['UPDATE', "UPDATE audit_log SET actor = 'x'"],
  ['DELETE', 'DELETE FROM audit_log'],
  ['INSERT OR REPLACE', 'INSERT OR REPLACE INTO audit_log SELECT * FROM audit_log'],
])('the schema refuses %s', async (_name, sql) => {
  await write(2);
  expect(() => tamper(opened.file, sql)).toThrow('append-only');
  expect(await verify()).toMatchObject({ entries: 2, breaks: [] });
});

describe('tampering with the file shows', () => {
  beforeEach(() => write(6));

  test.each([
    ['an entry that was changed', "UPDATE audit_log SET actor = 'x' WHERE seq = 3", 3, 'changed'],
    ['a detail that was changed', `UPDATE audit_log SET detail = '{"n": 3}' WHERE seq = 3`, 3, 'changed'],
    ['an entry that was taken out', 'DELETE FROM audit_log WHERE seq = 4', 5, 'entry 4 is missing'],
    ['a beginning that was cut', 'DELETE FROM audit_log WHERE seq < 3', 3, 'entries 1 to 2 are missing'],
    ['an end that was cut', 'DELETE FROM audit_log WHERE seq > 4', 5, 'missing at the end'],
    ['a log that was emptied', 'DELETE FROM audit_log', 1, 'missing at the end'],
    ['a missing head', "DELETE FROM meta WHERE key = 'audit.head'", 6, 'record of the last entry is missing'],
    [
      'an end that was cut, with the head set back without the key',
      `DELETE FROM audit_log WHERE seq > 4;
       UPDATE meta SET value = json_set(value, '$.seq', 4, '$.hash', (SELECT hash FROM audit_log WHERE seq = 4)) WHERE key = 'audit.head'`,
      4,
      'not made by IEP',
    ],
    [
      'an entry that somebody added',
      `INSERT INTO audit_log SELECT 7, at, actor_kind, actor, actor_name, source, action, outcome, tenant, target, request_id, detail, hash, hash FROM audit_log WHERE seq = 6`,
      7,
      'changed',
    ],
  ])('%s', async (_name, sql, seq, reason) => {
    forge(sql);
    const { breaks } = await verify();
    expect(breaks[0]).toEqual({ seq, reason: expect.stringContaining(reason) });
  });

  /** Rewrites an entry together with its hash, which needs no key. */
  async function rewrite(seq: number): Promise<void> {
    const [record] = await store.audit.after({ seq: seq - 1, limit: 1 });
    if (record === undefined) throw new Error('there is no such entry');
    const { hash: _, ...rest } = { ...record, actor: { ...record.actor, id: 'somebody else' } };
    forge(`UPDATE audit_log SET actor = 'somebody else', hash = '${auditHash(rest)}' WHERE seq = ${seq}`);
  }

  it('an entry that was rewritten with its hash, wherever it stands', async () => {
    await rewrite(3);
    expect((await verify()).breaks).toEqual([{ seq: 4, reason: 'it does not follow from the entry before it' }]);
  });

  it.each([1, 6])('the last entry, rewritten with its hash, looked at from %s', async (from) => {
    await rewrite(6);
    expect((await verify(from)).breaks).toEqual([{ seq: 6, reason: 'it is not the entry that was written' }]);
  });

  it('the last entry, rewritten with its hash; and what is written after it does not hide that', async () => {
    await rewrite(6);
    await write(1);
    expect((await verify()).breaks).toEqual([{ seq: 7, reason: 'it does not follow from the entry before it' }]);
  });

  it('an end that was cut, where only what follows it is looked at', async () => {
    forge('DELETE FROM audit_log WHERE seq > 4');
    expect((await verify(5)).breaks).toEqual([
      { seq: 5, reason: expect.stringContaining('entries 5 to 6 are missing at the end') },
    ]);
  });

  it('for ever: what is written after a cut does not heal it', async () => {
    forge('DELETE FROM audit_log WHERE seq > 4');
    await write(2);
    expect((await verify()).breaks).toEqual([
      { seq: 7, reason: expect.stringContaining('entries 5 to 6 are missing') },
    ]);
    expect((await verify(7)).breaks).toEqual([]);
  });

  it('also where the head was set back: the next entry does not vouch for it', async () => {
    forge(
      `DELETE FROM audit_log WHERE seq > 4;
       UPDATE meta SET value = json_set(value, '$.seq', 4, '$.hash', (SELECT hash FROM audit_log WHERE seq = 4)) WHERE key = 'audit.head'`,
    );
    await write(1);
    expect((await verify()).breaks).toEqual([{ seq: 5, reason: expect.stringContaining('a chain of its own') }]);
  });

  it('an emptied log whose head is gone too, where there is what it must tell of; also when it goes on', async () => {
    forge(EMPTIED);
    expect((await verify()).breaks).toEqual([]);
    await store.tenants.add({ id: 't', slug: 'acme', name: 'Acme', settings: {}, now: clock.now() + 1 });
    const reason = 'entries were removed, or could not be written: there are tenants, keys or providers';
    expect((await verify()).breaks).toEqual([{ seq: 1, reason: `${reason}, and the log is empty` }]);
    const later = createAudit({ store, vault, clock: { now: () => clock.now() + 120_000 } });
    await later.record({ actor, source: 'local', action: 'act', outcome: 'done', changes: {} });
    expect((await verify()).breaks).toEqual([{ seq: 1, reason: `${reason} that are older than this entry` }]);
    expect((await verify(2)).breaks).toEqual([]);
  });

  it('and a log of another master key is not vouched for', async () => {
    const other = createVault([new Uint8Array(32).fill(2)]);
    expect((await verifyAudit({ store, vault: other }, { from: 1 })).breaks).toEqual([
      { seq: 6, reason: expect.stringContaining('which is not here') },
    ]);
  });
});

describe('what is kept of a change', () => {
  const kept = (fields: Record<string, unknown>) => whatChanged(fields);

  it('has no secret, whatever it is called and however deep it stands', () => {
    const secrets = {
      body: {
        password: 'planted-1',
        settings: { apiKey: 'planted-2', relay: [{ 'x-api-key': 'planted-3', client_secret: 'planted-4' }] },
        note: `see iep_ab12cd34_${'planted5'.repeat(5)} and whsec_planted6`,
        privateKey: 'planted-7',
        pem: '-----BEGIN PRIVATE KEY-----\nplanted8\n-----END PRIVATE KEY-----',
        url: 'https://user:planted9@example.com/x',
      },
    };
    const text = kept(secrets);
    expect(text).not.toContain('planted');
    expect(text).toContain('iep_ab12cd34_***');
    expect(text).toContain('https://user:***@example.com/x');
  });

  it('has no content of mail or files, and tells one from another', () => {
    const one = kept({ body: { name: 'welcome', html: '<p>private words</p>', attachments: [{ content: 'QUJD' }] } });
    expect(one).not.toContain('private words');
    expect(one).toContain('"name":"welcome"');
    expect(one).not.toBe(kept({ body: { name: 'welcome', html: '<p>other words</p>', attachments: [] } }));
    expect(kept({ body: 'email,reason\na@example.com,manual\n'.repeat(100) }).length).toBeLessThan(500);
  });

  it('is never long', () => {
    const long = { body: { notes: Array.from({ length: 1_000 }, () => 'n'.repeat(1_000)), name: 'x'.repeat(100_000) } };
    expect(kept(long).length).toBeLessThan(8_001);
    expect(JSON.parse(kept(long))).toMatchObject({ shortened: true });
    const deep: Record<string, unknown> = {};
    deep.self = deep;
    expect(kept(deep).length).toBeLessThan(200);
  });
});

test('what lets in by a URL is left out of what is kept', () => {
  const url = 'https://app.example.com/hooks?team=7&access_token=blood&X-Amz-Signature=blood#top';
  expect(JSON.parse(whatChanged({ body: { url } }))).toEqual({
    body: { url: 'https://app.example.com/hooks?team=7&access_token=***&X-Amz-Signature=***#top' },
  });
});
