/** What the door tells of emails and groups, over the real store: the payloads of seed 002. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTestStore, type TestStore } from '../../test/store.ts';
import type { Status } from '../core/message.ts';
import { addTenant, NOW, newId, takeMessage } from '../db/suites/suite.testing.ts';
import type { NewFeedback } from '../db/verbs/feedback.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import { getGroupAnalytics } from './analytics.ts';
import { getEmailStatus } from './email-status.ts';

const GROUP = 'invite-batch-abc123';
const SENT_AT = '2026-09-21T14:13:20.000Z';
const later = (seconds: number) => new Date(NOW + seconds * 1_000).toISOString();

let opened: TestStore;
let acme: Tenant;
let other: Tenant;
let ask: (handler: 'status' | 'analytics', payload: unknown) => Promise<unknown>;

beforeEach(async () => {
  opened = await openTestStore();
  acme = await addTenant(opened.store, 'acme');
  other = await addTenant(opened.store, 'other');
  const deps = { store: opened.store, tenant: async () => acme };
  const handlers = { status: getEmailStatus(deps), analytics: getGroupAnalytics(deps) };
  ask = (name, payload) =>
    handlers[name].handle({
      data: Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload)),
      header: () => undefined,
    });
});
afterEach(() => opened.close());

async function sent(to: string, { status = 'sent', tenant = acme }: { status?: Status; tenant?: Tenant } = {}) {
  const more = { groupId: GROUP, subject: 'You have been added' };
  const { message, fence } = await takeMessage(opened.store, { tenantId: tenant.id, to: [to], more });
  await opened.store.outbox.settle({
    ...{ tenantId: tenant.id, messageId: message.id, fence, at: NOW, events: [], status },
    ...(status === 'sent' && { sentAt: NOW }),
    recipients: [{ position: 0, status }],
    attempts: [{ provider: 'relay', startedAt: NOW, endedAt: NOW, outcome: 'delivered', counted: true }],
  });
  return message.id;
}

const tell = (messageId: string, more: Partial<NewFeedback>) =>
  opened.store.feedback.record({
    feedback: [{ kind: 'delivered', at: NOW, data: {}, about: { messageId }, ...more }],
    ...{ door: 'queue', now: NOW },
  });

describe('get_email_status', () => {
  it('tells what is known of an email, and leaves out what has not happened', async () => {
    const id = await sent('user@example.com');
    const plain = {
      ...{ email_id: id, group_id: GROUP, to: 'user@example.com', subject: 'You have been added', sent_at: SENT_AT },
      ...{ delivered: false, opened: false, failed: false },
    };
    expect(await ask('status', { email_id: id })).toEqual(plain);
    await tell(id, { at: NOW + 2_000 });
    await tell(id, { kind: 'opened', at: NOW + 5_000, data: { actor: 'human' } });
    await tell(id, { kind: 'opened', at: NOW + 6_000, data: { actor: 'machine' } });
    await tell(id, { kind: 'opened', at: NOW + 9_000, data: { actor: 'unknown' } });
    const whole = {
      ...plain,
      ...{ delivered: true, delivered_at: later(2), opened: true, last_opened_at: later(9) },
      opened_at_list: [
        { event_id: expect.any(String), opened_at: later(5) },
        { event_id: expect.any(String), opened_at: later(9) },
      ],
    };
    expect(await ask('status', { email_id: id, group_id: '' })).toEqual(whole);
    expect(await ask('status', { group_id: GROUP })).toEqual([whole]);
  });

  it('tells all of a group', async () => {
    const ids = [await sent('a@example.com'), await sent('b@example.com', { status: 'bounced' })];
    await sent('theirs@example.com', { tenant: other });
    expect(await ask('status', { group_id: GROUP })).toMatchObject([
      { email_id: ids[0], to: 'a@example.com', failed: false },
      { email_id: ids[1], to: 'b@example.com', failed: true },
    ]);
  });

  it('says in its words what is wrong, and nothing of other tenants', async () => {
    const theirs = await sent('theirs@example.com', { tenant: other });
    const both = { error: 'only one of email_id or group_id may be set' };
    expect(await ask('status', 'no json')).toEqual({ error: 'invalid request payload' });
    expect(await ask('status', { email_id: 1 })).toEqual({ error: 'invalid request payload' });
    expect(await ask('status', {})).toEqual({ error: 'email_id or group_id is required' });
    expect(await ask('status', { email_id: newId(), group_id: GROUP })).toEqual(both);
    for (const email_id of [theirs, newId(), 'nothing', "'; DROP TABLE messages"]) {
      expect(await ask('status', { email_id })).toEqual({ error: 'not found' });
    }
    expect(await ask('status', { group_id: GROUP })).toEqual({ error: 'not found' });
  });
});

describe('get_email_engagement_analytics', () => {
  it('counts a group', async () => {
    const ids = [await sent('a@example.com'), await sent('b@example.com')];
    await sent('c@example.com', { status: 'bounced' });
    await sent('theirs@example.com', { tenant: other });
    for (const id of ids) await tell(id, {});
    for (const seconds of [1, 2, 3]) await tell(ids[0] ?? '', { kind: 'opened', at: NOW + seconds });
    await tell(ids[1] ?? '', { kind: 'complained' });
    expect(await ask('analytics', { group_id: GROUP })).toEqual({
      ...{ group_id: GROUP, total_sent: 3, delivered: 2, opened: 3, unique_opened: 1, failed: 2 },
    });
  });

  it('says in its words what is wrong, and nothing of other tenants', async () => {
    await sent('theirs@example.com', { tenant: other });
    expect(await ask('analytics', 'no json')).toEqual({ error: 'invalid request payload' });
    expect(await ask('analytics', {})).toEqual({ error: 'invalid request payload' });
    expect(await ask('analytics', { group_id: GROUP })).toEqual({ error: 'not found' });
  });
});
