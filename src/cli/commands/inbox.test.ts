import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AcceptedJson, InboxRowJson } from '../client/wire.ts';
import { type Home, makeHome } from '../home.testing.ts';

let home: Home;
beforeEach(async () => {
  home = await makeHome();
  await home.iep(['tenant', 'add', 'acme', '--any-sender', 'on']);
});
afterEach(() => home.remove());

/** Sends, and keeps what was sent as a daemon with a provider of the type `capture` does. */
async function receive(to: string, subject = 'Your code'): Promise<string> {
  const args = ['send', '--from', 'app@acme.example', '--to', to, '--subject', subject, '--text', 'Hi'];
  const { messageId } = await home.json<AcceptedJson>(args);
  const store = await home.store();
  const now = Date.now();
  const { jobs } = await store.outbox.claim({ owner: 'test', now, leaseMs: 60_000, limit: 10, skipTenants: [] });
  for (const { message, recipients, fence } of jobs) {
    await store.outbox.settle({
      ...{ tenantId: message.tenantId, messageId: message.id, fence, at: now, status: 'sent', sentAt: now },
      recipients: recipients.map(({ position }) => ({ position, status: 'sent' as const })),
      events: [{ type: 'sent', at: now }],
      kept: Buffer.from('From: app@acme.example\r\nTo: ada@example.org\r\nSubject: Your code\r\n\r\nHi\r\n'),
    });
  }
  await store.close();
  return messageId;
}

describe('iep inbox', () => {
  it('lists what is there, narrowed down', async () => {
    const id = await receive('ada@example.org');
    await receive('bob@example.org', 'Other');
    expect((await home.json<InboxRowJson[]>(['inbox', 'list'])).length).toBe(2);
    const found = await home.json<InboxRowJson[]>(['inbox', 'list', '--to', 'ADA@example.org', '--subject', 'code']);
    expect(found).toMatchObject([{ messageId: id, to: ['ada@example.org'] }]);
    expect((await home.iep(['inbox', 'list', '--limit', '1'])).out).toContain('Other');
    expect((await home.iep(['inbox', 'list', '--subject', 'none'])).out).toContain('nothing that matches');
  });

  it('covers all tenants where there are several, and says whose a mail is', async () => {
    await receive('ada@example.org');
    expect((await home.iep(['inbox', 'list'])).out).not.toContain('TENANT');
    await home.iep(['tenant', 'add', 'globex']);
    expect((await home.iep(['inbox', 'list'])).out).toMatch(/TENANT[\s\S]*acme/);
    expect(await home.json(['inbox', 'list'])).toMatchObject([{ tenant: 'acme' }]);
    expect(await home.json(['inbox', 'list', '--tenant', 'globex'])).toEqual([]);
    expect((await home.iep(['inbox', 'delete', '--yes'])).exit).toBe(64);
  });

  it('waits for what matches, and ends with 75 where it does not come', async () => {
    const id = await receive('ada@example.org');
    expect(await home.json(['inbox', 'wait', '--to', 'ada@example.org'])).toMatchObject({ messageId: id });
    const late = await home.iep(['inbox', 'wait', '--to', 'eve@example.org', '--timeout', '0s']);
    expect(late).toMatchObject({ exit: 75, err: expect.stringContaining('nothing that matches came in time') });
  });

  it('releases and deletes, once it is told to', async () => {
    const id = await receive('ada@example.org');
    expect((await home.iep(['inbox', 'release', id, '--provider', 'capture'])).exit).toBe(64);
    const released = await home.json<AcceptedJson>(['inbox', 'release', id, '--provider', 'capture', '--yes']);
    expect(released.status).toBe('queued');
    expect((await home.iep(['inbox', 'delete'])).exit).toBe(64);
    expect(await home.json(['inbox', 'delete', '--to', 'ada@example.org', '--yes'])).toEqual({ deleted: 1 });
    expect(await home.json(['inbox', 'list'])).toEqual([]);
  });
});
