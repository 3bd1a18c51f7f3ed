/** Mail that came back, handed in by the operator: what is made of it, once, and whom it never touches. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NOW, newMessage } from '../db/suites/suite.testing.ts';
import { takeMail, takeReport } from '../message/feedback/take-report.ts';
import { keptTokens } from './kept-tokens.ts';
import { openManage, operator, type TestManage } from './manage.testing.ts';
import { createOwnLinks } from './own-links.ts';

let open: TestManage;
beforeEach(async () => {
  open = await openManage();
});
afterEach(() => open.close());

async function send(tenantId: string, ...to: readonly string[]): Promise<string> {
  const message = newMessage(tenantId, { to: to.map((email) => ({ email })) });
  const lease = { owner: 'a', now: NOW, leaseMs: 60_000 };
  const [answer] = await open.store.outbox.accept({ tenantId, messages: [message], lease });
  if (answer?.kind !== 'accepted' || answer.job === undefined) throw new Error('expected a job');
  const { fence } = answer.job;
  await open.store.outbox.settle({
    ...{ tenantId, messageId: message.message.id, fence, at: NOW, status: 'sent', events: [] },
    recipients: to.map((_, position) => ({ position, status: 'sent' })),
    attempts: [{ provider: 'relay', startedAt: NOW, endedAt: NOW, outcome: 'delivered', counted: true }],
  });
  return message.message.id;
}

const bounce = (messageId: string, to: string, id = messageId) => `From: MAILER-DAEMON@example.org
Message-ID: <${id}@mx.example.org>
Date: Mon, 4 Mar 2024 09:58:12 +0000
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; ${to}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user
--b
Content-Type: text/rfc822-headers

Message-ID: <${messageId}@acme.example>
--b--
`;

const take = (...mails: string[]) => handIn(mails, false);
const handIn = (mails: readonly string[], isUnproved: boolean) => {
  const bytes = Buffer.from(mails.map((mail) => `From x Mon Mar  4 09:58:12 2024\n${mail}\n`).join(''));
  return open.manage.feedback.import(operator(), { bytes, isUnproved }, new AbortController().signal);
};

it('takes each mail once, tells what became of it, and keeps that in the audit log', async () => {
  const { acme } = open.tenants;
  const id = await send(acme.id, 'bob@x.example');
  const stranger = bounce('019cf5b2-6a00-7000-8000-00000000dead', 'eve@x.example');
  const imported = await take(bounce(id, 'bob@x.example'), stranger);
  expect(imported.map(({ report, taken }) => [report.kind, report.class, taken.match?.messageId])).toEqual([
    ['bounced', 'hard', id],
    ['bounced', 'hard', undefined],
  ]);
  expect(open.told).toEqual(['bounced by relay', 'bounced by nobody', 'unmatched']);
  expect(await open.entries()).toEqual(['feedback.import done - -']);
  const [entry] = (await open.store.audit.list({ filter: {}, limit: 1 })).items;
  expect(JSON.parse(entry?.detail ?? '')).toMatchObject({ after: { mails: 2, reports: 2, new: 2, matched: 1 } });

  const again = await take(bounce(id, 'bob@x.example'), stranger);
  expect(again.map(({ taken }) => [taken.isNew, taken.match?.messageId])).toEqual([
    [false, id],
    [false, undefined],
  ]);
  expect(open.told).toHaveLength(3);
  const detail = await open.store.messages.get({ tenantId: acme.id, messageId: id });
  expect(detail?.events.filter(({ type }) => type === 'bounced')).toHaveLength(1);
  expect(detail).toMatchObject({ status: 'bounced', lastError: '550 5.1.1 no such user' });
});

it('suppresses for the tenant whose mail came back, and for no other', async () => {
  const { acme, rival } = open.tenants;
  const theirs = await send(rival.id, 'bob@x.example');
  for (let count = 0; count < 3; count += 1) await take(bounce(await send(acme.id, 'bob@x.example'), 'bob@x.example'));
  const entryOf = (tenantId: string) => open.store.suppressions.get({ tenantId, email: 'bob@x.example', now: NOW });
  expect(await entryOf(acme.id)).toMatchObject({ reason: 'hard_bounce' });
  expect(await entryOf(rival.id)).toBeUndefined();
  expect(await open.store.messages.get({ tenantId: rival.id, messageId: theirs })).toMatchObject({ status: 'sent' });
});

it('is about the recipient whose return path it came to, and a forged one means nobody', async () => {
  const tenantId = open.tenants.acme.id;
  const id = await send(tenantId, 'bob@x.example');
  const path = (await open.deps.returnPaths.of({ ...newMessage(tenantId).message, id }))?.(0) ?? '';
  const report = (to: string, name: string) =>
    bounce(name, 'elsewhere@y.example').replace(/^From:/, `To: <${to}>\nFrom:`);
  const forged = path.replace(/^b\+.{4}/, 'b+aaaa');
  const imported = await take(report(forged, 'one'), report(path.toUpperCase(), 'two'));
  expect(imported.map(({ taken }) => taken.match?.recipient)).toEqual([undefined, 'bob@x.example']);
});

describe('a complaint that names another recipient of the message', () => {
  const complaint = (
    messageId: string,
    { type = 'abuse', to = 'fbl@example.com', recipient = 'bob@x.example' },
  ) => `From: ann@x.example
To: <${to}>
Message-ID: <${type}@x.example>
Content-Type: multipart/report; report-type=feedback-report; boundary=b

--b
Content-Type: message/feedback-report

Feedback-Type: ${type}
Original-Rcpt-To: ${recipient}
--b
Content-Type: message/rfc822

Received: by mx.example.com with HTTP id ${messageId}; Mon, 4 Mar 2024 09:58:12 +0000
Message-ID: <${messageId}@acme.example>
--b--
`;

  let id: string;
  let paths: (position: number) => string;
  beforeEach(async () => {
    const tenantId = open.tenants.acme.id;
    id = await send(tenantId, 'ann@x.example', 'bob@x.example');
    const found = await open.deps.returnPaths.of({ ...newMessage(tenantId).message, id });
    if (found === undefined) throw new Error('expected return paths');
    paths = found;
  });

  const read = async (mail: string, isTrusted: boolean) =>
    takeMail(open.deps, Buffer.from(mail), { read: await open.deps.returnPaths.reader(), isTrusted });
  const suppressed = async () => {
    const tenantId = open.tenants.acme.id;
    const { items } = await open.store.suppressions.list({ tenantId, limit: 9, now: NOW });
    return items.map(({ email, reason }) => `${email} ${reason}`);
  };
  const history = async () =>
    (await open.store.messages.get({ tenantId: open.tenants.acme.id, messageId: id }))?.events;

  it('suppresses nobody out of a mailbox that strangers write to, and is in the history', async () => {
    for (const type of ['abuse', 'opt-out']) {
      expect(await read(complaint(id, { type }), false)).toMatchObject([{ isNew: true, match: { messageId: id } }]);
    }
    expect(await suppressed()).toEqual([]);
    expect((await history())?.slice(-2)).toMatchObject([
      { type: 'complained', data: { unproved: true } },
      { type: 'unsubscribed', data: { unproved: true } },
    ]);
  });

  it('makes nobody bounced out of such a mailbox where the message has several, and whom a return path means', async () => {
    const bounced = (to: string) => `To: <${to}>\n${bounce(id, 'bob@x.example', to.slice(0, 20))}`;
    const statuses = async () =>
      (await open.store.messages.get({ tenantId: open.tenants.acme.id, messageId: id }))?.recipients.map(
        ({ status }) => status,
      );
    const before = await statuses();
    expect(await read(bounced('bounces@example.com'), false)).toMatchObject([
      { isNew: true, match: { messageId: id } },
    ]);
    expect((await history())?.at(-1)).toMatchObject({ type: 'bounced', data: { class: 'hard', unproved: true } });
    expect(await statuses()).toEqual(before);
    await read(bounced(paths(1)), false);
    expect(await statuses()).toEqual([before?.[0], 'bounced']);
  });

  it('suppresses nobody where a pipe hands in what anybody may have written, but whom a return path means', async () => {
    await handIn([complaint(id, {})], true);
    expect(await suppressed()).toEqual([]);
    await handIn([complaint(id, { to: paths(0), type: 'fraud' })], true);
    expect(await suppressed()).toEqual(['ann@x.example complaint']);
  });

  it('suppresses whom the return path means that it came to, in a mailbox and at the listener', async () => {
    await read(complaint(id, { to: paths(0) }), false);
    expect(await suppressed()).toEqual(['ann@x.example complaint']);
    const other = await send(open.tenants.acme.id, 'eve@x.example', 'bob@x.example');
    const about = { messageId: other, position: 0 };
    await takeReport(open.deps, Buffer.from(complaint(id, { type: 'fraud' })), [about, undefined]);
    expect((await suppressed()).toSorted()).toEqual(['ann@x.example complaint', 'eve@x.example complaint']);
  });

  it('takes a mail to the address for it as an unsubscription from what the message is, whatever the mail says', async () => {
    const tenantId = open.tenants.acme.id;
    const { message, ...entry } = newMessage(tenantId, {
      to: [{ email: 'ann@x.example' }],
      unsubscribe: { category: 'news' },
    });
    await open.store.outbox.accept({ tenantId, messages: [{ message, ...entry }] });
    const linkOf = await createOwnLinks(
      { ...open.deps, kept: keptTokens(open.deps) },
      { publicUrl: 'https://mail.example.com', domain: 'bounces.example.com' },
    ).of(message);
    const { unsubscribeAddress: address = '' } = linkOf?.({ address: 'ann@x.example', position: 0 }) ?? {};
    for (const subject of ['unsubscribe', 'again']) {
      const mail = `From: ann@x.example\r\nTo: <${address}>\r\nSubject: ${subject}\r\nAuto-Submitted: auto-replied\r\n\r\n`;
      expect(await read(mail, false)).toMatchObject([{ isNew: true, match: { recipient: 'ann@x.example' } }]);
    }
    expect(await open.store.unsubscribes.of({ tenantId, emails: ['ann@x.example'] })).toMatchObject([
      { category: 'news', way: 'mail' },
    ]);
    expect(await suppressed()).toEqual([]);
    const { events } = (await open.store.messages.get({ tenantId, messageId: message.id })) ?? { events: [] };
    expect(events.filter(({ type }) => type === 'unsubscribed')).toMatchObject([
      { recipient: 'ann@x.example', data: { way: 'mail', category: 'news' } },
    ]);
  });

  it('is about nobody at a return path whose message is gone, whatever other message it names', async () => {
    const old = await open.deps.returnPaths.of(newMessage(open.tenants.acme.id).message);
    const [taken] = await read(complaint(id, { to: old?.(0) ?? '' }), false);
    expect(taken?.match).toBeUndefined();
    expect(await suppressed()).toEqual([]);
  });

  it('suppresses out of the mailbox of a feedback loop, and where the operator hands it in, also after it was not believed', async () => {
    await read(complaint(id, { recipient: 'ann@x.example' }), true);
    expect(await suppressed()).toEqual(['ann@x.example complaint']);
    await read(complaint(id, { type: 'fraud' }), false);
    await take(complaint(id, { type: 'fraud' }));
    expect((await suppressed()).toSorted()).toEqual(['ann@x.example complaint', 'bob@x.example complaint']);
  });
});

it('takes at most a thousand mails at once, and says so', async () => {
  const mails = Array.from({ length: 1_001 }, (_, at) => `Subject: ${at}\n`);
  await expect(take(...mails)).rejects.toMatchObject({
    code: 'invalid_request',
    message: expect.stringContaining('1001 mails; it may have 1000'),
  });
  expect(await open.entries()).toEqual(['feedback.import invalid_request - -']);
});

it('dates nothing later than now', async () => {
  const id = await send(open.tenants.acme.id, 'bob@x.example');
  await take(bounce(id, 'bob@x.example').replace('4 Mar 2024', '4 Mar 2124'));
  const { items } = await open.store.feedback.list({ limit: 1 });
  expect(items[0]?.at).toBe(items[0]?.receivedAt);
});
