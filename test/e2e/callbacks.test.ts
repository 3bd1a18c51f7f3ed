/** What vendors tell, all the way: mail that a vendor took, its callback to a real daemon, and what is to be seen of it. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLog } from '../../src/base/observe/log.ts';
import type { ExplanationJson, MessageJson, ProviderJson } from '../../src/cli/client/wire.ts';
import { checkConfig } from '../../src/cli/configuration.ts';
import { runCli } from '../../src/cli/program.ts';
import { fakeShell } from '../../src/cli/shell.testing.ts';
import type { ConfigInput } from '../../src/config/schema.ts';
import { type Daemon, startDaemon } from '../../src/daemon/daemon.ts';
import type { PostedCallback } from '../../src/message/providers/callbacks/callback.testing.ts';
import * as mailgun from '../../src/message/providers/mailgun/events.testing.ts';
import * as postmark from '../../src/message/providers/postmark/events.testing.ts';
import * as resend from '../../src/message/providers/resend/events.testing.ts';
import * as sendgrid from '../../src/message/providers/sendgrid/events.testing.ts';
import { startReceiver } from '../../src/webhooks/webhooks.testing.ts';
import { createVendor, type Vendor } from '../vendor.ts';

let directory: string;
let vendor: Vendor;
const cleanups: (() => Promise<void>)[] = [];
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'iep-callbacks-'));
  // An answer that each of the four takes for a yes.
  const body = '{"id":"<v-1@mail.example>","MessageID":"v-1","ErrorCode":0}';
  vendor = await createVendor({ taken: () => ({ status: 200, headers: { 'x-message-id': 'v-1' }, body }) });
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  await vendor.close();
  rmSync(directory, { recursive: true });
});

const providersAt = (endpoint: string): ConfigInput['providers'] => ({
  resend: { type: 'resend', apiKey: 'k', endpoint, webhookSecret: resend.SECRET },
  sendgrid: { type: 'sendgrid', apiKey: 'k', endpoint, webhookPublicKey: sendgrid.PUBLIC_KEY },
  mailgun: { type: 'mailgun', apiKey: 'k', domain: 'd.example', endpoint, webhookSigningKey: mailgun.SIGNING_KEY },
  postmark: {
    ...{ type: 'postmark', serverToken: 'k', endpoint },
    ...{ webhookUser: postmark.LOGIN.user, webhookPassword: postmark.LOGIN.password },
  },
});

async function start(changes: ConfigInput = {}) {
  const configOf = (more: ConfigInput) =>
    checkConfig({
      document: {
        ...{ dataDir: join(directory, 'data'), smtp: { port: 0 }, health: { intervalSeconds: 0 } },
        http: { port: 0, publicUrl: 'https://mail.example.com/' },
        webhooks: { allowNetworks: ['127.0.0.0/8'] },
        ...{
          providers: providersAt(vendor.endpoint),
          routing: { route: ['resend', 'sendgrid', 'mailgun', 'postmark'] },
        },
        ...more,
      },
      ...{ env: {}, directory, source: 'test' },
    });
  const log = createLog({ level: 'error', showAddresses: false, destination: { write: () => undefined } });
  let daemon: Daemon | undefined = await startDaemon({ config: configOf(changes), dev: true, log });
  const stop = async () => {
    await daemon?.stop('test');
    daemon = undefined;
  };
  cleanups.push(stop);
  const url = `http://127.0.0.1:${daemon.http.port}`;
  key = daemon.firstRun?.key ?? key;

  const call = async <T>(method: string, path: string, json?: unknown): Promise<T> => {
    const response = await fetch(url + path, {
      method,
      headers: { 'x-api-key': key, ...(json !== undefined && { 'content-type': 'application/json' }) },
      ...(json !== undefined && { body: JSON.stringify(json) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  };
  /** Resolves with the id once the provider has taken it. */
  const send = async (provider: string, to: string) => {
    const message = { from: 'app@example.com', to: [to], subject: 'Hello', textBody: 'Hello', provider };
    const { messageId } = await call<{ messageId: string }>('POST', '/v1/messages', message);
    await stream((event) => event.messageId === messageId && event.type === 'sent');
    return messageId;
  };
  /** The events of all messages, from the first to the one that is meant. */
  const stream = async (is: (event: Record<string, unknown>) => boolean) => {
    const headers = { 'x-api-key': key, 'last-event-id': '0' };
    const response = await fetch(`${url}/v1/events/stream`, { headers });
    let text = '';
    const decoder = new TextDecoder();
    for await (const piece of response.body ?? []) {
      text += decoder.decode(piece, { stream: true });
      const events = [...text.matchAll(/^data: (.*)\n/gm)].map(([, line = '']) => JSON.parse(line));
      const found = events.find(is);
      if (found !== undefined) return found as Record<string, unknown>;
    }
    throw new Error('the stream ended');
  };
  const post = async (name: string, { body, headers = {} }: PostedCallback) =>
    (await fetch(`${url}/hooks/${name}`, { method: 'POST', headers, body })).status;
  return {
    ...{ call, send, stream, post, stop },
    look: (id: string) => call<MessageJson>('GET', `/v1/messages/${id}`),
    why: (id: string) => call<ExplanationJson>('GET', `/v1/messages/${id}/explain`),
    /** A command over the local store, which the daemon hears of. */
    iep: async (...args: readonly string[]) => {
      const shell = fakeShell({ env: { IEP_DATADIR: join(directory, 'data') } });
      if ((await runCli([...args, '--json'], shell)) !== 0) throw new Error(shell.err());
      return JSON.parse(shell.out()) as Record<string, unknown>;
    },
    suppression: (email: string) => call<object>('GET', `/v1/suppressions/${email}`).catch(() => undefined),
    reload: (more: ConfigInput) => daemon?.reload({ config: configOf({ ...changes, ...more }), files: new Map() }),
  };
}
let key = '';

const now = () => Date.now();
const to = 'jo@example.org';

/** What each vendor calls every message, as it answers here. */
const calls = {
  resend: { email_id: '<v-1@mail.example>' },
  sendgrid: { sg_message_id: 'v-1.filter0001.16648.5515E0B88.0' },
  mailgun: { message: { headers: { 'message-id': 'v-1@mail.example' } } },
  postmark: { MessageID: 'v-1' },
};

const resendBounce = {
  bounce: { ...resend.hardBounce.bounce, diagnosticCode: [`smtp; 550 5.1.1 <${to}>: user unknown`] },
};

/** Of each vendor, callbacks about a message. */
const callbacks: Readonly<
  Record<string, (id: string, kind: 'delivered' | 'hard' | 'complained' | 'clicked') => PostedCallback>
> = {
  resend: (id, kind) => {
    const [type, more] = {
      delivered: ['email.delivered', {}] as const,
      hard: ['email.bounced', resendBounce] as const,
      complained: ['email.complained', {}] as const,
      clicked: ['email.clicked', { click: { link: 'https://example.com', userAgent: 'Mozilla/5.0 (X11)' } }] as const,
    }[kind];
    const event = resend.resendEvent(type, { ...calls.resend, to: [to], tags: { iep_message: id }, ...more });
    return resend.signedBySvix(event, { at: now(), id: `msg_${id}_${kind}` });
  },
  sendgrid: (id, kind) => {
    const event = { delivered: 'delivered', hard: 'bounce', complained: 'spamreport', clicked: 'click' }[kind];
    const more = {
      ...calls.sendgrid,
      ...(kind === 'hard' && sendgrid.hardBounce),
      sg_event_id: `${id} ${kind}`,
      url: 'https://example.com',
    };
    return sendgrid.signedBySendgrid([sendgrid.sendgridEvent(event, { email: to, iep_message: id, ...more })]);
  },
  mailgun: (id, kind) => {
    const event = { delivered: 'delivered', hard: 'failed', complained: 'complained', clicked: 'clicked' }[kind];
    const more = {
      ...calls.mailgun,
      ...(kind === 'hard' && mailgun.hardBounce),
      id: `${id} ${kind}`,
      url: 'https://example.com',
    };
    const told = mailgun.mailgunEvent(event, { recipient: to, 'user-variables': { 'iep-message': id }, ...more });
    return mailgun.signedByMailgun(told, { at: now(), token: crypto.randomUUID() });
  },
  postmark: (id, kind) => {
    const event = {
      ...{ delivered: postmark.delivery, hard: postmark.bounce('HardBounce'), complained: postmark.complaint },
      clicked: postmark.click,
    }[kind];
    const told = {
      ...event,
      ...calls.postmark,
      Metadata: { 'iep-message': id },
      ...('Email' in event ? { Email: to } : { Recipient: to }),
    };
    return postmark.fromPostmark('ID' in told ? { ...told, ID: Math.round(Math.random() * 1e12) } : told);
  },
};

describe.each(Object.keys(callbacks))('%s', (name) => {
  it('tells of mail that it took: status, history, webhooks, stream, suppressions', async () => {
    const receiver = await startReceiver();
    cleanups.push(() => receiver.close());
    const iep = await start();
    await iep.call('POST', '/v1/webhooks', { url: receiver.url, events: ['bounced', 'complained', 'clicked'] });
    const tell = callbacks[name];
    if (tell === undefined) throw new Error(name);

    const first = await iep.send(name, to);
    // It was given the id that its callbacks bring back.
    expect(vendor.taken.at(-1)?.body).toContain(first);
    const told = [await iep.post(name, tell(first, 'delivered')), await iep.post(name, tell(first, 'clicked'))];
    expect(told).toEqual([200, 200]);
    expect(await iep.look(first)).toMatchObject({ status: 'delivered', recipients: [{ status: 'delivered' }] });
    expect(await iep.stream((event) => event.type === 'clicked')).toMatchObject({
      ...{ messageId: first, recipient: to },
      data: { url: 'https://example.com', actor: expect.any(String), source: name },
    });

    const bounced = [first, await iep.send(name, to), await iep.send(name, to)];
    for (const id of bounced) {
      expect(await iep.suppression(to)).toBeUndefined();
      // Out of order: the delivery that is told late changes nothing.
      const statuses = [await iep.post(name, tell(id, 'hard')), await iep.post(name, tell(id, 'delivered'))];
      expect(statuses).toEqual([200, 200]);
      expect(await iep.look(id)).toMatchObject({ status: 'bounced' });
    }
    expect(await iep.suppression(to)).toMatchObject({ reason: 'hard_bounce' });
    expect(JSON.stringify(await iep.why(first))).toContain('5.1.1');
    await receiver.until((heard) => heard.filter(({ json }) => json.event === 'message.bounced').length === 3);

    await iep.call('DELETE', `/v1/suppressions/${to}`);
    const annoying = await iep.send(name, to);
    expect(await iep.post(name, tell(annoying, 'complained'))).toBe(200);
    expect(await iep.look(annoying)).toMatchObject({ status: 'complained' });
    expect(await iep.suppression(to)).toMatchObject({ reason: 'complaint' });
    await receiver.until((heard) => heard.some(({ json }) => json.event === 'message.complained'));
  });
});

it('takes a token of Mailgun once, also after a restart, and another key from the moment that it is set', async () => {
  const iep = await start();
  const id = await iep.send('mailgun', to);
  const posted = callbacks.mailgun?.(id, 'delivered') ?? { body: '' };
  expect([await iep.post('mailgun', posted), await iep.post('mailgun', posted)]).toEqual([200, 401]);
  await iep.stop();

  const again = await start();
  // What it tells is not signed: only the token keeps it from being told twice, as something else.
  expect(await again.post('mailgun', { body: posted.body.replace('"delivered"', '"complained"') })).toBe(401);
  expect(await again.look(id)).toMatchObject({ status: 'delivered' });

  const providers = providersAt(vendor.endpoint);
  const mailgunAnew = { ...providers?.mailgun, webhookSigningKey: 'rotated' } as NonNullable<typeof providers>[string];
  await again.reload({ providers: { ...providers, mailgun: mailgunAnew } });
  expect(await again.post('mailgun', callbacks.mailgun?.(id, 'delivered') ?? posted)).toBe(401);
  const byNewKey = mailgun.signedByMailgun(mailgun.mailgunEvent('accepted'), { at: now(), key: 'rotated' });
  expect(await again.post('mailgun', byNewKey)).toBe(200);
});

it('answers 503 until a provider that was made by command has its key, and shows where its vendor posts to', async () => {
  const iep = await start();
  key = String((await iep.iep('key', 'add', '--scopes', 'operator')).key);
  const settings = { type: 'resend', apiKey: 'k', endpoint: vendor.endpoint };
  await iep.call('POST', '/v1/admin/providers', { name: 'made', settings });
  const callback = callbacks.resend?.('a message of nobody', 'delivered') ?? { body: '' };
  expect(await iep.post('made', callback)).toBe(503);
  await iep.call('PATCH', '/v1/admin/providers/made', { settings: { webhookSecret: resend.SECRET } });
  expect(await iep.post('made', callback)).toBe(200);
  expect(await iep.call<ProviderJson>('GET', '/v1/admin/providers/made')).toMatchObject({
    ...{ webhookUrl: 'https://mail.example.com/hooks/made', capabilities: { events: true } },
    settings: { webhookSecret: 'set' },
  });
});

it('unsubscribes who asks the vendor for it', async () => {
  const iep = await start();
  const id = await iep.send('postmark', to);
  const change = postmark.subscriptionChange({ ...calls.postmark, Recipient: to, Metadata: { 'iep-message': id } });
  expect(await iep.post('postmark', postmark.fromPostmark(change))).toBe(200);
  expect(await iep.suppression(to)).toMatchObject({ reason: 'unsubscribe' });
});

it('takes ten thousand events in one body while other mail is accepted', { timeout: 120_000 }, async () => {
  const iep = await start();
  const id = await iep.send('sendgrid', to);
  const events = Array.from({ length: 10_000 }, (_, at) =>
    sendgrid.sendgridEvent('open', {
      email: to,
      iep_message: id,
      sg_event_id: `e${at}`,
      category: [],
      ...calls.sendgrid,
    }),
  );
  const posted = sendgrid.signedBySendgrid(events);
  expect(posted.body.length).toBeLessThan(5 * 1024 * 1024);
  let isTaken = false;
  const taking = iep.post('sendgrid', posted).finally(() => {
    isTaken = true;
  });
  let between = 0;
  while (!isTaken) {
    await iep.call('POST', '/v1/messages', { from: 'app@example.com', to: [to], subject: 's', textBody: 't' });
    if (!isTaken) between += 1;
  }
  expect(await taking).toBe(200);
  expect(between).toBeGreaterThan(5);
  expect(await iep.post('sendgrid', posted)).toBe(200);
  expect(JSON.stringify(await iep.iep('feedback', 'list', '--provider', 'sendgrid'))).toContain('"opened"');
});
