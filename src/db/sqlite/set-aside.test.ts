/** Whatever a queue refers to: one entry that cannot be read leaves it, and the others are claimed. */

import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { messageOf } from '../../../test/jobs.ts';
import type { Store } from '../verbs/store.ts';
import { openFile } from './connection.ts';
import { openSqliteStore } from './open.ts';

const NOW = Date.parse('2026-11-29T12:00:00Z');
const DAY = 86_400_000;

let directory: string;
let store: Store;
let tenantId: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'iep-set-aside-'));
  ({ store } = await openSqliteStore({ file: join(directory, 'iep.db'), threads: false }));
  ({ id: tenantId } = await store.tenants.add({ id: 't', slug: 't', name: 't', settings: {}, now: NOW }));
});
afterEach(async () => {
  await store.close();
  await rm(directory, { recursive: true });
});

async function accept(): Promise<string> {
  const message = { ...messageOf(), id: randomUUID(), tenantId, createdAt: NOW };
  await store.outbox.accept({
    tenantId,
    messages: [{ message, recipients: [{ address: 'b@x.example', kind: 'to' as const }] }],
  });
  return message.id;
}

/** As a damaged page does it: no key is looked at, and nothing follows. */
function damage(sql: string, ...values: readonly string[]): void {
  const db = openFile(join(directory, 'iep.db'), {});
  db.pragma('foreign_keys = OFF');
  db.prepare(sql).run(...values);
  db.close();
}

const seqOf = '(SELECT seq FROM messages WHERE id = ?)';
const claim = (limit = 10) => store.outbox.claim({ owner: 'a', now: NOW, leaseMs: 9, limit, skipTenants: [] });

it.each<[how: string, sql: string, reason: string]>([
  ['whose content is lost', `DELETE FROM contents WHERE message_seq = ${seqOf}`, 'lost with a damaged page'],
  ['whose rows make no sense', `UPDATE contents SET headers = '[' WHERE message_seq = ${seqOf}`, 'iep doctor'],
])('makes a dead letter of an entry %s', async (_, sql, reason) => {
  const [lost, whole] = [await accept(), await accept()];
  damage(sql, lost);
  // The first takes all the room, and the claim says that there may be more.
  const first = await claim(1);
  expect(first).toMatchObject({ jobs: [], nextDueAt: NOW, setAside: [{ messageId: lost, tenantId }] });
  const { jobs, setAside } = await claim();
  expect([jobs.map(({ message }) => message.id), setAside]).toEqual([[whole], undefined]);
  const found = await store.messages.get({ tenantId, messageId: lost });
  expect(found).toMatchObject({ status: 'failed', dead: true, lastError: expect.stringContaining(reason) });
  expect(found?.events.map(({ type }) => type)).toEqual(['queued', 'failed', 'dlq']);
});

it('removes an entry whose message is lost', async () => {
  const [lost, whole] = [await accept(), await accept()];
  damage('DELETE FROM messages WHERE id = ?', lost);
  const { jobs, setAside } = await claim();
  expect(jobs.map(({ message }) => message.id)).toEqual([whole]);
  expect(setAside).toEqual([{ entry: expect.any(Number), reason: expect.any(String) }]);
  expect((await claim()).setAside).toBeUndefined();
});

it.each(['contents', 'recipients'])('retries no message whose %s are lost, by its id or by a filter', async (table) => {
  const [lost, whole] = [await accept(), await accept()];
  for (const { message, fence } of (await claim()).jobs) {
    const recipients = [{ position: 0, status: 'failed' as const }];
    await store.outbox.settle({
      ...{ tenantId, messageId: message.id, fence, at: NOW, status: 'failed' as const, recipients, events: [] },
      dead: true,
    });
  }
  damage(`DELETE FROM ${table} WHERE message_seq = ${seqOf}`, lost);
  await expect(store.messages.retry({ tenantId, messageId: lost, now: NOW })).rejects.toMatchObject({
    code: 'not_retryable',
    message: expect.stringContaining('lost with a damaged page'),
  });
  const { items: messages } = await store.messages.retryable({ tenantId, filter: { dead: true }, limit: 10 });
  expect(await store.messages.retryEach({ tenantId, messages, now: NOW })).toEqual([
    { messageId: whole, status: 'queued' },
  ]);
  expect((await claim()).jobs.map(({ message }) => message.id)).toEqual([whole]);
});

it('claims webhooks past one whose event is lost', async () => {
  await store.webhooks.add({
    ...{ id: 'w', tenantId, url: 'https://hooks.example/in', events: ['*'], secret: 'sealed', max: 10, now: NOW },
  });
  const [lost, whole] = [await accept(), await accept()];
  await store.webhooks.fanOut({ limit: 100, now: NOW });
  damage(`DELETE FROM events WHERE message_seq = ${seqOf}`, lost);
  const request = {
    ...{ owner: 'a', now: NOW, leaseMs: 9, limit: 10 },
    ...{ maxPerEndpoint: 9, maxPerTenant: 9, maxDoubtful: 9 },
  };
  const first = await store.webhooks.claim(request);
  expect(first).toMatchObject({ setAside: [{ reason: expect.stringContaining('lost') }], nextDueAt: NOW });
  const { jobs } = first.jobs.length > 0 ? first : await store.webhooks.claim(request);
  expect(jobs.map(({ content }) => content.event.messageId)).toEqual([whole]);
  const { items } = await store.webhooks.deliveries({ tenantId, webhookId: 'w', limit: 10 });
  expect(items.find(({ messageId }) => messageId === lost)).toMatchObject({ status: 'failed' });
});

it('removes old attachments past content of which the message is lost', async () => {
  const [lost, whole] = [await accept(), await accept()];
  for (const messageId of [lost, whole]) await store.messages.cancel({ tenantId, messageId, now: NOW });
  damage(
    `INSERT INTO attachments (message_seq, position, filename, content_type, size_bytes, content)
     SELECT seq, 0, 'a.pdf', 'application/pdf', 1, x'00' FROM messages WHERE id IN (?, ?)`,
    lost,
    whole,
  );
  damage('DELETE FROM messages WHERE id = ?', lost);
  const step = { before: [], otherwise: NOW + DAY, limit: 10, now: NOW + DAY };
  expect(await store.content.expireAttachments(step)).toEqual({ removed: 1 });
});

it('shows and tells of the others, and lets mail in, where rows beside them make no sense', async () => {
  const [lost, whole] = [await accept(), await accept()];
  const limits = { now: NOW, rates: [{ name: 'minute' as const, count: 1 }] };
  const submit = async () => {
    const message = { ...messageOf(), id: randomUUID(), tenantId, createdAt: NOW };
    const recipients = [{ address: 'b@x.example', kind: 'to' as const }];
    return (await store.outbox.accept({ tenantId, messages: [{ message, recipients }], limits }))[0]?.kind;
  };
  expect(await submit()).toBe('accepted');
  damage(`UPDATE messages SET tags = '{}', metadata = '[', created_at = 9000000000000000 WHERE id = ?`, lost);
  damage(`UPDATE events SET payload = '{', at = 9000000000000000 WHERE message_seq = ${seqOf}`, lost);
  damage(`UPDATE rate_windows SET counts = x'ffff'`);

  const { events } = await store.events.after({ tenantId, limit: 10 });
  expect(events.slice(0, 2).map(({ messageId, data }) => [messageId, data])).toEqual([
    [lost, {}],
    [whole, {}],
  ]);
  expect(() => events.map(({ at }) => new Date(at).toISOString())).not.toThrow();
  const found = await store.messages.get({ tenantId, messageId: lost });
  expect(found).toMatchObject({ id: lost, tags: [] });
  expect(() => new Date(found?.createdAt ?? 0).toISOString()).not.toThrow();
  expect([await submit(), await submit()]).toEqual(['accepted', 'limited']);
});

it('puts back by a retry what is open and lost its entry in the outbox', async () => {
  const lost = await accept();
  damage(`DELETE FROM outbox WHERE message_seq = ${seqOf}`, lost);
  const move = { tenantId, messageId: lost, now: NOW };
  expect((await claim()).jobs).toEqual([]);
  await expect(store.messages.cancel(move)).rejects.toThrow('iep retry');
  expect(await store.messages.retry(move)).toBe('queued');
  const { jobs } = await claim();
  expect(jobs.map(({ message, recipients }) => [message.id, recipients.length])).toEqual([[lost, 1]]);
});
