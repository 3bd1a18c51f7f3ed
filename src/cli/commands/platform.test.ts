import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makePlace, type Place } from '../store.testing.ts';
import type { AcceptedJson, KeyJson, NewKeyJson, QueueJson, StatsJson, TenantJson } from '../wire.ts';

let place: Place;
beforeEach(async () => {
  place = await makePlace();
});
afterEach(() => place.remove());

describe('iep tenant', () => {
  it('adds, shows, changes, lists and removes', async () => {
    const made = await place.json<TenantJson>(['tenant', 'add', 'acme', '--name', 'Acme', '--max-attempts', '3']);
    expect(made).toMatchObject({ id: expect.any(String), slug: 'acme', name: 'Acme', settings: { maxAttempts: 3 } });
    const set = ['tenant', 'set', 'acme', '--primary', 'capture', '--unknown-outcome', 'hold', '--inactive'];
    const changed = { active: false, settings: { primary: 'capture', unknownOutcome: 'hold', maxAttempts: 3 } };
    expect(await place.json(set)).toMatchObject(changed);
    expect(await place.json(['tenant', 'show', 'acme'])).toMatchObject(changed);
    const cleared = await place.json<TenantJson>(['tenant', 'set', 'acme', '--primary', 'none', '--active']);
    expect(cleared).toMatchObject({ active: true, settings: { unknownOutcome: 'hold', maxAttempts: 3 } });
    expect(cleared.settings).not.toHaveProperty('primary');
    expect(await place.json(['tenant', 'list'])).toMatchObject([{ slug: 'acme' }]);
    expect((await place.iep(['tenant', 'list'])).out).toMatch(/^SLUG .*\nacme +Acme +active/);
    expect(await place.json(['tenant', 'remove', 'acme'])).toEqual({ slug: 'acme', removed: true });
    expect(await place.json(['tenant', 'list'])).toEqual([]);
    expect(await place.iep(['key', 'add'])).toMatchObject({ exit: 64, err: expect.stringContaining('no tenant yet') });
  });

  it('says no with the right code', async () => {
    await place.iep(['tenant', 'add', 'acme']);
    expect(await place.iep(['tenant', 'add', 'acme'])).toMatchObject({ exit: 65 });
    expect(await place.iep(['tenant', 'show', 'other'])).toMatchObject({ exit: 65 });
    expect(await place.iep(['tenant', 'set', 'acme'])).toMatchObject({ exit: 64 });
    expect(await place.iep(['tenant', 'add', 'No Slug'])).toMatchObject({ exit: 65 });
  });

  it('is meant by --tenant where there are several', async () => {
    await place.iep(['tenant', 'add', 'one']);
    await place.iep(['tenant', 'add', 'two']);
    expect(await place.iep(['send', 'a@example.com', '--text', 'x'])).toMatchObject({ exit: 64 });
    await place.json(['--tenant', 'two', 'send', 'a@example.com', '--text', 'x']);
    expect(await place.json(['list', '--tenant', 'one'])).toEqual([]);
    expect(await place.json(['list', '--tenant', 'two'])).toHaveLength(1);
    expect(await place.iep(['tenant', 'remove', 'two'])).toMatchObject({ exit: 65 });
    expect(await place.iep(['tenant', 'remove', 'two', '--force'])).toMatchObject({ exit: 0 });
  });
});

describe('iep key', () => {
  it('shows a key once, rotates and revokes it', async () => {
    await place.iep(['tenant', 'add', 'acme']);
    const made = await place.json<NewKeyJson>([
      'key',
      'add',
      '--tenant',
      'acme',
      '--scopes',
      'send,read',
      '--name',
      'ci',
    ]);
    expect(made).toMatchObject({ tenant: 'acme', scopes: ['send', 'read'], key: expect.stringMatching(/^iep_/) });
    const listed = await place.json<KeyJson[]>(['key', 'list']);
    expect(listed).toMatchObject([{ id: made.id, prefix: made.prefix, name: 'ci' }]);
    expect(JSON.stringify(listed)).not.toContain(made.key);
    const next = await place.json<NewKeyJson>(['key', 'rotate', made.prefix, '--overlap', '1h']);
    expect(next.key).not.toBe(made.key);
    expect(await place.json(['key', 'remove', next.id])).toEqual({ id: next.id, revoked: true });
    expect((await place.iep(['key', 'show', next.prefix])).out).toContain('revoked');
    expect(await place.iep(['key', 'show', 'nothing'])).toMatchObject({ exit: 65 });
  });

  it('belongs to the only tenant, or to the operator', async () => {
    await place.iep(['tenant', 'add', 'acme']);
    expect(await place.json(['key', 'add'])).toMatchObject({ tenant: 'acme', scopes: ['send', 'read'] });
    expect(await place.json(['key', 'add', '--scopes', 'operator'])).toMatchObject({ tenant: null });
    await place.iep(['tenant', 'add', 'other']);
    expect(await place.iep(['key', 'add'])).toMatchObject({ exit: 64, err: expect.stringContaining('several') });
  });
});

describe('iep domain', () => {
  it('is the allowlist of senders', async () => {
    await place.iep(['tenant', 'add', 'acme']);
    expect(await place.json(['domain', 'add', 'Example.COM', '--tenant', 'acme'])).toEqual({ domain: 'example.com' });
    expect(await place.json(['domain', 'list'])).toEqual([{ domain: 'example.com' }]);
    const send = ['send', 'b@example.org', '--text', 'x', '--from'];
    expect(await place.iep([...send, 'a@other.example'])).toMatchObject({ exit: 77 });
    expect(await place.iep([...send, 'a@example.com'])).toMatchObject({ exit: 0 });
    expect(await place.json(['domain', 'remove', 'example.com'])).toMatchObject({ removed: true });
    expect(await place.iep([...send, 'a@other.example'])).toMatchObject({ exit: 0 });
  });
});

describe('iep suppression', () => {
  it('adds, lists, exports, imports and removes', async () => {
    await place.iep(['tenant', 'add', 'acme']);
    await place.json(['suppression', 'add', 'a@example.com', '--reason', 'complaint', '--note', 'by phone, twice']);
    const list = () => place.json<unknown[]>(['suppression', 'list']);
    expect(await list()).toMatchObject([{ email: 'a@example.com', reason: 'complaint', note: 'by phone, twice' }]);
    const file = join(place.folder, 'out.csv');
    expect(await place.iep(['suppression', 'export', file])).toMatchObject({ exit: 0, out: '' });
    expect(await place.iep(['suppression', 'export', file])).toMatchObject({ exit: 65 });
    await place.iep(['suppression', 'remove', 'a@example.com']);
    expect(await list()).toEqual([]);
    expect(await place.json(['suppression', 'import', file])).toEqual({ imported: 1 });
    expect(await list()).toMatchObject([{ email: 'a@example.com', reason: 'complaint', note: 'by phone, twice' }]);
    await writeFile(file, 'email\nnot an address\n');
    expect(await place.iep(['suppression', 'import', file])).toMatchObject({ exit: 65 });
    expect(await list()).toHaveLength(1);
  });
});

describe('the queue', () => {
  const send = (to: string) => place.json<AcceptedJson>(['send', to, '--text', 'x']);

  it('is listed, paused, resumed and flushed', async () => {
    await send('a@example.com');
    expect(await place.json<QueueJson['items']>(['queue'])).toMatchObject([{ tenant: 'default', waiting: 1, due: 1 }]);
    expect(await place.json(['queue', 'pause'])).toMatchObject({ paused: true });
    expect((await place.iep(['queue'])).err).toContain('iep queue resume');
    expect(await place.json(['queue', 'resume', '--tenant', 'default'])).toMatchObject({ tenant: 'default' });
    expect(await place.json(['queue', 'flush'])).toEqual({ flushed: expect.any(Number) });
  });

  it('holds scheduled messages until the time they are given', async () => {
    const message = ['send', '--from', 'a@x.example', '--to', 'b@example.com', '-s', 'x', '--text', 'x', '--at', '2h'];
    const { messageId } = (await place.json(message)) as { messageId: string };
    const later = ['reschedule', messageId, '--at', '5h'];
    expect(await place.json(later)).toEqual({ messageId, status: 'scheduled' });
    expect(await place.json(['reschedule', messageId, '--now'])).toEqual({ messageId, status: 'queued' });
    expect(await place.iep(later)).toMatchObject({ exit: 65, err: expect.stringContaining('not scheduled any more') });
    expect(await place.iep(['reschedule', messageId])).toMatchObject({ exit: 64 });
  });

  it('is left by cancelled messages, by id and by filter', async () => {
    const { messageId } = await send('a@example.com');
    await send('b@example.com');
    await send('b@example.com');
    expect(await place.json(['cancel', messageId])).toEqual({ messageId, status: 'cancelled' });
    const filter = ['cancel', '--to', 'b@example.com'];
    expect(await place.json([...filter, '--dry-run'])).toMatchObject({ matched: 2, cancelled: 0 });
    expect(await place.json(filter)).toMatchObject({ matched: 2, cancelled: 2 });
    expect(await place.iep(['cancel', messageId])).toMatchObject({ exit: 65 });
    expect(await place.iep(['cancel'])).toMatchObject({ exit: 64 });
    expect(await place.iep(['cancel', messageId, '--to', 'x'])).toMatchObject({ exit: 64 });
  });

  it('goes on after an id that is refused, and exits with its code', async () => {
    const { messageId } = await send('a@example.com');
    const ran = await place.iep(['cancel', 'nonsense', messageId]);
    expect(ran).toMatchObject({ exit: 65, out: `${messageId}  cancelled\n` });
    expect(ran.err).toContain('nonsense');
  });

  it('is retried by filter', async () => {
    await send('a@example.com');
    expect(await place.json(['retry', '--status', 'queued', '--dry-run'])).toMatchObject({ matched: 1, retried: 0 });
    expect(await place.json(['retry', '--status', 'failed'])).toEqual({ matched: 0, retried: 0, messageIds: [] });
    expect(await place.iep(['retry', '--status', 'nonsense'])).toMatchObject({ exit: 65 });
  });
});

describe('iep stats and list', () => {
  it('count and find', async () => {
    for (const to of ['a@example.com', 'b@example.org'])
      await place.json(['send', to, '--text', 'x', '--tag', to[0] ?? '']);
    expect(await place.json<StatsJson>(['stats', '--since', '2h'])).toMatchObject({
      total: 2,
      byStatus: { queued: 2 },
    });
    expect((await place.iep(['stats'])).out).toMatch(/^2 messages/);
    expect(await place.json(['list', '--to', '@example.org'])).toMatchObject([{ to: ['b@example.org'] }]);
    expect(await place.json(['list', '--tag', 'a', '--since', '1h', '--search', 'example'])).toHaveLength(1);
    expect(await place.json(['list', '--until', '1h'])).toEqual([]);
    expect(await place.json(['list', '--limit', '1'])).toHaveLength(1);
    expect((await place.iep(['list', '--status', 'failed'])).out).toBe('No message matches.\n');
  });
});
