/** Amazon SES as a platform lives it: it steps in for another vendor, tells by SNS and SQS, and that shows. Real servers, real daemon. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLog } from '../../src/base/observe/log.ts';
import type { ExplanationJson, MessageJson } from '../../src/cli/client/wire.ts';
import { checkConfig } from '../../src/cli/configuration.ts';
import { runCli } from '../../src/cli/program.ts';
import { fakeShell } from '../../src/cli/shell.testing.ts';
import { type Daemon, startDaemon } from '../../src/daemon/daemon.ts';
import { mail, sesEvents } from '../../src/message/providers/ses/events.testing.ts';
import { eventually } from '../eventually.ts';
import { startSes, type TestSes } from '../ses.ts';
import { startSns, type TestSns, topicArn } from '../sns.ts';
import { startSqs, type TestSqs } from '../sqs.ts';
import { createVendor, type Vendor } from '../vendor.ts';

let directory: string;
let [ses, sns, sqs, sendgrid]: [TestSes, TestSns, TestSqs, Vendor] = [] as never;
let daemon: Daemon;
let url: string;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'iep-ses-'));
  [ses, sns, sqs] = [await startSes(), await startSns(), await startSqs()];
  sendgrid = await createVendor({ taken: () => ({ status: 503 }) });
  daemon = await startDaemon({ ...config({ sqs: true }), dev: true });
  url = `http://127.0.0.1:${daemon.http.port}`;
});
afterEach(async () => {
  await daemon.stop('test');
  for (const one of [ses, sns, sqs, sendgrid]) await one.close();
  rmSync(directory, { recursive: true });
});

function config(events: { readonly sqs: boolean }) {
  const document = {
    ...{ dataDir: join(directory, 'data'), http: { port: 0 }, smtp: { port: 0 }, health: { intervalSeconds: 0 } },
    providers: {
      first: { type: 'sendgrid', apiKey: 'the-key', endpoint: sendgrid.endpoint },
      ses: {
        ...{ type: 'ses', region: 'eu-central-1', accessKeyId: 'AK', secretAccessKey: 'the-secret' },
        endpoint: ses.endpoint,
        events: {
          ...{ topicArns: [topicArn], certificateUrlPrefix: sns.prefix },
          ...(events.sqs && { sqsQueueUrl: sqs.queueUrl, endpoint: sqs.endpoint, waitSeconds: 1 }),
        },
      },
    },
    routing: { primary: 'first', fallback: 'ses' },
  };
  return {
    config: checkConfig({ document, ...{ env: {}, directory, source: 'test' } }),
    log: createLog({ level: 'error', destination: process.stderr, showAddresses: false }),
  };
}

const call = async <T>(path: string, body?: object): Promise<T> => {
  const response = await fetch(url + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'x-api-key': daemon.firstRun?.key ?? '', 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  expect(response.ok, path).toBe(true);
  return (await response.json()) as T;
};
const hook = (body: string) =>
  fetch(`${url}/hooks/ses`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body });
const look = (id: string) => call<MessageJson>(`/v1/messages/${id}`);
/** Sent by SES, because the first vendor is down. */
async function send(address: string): Promise<Sent> {
  const body = { from: 'app@example.com', to: [address], subject: 'Hello', textBody: 'Hello' };
  const { messageId } = await call<{ messageId: string }>('/v1/messages', body);
  await eventually(async () => expect((await look(messageId)).status).toBe('sent'));
  const [recipient] = (await look(messageId)).recipients;
  return { id: messageId, sesId: recipient?.providerMessageId ?? '' };
}

async function explain(id: string): Promise<string> {
  const shell = fakeShell({ env: { IEP_URL: url, IEP_API_KEY: daemon.firstRun?.key ?? '' } });
  expect(await runCli(['explain', id], shell), shell.err()).toBe(0);
  return shell.out();
}

interface Sent {
  readonly id: string;
  /** What SES calls it. */
  readonly sesId: string;
}

const about = (event: object, { id, sesId }: Sent) =>
  JSON.stringify({ ...event, mail: { ...mail, messageId: sesId, tags: { 'iep-message': [id] } } });

it('steps in for another vendor, and a bounce that SNS and SQS tell comes back once and is explained', async () => {
  expect((await hook(sns.post({ Type: 'SubscriptionConfirmation' }))).status).toBe(200);
  const sent = await send('ann@example.com');
  const { id } = sent;
  const [taken] = await ses.messages();
  expect(await look(id)).toMatchObject({
    recipients: [{ providerMessageId: taken?.messageId }],
    attemptLog: [
      { provider: 'first', outcome: 'unavailable' },
      { provider: 'ses', outcome: 'delivered' },
    ],
  });

  const posted = sns.post({ Message: about(sesEvents.bounce, sent) });
  const answers = [await hook(posted), await hook(posted)];
  expect(await Promise.all(answers.map((one) => one.json()))).toMatchObject([{ new: 1 }, { new: 0 }]);
  sqs.publish(about(sesEvents.bounce, sent));
  sqs.send(about(sesEvents.bounce, sent));
  await eventually(() => expect(sqs.left()).toBe(0));

  const bounced = await look(id);
  expect(bounced).toMatchObject({ status: 'bounced', recipients: [{ status: 'bounced' }] });
  const events = await call<{ items: readonly { type: string }[] }>(`/v1/messages/${id}/events`);
  expect(events.items.filter(({ type }) => type === 'bounced')).toHaveLength(1);
  const { lines, ...rest } = await call<ExplanationJson & { lines?: readonly string[] }>(`/v1/messages/${id}/explain`);
  expect(JSON.stringify([lines, rest])).toMatch(/5\.1\.1 user unknown/);
});

it('suppresses an address whose mail it hands back three times after another vendor failed, and explain tells all of it', async () => {
  expect((await hook(sns.post({ Type: 'SubscriptionConfirmation' }))).status).toBe(200);
  // The stand-in of SES keeps what other tests sent.
  const before = (await ses.messages()).length;
  const suppressed = () => call<{ items: readonly object[] }>('/v1/suppressions');
  const explained: string[] = [];
  for (const count of [1, 2, 3]) {
    expect((await suppressed()).items, `before bounce ${count}`).toEqual([]);
    const sent = await send('ann@example.com');
    const answer = await hook(sns.post({ Message: about(sesEvents.bounce, sent) }));
    expect(await answer.json()).toMatchObject({ new: 1 });
    explained.push(await explain(sent.id));
  }
  expect((await suppressed()).items).toMatchObject([{ email: 'ann@example.com', reason: 'hard_bounce' }]);
  for (const text of explained) {
    expect(text).toContain('It came back after it was accepted: ann@example.com (bounced: 550 5.1.1 user unknown).');
    expect(text).toContain('first could not take it, ses steps in: 503 Service Unavailable');
    expect(text).toMatch(
      /accepted by ses for ann@example\.com[\s\S]*came back, hard \(by ses\): 550 5\.1\.1 user unknown/,
    );
    expect(text).toMatch(/Attempt 1: first, unavailable after [\s\S]*Attempt 2: ses, accepted after /);
  }
  const onTheList = 'ann@example.com is on the suppression list (hard_bounce); `iep suppression remove ann@example.com';
  expect(explained.map((text) => text.includes(onTheList))).toEqual([false, false, true]);

  const body = { from: 'app@example.com', to: ['ann@example.com'], subject: 'Hello', textBody: 'Hello' };
  const { messageId } = await call<{ messageId: string }>('/v1/messages', body);
  await eventually(async () => expect((await look(messageId)).status).toBe('suppressed'));
  expect(await explain(messageId)).toContain(`Nobody was mailed: ${onTheList}`);
  expect((await ses.messages()).length - before).toBe(3);
});

it('suppresses who complained in the queue, and stops asking a queue that its settings do not name any more', async () => {
  const sent = await send('ann@example.com');
  const { id } = sent;
  sqs.publish(about(sesEvents.complaint, sent));
  await eventually(async () => expect((await look(id)).status).toBe('complained'));
  const suppressed = await call<{ items: readonly { email: string; reason: string }[] }>('/v1/suppressions');
  expect(suppressed.items).toMatchObject([{ email: 'ann@example.com', reason: 'complaint' }]);
  const shell = fakeShell({ env: { IEP_DATADIR: join(directory, 'data') } });
  expect(await runCli(['feedback', 'list', '--json'], shell)).toBe(0);
  expect(JSON.parse(shell.out())).toMatchObject([{ kind: 'complained', door: 'queue' }]);
  await eventually(() => expect(sqs.left()).toBe(0));

  await daemon.reload({ ...config({ sqs: false }), files: new Map() } as never);
  sqs.publish(about(sesEvents.delivery, sent));
  expect((await hook(sns.post({ Message: about(sesEvents.open, sent) }))).status).toBe(200);
  expect(sqs.left()).toBe(1);
});

it('lets nobody in who is not SNS', async () => {
  const sent = await send('ann@example.com');
  const { id } = sent;
  const forged = sns.post({}, { Message: about(sesEvents.complaint, sent) });
  const other = sns.post({ TopicArn: `${topicArn}2`, Message: about(sesEvents.complaint, sent) });
  for (const body of [forged, other, '{}', 'no JSON']) expect((await hook(body)).status).toBe(401);
  expect((await look(id)).status).toBe('sent');
});
