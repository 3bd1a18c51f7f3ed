/** Notifications at the command line, over the local store. */

import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { NotificationJson, NotifiedJson } from '../client/wire.ts';
import { type Home, makeHome } from '../home.testing.ts';

let home: Home;
beforeEach(async () => {
  home = await makeHome();
  await home.iep(['tenant', 'add', 'acme', '--any-sender', 'on', '--default-from', 'noreply@acme.example']);
  await home.iep(['notification-type', 'add', 'job.failed']);
  await home.iep(['channel', 'add', 'ops', '--type', 'email', '--to', 'ops@example.org']);
});
afterEach(() => home.remove());

const data = '{"job": "nightly-backup", "ok": false}';
const notify = async (...more: string[]) => {
  const { exit, out, err } = await home.iep(['notify', 'job.failed', '--data', data, '--json', ...more]);
  if (exit !== 0) throw new Error(err);
  return JSON.parse(out) as NotifiedJson;
};

it('tells whom a bare name means, with a file, and shows what came of it', async () => {
  const log = join(home.folder, 'backup.log');
  writeFileSync(log, 'no space left\n');
  const { notificationId } = await notify('--to', 'ops', '--to', 'jo@example.org', '--to', 'nobody', '--attach', log);
  const { out } = await home.iep(['notification', 'show', notificationId]);
  expect(out).toMatch(/ops +email +pending/);
  expect(out).toMatch(/jo@example\.org +email +pending/);
  expect(out).toMatch(/nobody +email +skipped +no_address/);
  expect(out).toContain('nobody by email: not sent: no address for this channel is known');
  expect((await home.iep(['explain', notificationId])).out).toBe(out);
  const shown = JSON.parse(
    (await home.iep(['notification', 'show', notificationId, '--json'])).out,
  ) as NotificationJson;
  const messageId = shown.deliveries[0]?.messageId ?? '';
  const { out: mail } = await home.iep(['show', messageId, '--json']);
  expect(JSON.parse(mail)).toMatchObject({ attachments: [{ filename: 'backup.log' }] });
  expect((await home.iep(['explain', messageId])).out).toContain(`Notification: ${notificationId}, job.failed`);
  await home.iep(['tenant', 'add', 'rival']);
  expect((await home.iep(['explain', notificationId])).out).toBe(out);
  expect((await home.iep(['notification', 'show', notificationId])).out).toBe(out);
  expect((await home.iep(['notification', 'show', notificationId, '--tenant', 'rival'])).err).toContain(
    'No notification has this id',
  );
  expect((await home.iep(['notification', 'show', messageId])).err).toContain('No notification has this id');
  expect((await home.iep(['notification', 'acknowledge', notificationId])).out).toMatch(/^acknowledged by/);
  expect((await home.iep(['notification', 'cancel', notificationId])).out).toContain('cancelled');
});

it('remarks that somebody is told nothing, because the id or the addresses are not known', async () => {
  await home.iep(['subscriber', 'add', 'jo', '--email', 'jo@example.org']);
  const { exit, err } = await home.iep(['notify', 'job.failed', '--to', 'jo', '--to', 'opz']);
  expect({ exit, err }).toEqual({ exit: 0, err: expect.stringMatching(/^opz was told nothing: nobody of this id/) });
  expect(err).not.toContain('jo was');
});

it('lists, acknowledges and cancels', async () => {
  const { notificationId } = await notify('--to', 'jo@example.org');
  expect((await home.iep(['notification', 'list', '--type', 'job.failed'])).out).toContain('1 pending');
  expect(JSON.parse((await home.iep(['notification', 'list', '--status', 'held', '--json'])).out)).toEqual([]);
  expect((await home.iep(['notification', 'acknowledge', notificationId, '--by', 'Jo'])).out).toMatch(
    /^acknowledged by Jo/,
  );
  expect((await home.iep(['notification', 'acknowledge', notificationId])).out).toMatch(/before, by Jo/);
  expect((await home.iep(['notification', 'cancel', notificationId])).out).toContain('cancelled');
  expect((await home.iep(['notification', 'cancel', notificationId])).out).toContain('deleted');
});

it('lists those of all tenants for an operator, each with its own', async () => {
  await notify('--to', 'jo@example.org');
  expect((await home.iep(['notification', 'list'])).out).not.toContain('TENANT');
  await home.iep(['tenant', 'add', 'rival', '--any-sender', 'on', '--default-from', 'noreply@rival.example']);
  await home.iep(['notification-type', 'add', 'job.failed', '--tenant', 'rival']);
  await home.iep(['notify', 'job.failed', '--to', 'al@example.org', '--tenant', 'rival']);
  const { out } = await home.iep(['notification', 'list']);
  expect(out).toMatch(/^TENANT /);
  expect(out).toMatch(/\nrival .*\nacme /s);
  expect(await home.json(['notification', 'list'])).toMatchObject([{ tenant: 'rival' }, { tenant: 'acme' }]);
  expect(await home.json(['notification', 'list', '--status', 'pending'])).toHaveLength(2);
  expect(await home.json(['notification', 'list', '--tenant', 'acme'])).toMatchObject([{ tenant: 'acme' }]);
});

it('says how many deliveries it does not show', async () => {
  const store = await home.store();
  const [acme] = await store.tenants.list();
  const id = randomUUID();
  const deliveries = Array.from({ length: 1_001 }, (_, n) => ({
    ...({ recipient: `subscriber:u${n}`, channel: 'email', step: 0, takes: [], slot: 0 } as const),
    verdict: { kind: 'skipped', reason: 'no_address' } as const,
  }));
  const notification = { id, type: 'job.failed', content: {} };
  await store.notifications.add({ tenantId: acme?.id ?? '', now: 1, notification, deliveries });
  await store.close();
  expect((await home.iep(['notification', 'show', id])).out).toContain('\n… and 1 delivery more');
  expect(await home.json(['notification', 'show', id])).toMatchObject({ more: 1 });
  const all = await home.json(['notification', 'deliveries', id]);
  expect(all).toHaveLength(1_001);
  expect(all).toMatchObject({ 0: { subscriber: 'u0', reason: 'no_address' }, 1000: { subscriber: 'u1000' } });
  expect((await home.iep(['notification', 'deliveries', id, '--limit', '2'])).out.trim().split('\n')).toHaveLength(3);
});

it('says what is wrong', async () => {
  expect(await home.iep(['notify', 'nothing', '--to', 'jo@example.org'])).toMatchObject({
    ...{ exit: 65, err: expect.stringContaining('no notification type is called nothing') },
  });
  expect((await home.iep(['notify', 'job.failed', '--to', 'topic:none'])).err).toContain('no topic is called none');
  expect((await home.iep(['notify', 'job.failed', '--to', 'a@b.example', '--data', '{'])).exit).toBe(64);
});
