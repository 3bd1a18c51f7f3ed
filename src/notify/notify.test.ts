/** The worker over a real store: what is held goes when it is due, once, as things are by then. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../test/eventually.ts';
import { quiet } from '../../test/manual-clock.ts';
import type { NotificationTypeSpec } from '../core/notification.ts';
import { HOUR, hook, MINUTE, NOON, startNotify, type TestNotify } from './notify.testing.ts';
import type { KnownPerson } from './party.ts';

const spec: NotificationTypeSpec = {
  ...{ category: 'ops', critical: false, channels: ['email'], templates: {}, unsubscribable: true },
};
const jo = (more: Partial<KnownPerson> = {}): KnownPerson => ({
  id: 'jo',
  email: 'jo@example.org',
  posts: {},
  ...more,
});
const quietUntil = (end: string) => ({ quietHours: { enabled: true, start: '11:00', end } });
const toJo = [{ subscriber: 'jo' }];

let test: TestNotify;
beforeEach(async () => {
  test = await startNotify();
  test.types.set('job.failed', spec);
  test.people.set('jo', jo());
});
afterEach(() => test.close());

const passTo = async (afterNoon: number) => {
  await test.clock.advance(NOON + afterNoon - test.clock.now());
  await test.settled();
};

describe('what goes at once', () => {
  it('is a message of the same commit, or a post', async () => {
    test.people.set('jo', jo({ posts: { webhook: hook } }));
    test.types.set('job.failed', { ...spec, channels: ['email', 'webhook', 'slack'] });
    const id = await test.notify(toJo);
    expect(await test.fates(id)).toEqual(['pending', 'pending', 'skipped no_address']);
    expect(await test.mail()).toEqual(['Job failed: backup']);
    await test.settled();
    expect(await test.fates(id)).toEqual(['pending', 'sent', 'skipped no_address']);
    expect(test.posts).toMatchObject([
      {
        settings: hook,
        notice: { notificationId: id, type: 'job.failed', data: { job: 'backup' }, subscriber: { id: 'jo' } },
      },
    ]);
  });

  it('says why a mail cannot be made, and tells the others', async () => {
    test.types.set('job.failed', { ...spec, templates: { email: 'gone' } });
    test.channels.set('ops', hook);
    const id = await test.notify([...toJo, { channel: 'ops' }, { subscriber: 'nobody' }]);
    const [first, ...others] = await test.fates(id);
    expect(first).toMatch(/^failed .*gone/);
    expect(others).toEqual(['pending', 'skipped no_address']);
  });

  it('is posted again by the schedule, and fails when that is over', async () => {
    test.channels.set('ops', hook);
    test.answer(() => ({ kind: 'deferred', reason: 'it answered 503' }));
    const id = await test.notify([{ channel: 'ops' }]);
    await test.settled();
    expect([await test.fates(id), test.posts.length]).toEqual([['pending it answered 503'], 1]);
    await passTo(MINUTE);
    expect([await test.fates(id), test.posts.length]).toEqual([['pending it answered 503'], 2]);
    await passTo(11 * MINUTE);
    expect([await test.fates(id), test.posts.length]).toEqual([['failed it answered 503'], 3]);
    expect(new Set(test.posts.map((one) => one.id)).size).toBe(1);
  });
});

it('asks an address that does not answer one post at a time, and keeps no other waiting for it', async () => {
  const dead = { ...hook, url: 'https://dead.example/in' };
  test.channels.set('dead', dead);
  test.channels.set('ops', hook);
  const postsTo = ({ url }: { url: string }) =>
    test.posts.filter(({ settings }) => settings.type === 'webhook' && settings.url === url).length;
  test.answer(() => ({ kind: 'deferred', reason: 'it answered 503' }));
  await test.notify([{ channel: 'dead' }]);
  await test.settled();
  expect(postsTo(dead)).toBe(1);
  const never = Promise.withResolvers<never>();
  test.answer(({ settings }) =>
    settings.type === 'webhook' && settings.url === dead.url ? never.promise : { kind: 'delivered' },
  );
  for (let n = 0; n < 10; n++) await test.notify([{ channel: 'dead' }]);
  for (let n = 0; n < 10; n++) await test.notify([{ channel: 'ops' }]);
  await eventually(async () => {
    await test.clock.advance(0);
    expect(postsTo(hook)).toBe(10);
  });
  expect(postsTo(dead)).toBe(2);
  never.reject(new Error('over'));
});

it('mails an address once, however it is named: to its subscriber, else as it is first', async () => {
  test.people.set('jo', { id: 'jo', email: 'Jo@example.org', posts: {} });
  const to = [
    { email: 'JO@Example.ORG' },
    { email: 'Al@example.org' },
    { subscriber: 'jo' },
    { email: 'al@example.org' },
  ];
  const id = await test.notify(to);
  const { items } = await test.store.notifications.deliveries({ tenantId: test.tenant.id, id, limit: 10 });
  expect(items.filter(({ channel }) => channel === 'email').map(({ recipient }) => recipient)).toEqual([
    'email:Al@example.org',
    'subscriber:jo',
  ]);
});

describe('what is held', () => {
  it('goes when quiet hours end, unless the person has turned it off by then', async () => {
    test.people.set('jo', jo({ preferences: quietUntil('13:00') }));
    test.people.set('al', { id: 'al', email: 'al@example.org', posts: {}, preferences: quietUntil('13:00') });
    const id = await test.notify([...toJo, { subscriber: 'al' }]);
    expect(await test.fates(id)).toEqual(['held quiet_hours', 'held quiet_hours']);
    test.people.set('al', {
      id: 'al',
      email: 'al@example.org',
      posts: {},
      preferences: { global: { enabled: false } },
    });
    await passTo(59 * MINUTE);
    expect(await test.mail()).toEqual([]);
    await passTo(HOUR);
    expect(await test.fates(id)).toEqual(['pending', 'skipped preference']);
    expect(await test.mail()).toHaveLength(1);
  });

  it('keeps its files for the mail that goes later', async () => {
    test.people.set('jo', jo({ preferences: quietUntil('13:00') }));
    const bytes = Buffer.from('failed\n');
    await test.notify(toJo, {
      attachments: [{ filename: 'job.log', contentType: 'text/plain', content: { bytes, size: bytes.length } }],
    });
    await passTo(HOUR);
    const [job] = (
      await test.store.outbox.claim({ owner: 'o', now: test.clock.now(), leaseMs: 9, limit: 9, skipTenants: [] })
    ).jobs;
    expect(job?.message.attachments).toMatchObject([{ filename: 'job.log', content: { size: 7 } }]);
  });

  it('is cancelled where its type is gone', async () => {
    test.people.set('jo', jo({ preferences: quietUntil('13:00') }));
    const id = await test.notify(toJo);
    test.types.clear();
    await passTo(HOUR);
    expect(await test.fates(id)).toEqual(['cancelled its type was removed']);
  });

  it('becomes one digest, with all that came', async () => {
    test.types.set('job.failed', { ...spec, digest: { every: 'hourly' } });
    const ids: string[] = [];
    for (const job of ['a', 'b', 'c']) ids.push(await test.notify(toJo, { data: { job } }));
    await passTo(HOUR - 1);
    expect(await test.mail()).toEqual([]);
    await passTo(HOUR);
    expect(await test.mail()).toEqual(['3 notifications: Job failed: c']);
    for (const id of ids) expect(await test.fates(id)).toEqual(['pending']);
    await passTo(5 * HOUR);
    expect(await test.mail()).toHaveLength(1);
    await test.notify(toJo, { data: { job: 'd' } });
    await passTo(6 * HOUR);
    expect(await test.mail()).toEqual(['3 notifications: Job failed: c', 'Job failed: d']);
  });

  it('carries the newest of the files of what gathered, and names the others', async () => {
    test.types.set('job.failed', { ...spec, digest: { every: 'hourly' } });
    const logOf = (bytes: Buffer) => ({
      attachments: [{ filename: 'run.log', contentType: 'text/plain', content: { bytes, size: bytes.length } }],
    });
    await test.notify(toJo, { data: { job: 'huge' }, ...logOf(Buffer.alloc(8 * 1024 * 1024, 'x')) });
    for (const job of ['a', 'b']) await test.notify(toJo, { data: { job }, ...logOf(Buffer.from(`log of ${job}`)) });
    await passTo(HOUR);
    const { items } = await test.store.messages.list({ tenantId: test.tenant.id, filter: {}, limit: 9 });
    const messageId = items[0]?.id ?? '';
    const kept = await test.store.messages.content({ tenantId: test.tenant.id, messageId });
    const { content, attachments = [] } = kept?.message ?? {};
    expect(attachments.map(({ filename }) => filename)).toEqual(['run (2).log', 'run.log']);
    expect(attachments.map((one) => ('bytes' in one.content ? `${Buffer.from(one.content.bytes)}` : ''))).toEqual([
      'log of a',
      'log of b',
    ]);
    expect(content).toMatchObject({
      text: expect.stringMatching(
        /huge\n {4}Files: run.log \(8,192 KiB, not attached\)\n.*: a\n {4}Files: run \(2\).log\n/,
      ),
    });
  });

  it('leaves out the files that a limit of the tenant refuses by now, and says so', async () => {
    test.types.set('job.failed', { ...spec, digest: { every: 'hourly' } });
    const file = (filename: string, contentType: string, content: string) => {
      const bytes = Buffer.from(content);
      return { attachments: [{ filename, contentType, content: { bytes, size: bytes.length } }] };
    };
    await test.notify(toJo, { data: { job: 'table' }, ...file('rows.csv', 'text/csv', 'a,b\n1,2\n') });
    await test.notify(toJo, { data: { job: 'long' }, ...file('long.log', 'text/plain', 'x'.repeat(2_000)) });
    await test.notify(toJo, { data: { job: 'short' }, ...file('short.log', 'text/plain', 'it broke') });
    const settings = { ...test.tenant.settings, attachmentTypes: ['text/plain'], maxAttachmentBytes: 1_000 };
    await test.store.tenants.set({ tenantId: test.tenant.id, now: test.clock.now(), settings });
    await passTo(HOUR);
    const { items } = await test.store.messages.list({ tenantId: test.tenant.id, filter: {}, limit: 9 });
    const messageId = items[0]?.id ?? '';
    const kept = await test.store.messages.content({ tenantId: test.tenant.id, messageId });
    const { content, attachments = [] } = kept?.message ?? {};
    expect(attachments.map(({ filename }) => filename)).toEqual(['short.log']);
    const refused = 'KiB, not attached: no mail may carry it any more)';
    const { text = '' } = content as { text?: string };
    const files = text.split('\n').filter((line) => line.includes('Files:'));
    expect(files.map((line) => line.trim())).toEqual([
      `Files: rows.csv (1 ${refused}`,
      `Files: long.log (2 ${refused}`,
      'Files: short.log',
    ]);
  });

  it('follows the first of its group, and is told together', async () => {
    test.types.set('job.failed', { ...spec, group: { by: 'data.job', windowMinutes: 10 } });
    for (let n = 0; n < 15; n++) await test.notify(toJo, { data: { job: 'backup', n } });
    const other = await test.notify(toJo, { data: { job: 'import' } });
    expect(await test.fates(other)).toEqual(['pending']);
    expect(await test.mail()).toHaveLength(2);
    await passTo(10 * MINUTE);
    expect((await test.mail()).at(-1)).toBe('Job failed: backup … and 14 more');
    await passTo(HOUR);
    expect(await test.mail()).toHaveLength(3);
    await test.notify(toJo, { data: { job: 'backup' } });
    expect(await test.mail()).toHaveLength(4);
  });

  it('waits for its limit, and then goes as one digest that counts', async () => {
    test.types.set('job.failed', { ...spec, rateLimit: { count: 2, windowMinutes: 60 } });
    for (const job of ['a', 'b', 'c', 'd']) await test.notify(toJo, { data: { job } });
    expect(await test.mail()).toHaveLength(2);
    await passTo(HOUR);
    expect((await test.mail()).at(-1)).toBe('2 notifications: Job failed: d');
    await test.notify(toJo, { data: { job: 'e' } });
    const over = await test.notify(toJo, { data: { job: 'f' } });
    expect(await test.fates(over)).toEqual(['held rate_limited']);
  });

  it('says why a post of what gathered is tried again, and when, and ends with all of it', async () => {
    test.channels.set('ops', hook);
    test.types.set('job.failed', { ...spec, digest: { every: { minutes: 5 } } });
    const ids = [await test.notify([{ channel: 'ops' }]), await test.notify([{ channel: 'ops' }])];
    test.answer(() => ({ kind: 'deferred', reason: 'it answered 503' }));
    await passTo(5 * MINUTE);
    for (const id of ids) {
      const { items } = await test.store.notifications.deliveries({ tenantId: test.tenant.id, id, limit: 10 });
      const until = NOON + 6 * MINUTE;
      expect(items).toMatchObject([{ status: 'pending', reason: 'it answered 503', until }]);
    }
    test.answer(() => ({ kind: 'delivered' }));
    await passTo(6 * MINUTE);
    for (const id of ids) expect(await test.fates(id)).toEqual(['sent']);
    expect(test.posts.map(({ variables }) => variables?.count)).toEqual([2, 2]);
  });

  it('is posted as one digest, with its numbers', async () => {
    test.channels.set('ops', hook);
    test.types.set('job.failed', { ...spec, digest: { every: { minutes: 5 }, template: 'digest' } });
    for (const job of ['a', 'b']) await test.notify([{ channel: 'ops' }], { data: { job } });
    await passTo(5 * MINUTE);
    expect(test.posts).toMatchObject([
      {
        template: 'digest',
        variables: { count: 2, items: [{ data: { job: 'a' } }, { title: 'Job failed: b', data: { job: 'b' } }] },
      },
    ]);
  });

  it('is taken up by the next daemon where one is gone in the middle of a post, and goes again', async () => {
    test.channels.set('ops', hook);
    const never = Promise.withResolvers<never>();
    test.answer(() => never.promise);
    const id = await test.notify([{ channel: 'ops' }]);
    await test.clock.advance(0);
    await quiet();
    expect(test.posts).toHaveLength(1);
    test.answer(() => ({ kind: 'delivered' }));
    const next = test.another('n/2');
    await next.start();
    next.wake();
    for (let turn = 0; turn < 50 && test.posts.length < 2; turn++) await test.clock.advance(0);
    await next.stop(1_000);
    expect(test.posts.map((one) => one.id)).toEqual([test.posts[0]?.id, test.posts[0]?.id]);
    expect(await test.fates(id)).toEqual(['sent']);
    never.reject(new Error('over'));
  });
});

it('goes through a large topic in pages, and tells each who is in it once', async () => {
  const ids = Array.from({ length: 250 }, (_, n) => `p${n}`);
  for (const id of ids) test.people.set(id, { id, email: `${id}@example.org`, posts: {} });
  test.topics.set('all', ids);
  const id = await test.notify([{ subscriber: 'p200' }, { topic: 'all' }]);
  expect((await test.fates(id)).length).toBeLessThanOrEqual(101);
  await test.settled();
  expect(await test.fates(id)).toHaveLength(250);
  expect(await test.mail()).toHaveLength(250);
});

it('mails an address once that is named besides a large topic with its subscriber', async () => {
  const ids = Array.from({ length: 350 }, (_, n) => `p${n}`);
  for (const id of ids) test.people.set(id, { id, email: `${id}@example.org`, posts: { webhook: hook } });
  test.topics.set('all', ids);
  test.types.set('job.failed', { ...spec, channels: ['email', 'webhook'] });
  const id = await test.notify([{ email: 'P330@example.org' }, { topic: 'all' }]);
  await test.settled();
  const { items } = await test.store.notifications.deliveries({ tenantId: test.tenant.id, id, limit: 1_000 });
  const told = items.filter(({ recipient }) => recipient.toLowerCase().includes('p330'));
  expect(told.map(({ recipient, channel }) => `${recipient} ${channel}`)).toEqual([
    'email:P330@example.org email',
    'subscriber:p330 webhook',
  ]);
});

describe('an escalation', () => {
  const policy = {
    name: 'on-call',
    steps: [
      { afterMinutes: 0, to: toJo },
      { afterMinutes: 15, to: [{ channel: 'ops' }] },
    ],
    repeat: 1,
  };
  beforeEach(() => {
    test.channels.set('ops', hook);
  });

  it('takes its steps until somebody acknowledges', async () => {
    const id = await test.notify([], { escalation: policy });
    expect(await test.mail()).toEqual(['Job failed: backup']);
    await passTo(14 * MINUTE);
    expect(test.posts).toHaveLength(0);
    await passTo(15 * MINUTE);
    expect(test.posts).toMatchObject([{ acknowledgeUrl: `https://mail.example/a/${id}` }]);
    await passTo(30 * MINUTE);
    expect(await test.mail()).toHaveLength(2);
    await test.store.notifications.acknowledge({ tenantId: test.tenant.id, id, by: 'Jo', now: test.clock.now() });
    await passTo(5 * HOUR);
    expect([test.posts.length, (await test.mail()).length]).toEqual([1, 2]);
    expect(await test.fates(id)).toEqual(['pending', 'acknowledged', 'pending']);
  });

  it('tells nobody more of a large topic once somebody acknowledged', async () => {
    const ids = Array.from({ length: 250 }, (_, n) => `p${n}`);
    for (const id of ids) test.people.set(id, { id, email: `${id}@example.org`, posts: {} });
    test.topics.set('all', ids);
    const steps = [{ afterMinutes: 0, to: [{ topic: 'all' }] }];
    const acknowledged = (id: string) =>
      test.store.notifications.acknowledge({ tenantId: test.tenant.id, id, by: 'Jo', now: test.clock.now() });
    const id = await test.notify([], { escalation: { ...policy, steps } });
    await acknowledged(id);
    await test.settled();
    expect(await test.fates(id)).toHaveLength(100);
    const other = await test.notify([{ topic: 'all' }]);
    await acknowledged(other);
    await test.settled();
    expect(await test.fates(other)).toHaveLength(250);
  });

  it('has its link in the mail of each step', async () => {
    const id = await test.notify([], { escalation: policy });
    const lease = { owner: 'o', now: test.clock.now(), leaseMs: 9, limit: 9, skipTenants: [] };
    const [job] = (await test.store.outbox.claim(lease)).jobs;
    expect(job?.message).toMatchObject({ subscriber: 'jo', acknowledgeUrl: `https://mail.example/a/${id}` });
  });

  it('ends after its repetitions', async () => {
    await test.notify([], { escalation: policy });
    await passTo(5 * HOUR);
    expect([test.posts.length, (await test.mail()).length]).toEqual([2, 2]);
    expect(await test.store.notifications.pending()).toBe(0);
  });
});

it('writes each of many at once to one person into one digest', async () => {
  test.types.set('job.failed', { ...spec, digest: { every: 'hourly' }, rateLimit: { count: 30, windowMinutes: 60 } });
  await Promise.all(Array.from({ length: 60 }, (_, n) => test.notify(toJo, { data: { job: `j${n}` } })));
  await passTo(HOUR);
  const mail = await test.mail();
  expect(mail.toSorted()).toEqual([
    expect.stringMatching(/^30 notifications/),
    expect.stringMatching(/^30 notifications/),
  ]);
});
