/**
 * `iep serve --lfx` in place of seed 002's email service: its environment, its subjects, and what SES tells of its mail. Skipped where
 * nats-server is missing.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DaemonProcess, isUp, spawnDaemon, type Up } from '../daemon-process.ts';
import { eventually } from '../eventually.ts';
import { type NatsServer, startNatsServer, whyNoNats } from '../nats-server.ts';
import { createSink, type Sink } from '../sink.ts';
import { startSqs, type TestSqs } from '../sqs.ts';

let folder: string;
let nats: NatsServer;
let client: NatsConnection;
let relay: Sink;
let sqs: TestSqs;
let daemon: DaemonProcess;
let up: Up;

const mail = { to: 'user@example.com', subject: 'You have been added', html: '<p>Hello</p>', text: 'Hello' };

async function serve(env: Record<string, string>): Promise<void> {
  daemon = spawnDaemon({
    cwd: folder,
    args: ['--lfx'],
    env: { NATS_URL: nats.url, SMTP_HOST: relay.host, SMTP_PORT: String(relay.port), ...env },
  });
  up = await isUp(daemon);
  await eventually(async () => expect((await probe('/readyz')).status).toBe(200));
}

const probe = (path: string) => fetch(`http://127.0.0.1:${up.http.port}${path}`);

async function ask<T = Record<string, unknown>>(subject: string, payload: object): Promise<T> {
  const reply = await client.request(`lfx.email-service.${subject}`, JSON.stringify(payload), { timeout: 60_000 });
  return reply.json<T>();
}
const send = (payload: object = {}) =>
  ask<{ email_id: string; group_id: string }>('send_email', { ...mail, ...payload });

describe.skipIf(whyNoNats() !== undefined)('iep serve --lfx (skipped where nats-server is missing)', () => {
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'iep-lfx-'));
    [nats, relay, sqs] = [await startNatsServer(join(folder, 'jetstream')), await createSink(), await startSqs()];
    client = await connect({ servers: nats.url });
  });
  afterEach(async () => {
    await client.close();
    daemon.process.kill('SIGKILL');
    await daemon.ended;
    for (const one of [relay, sqs]) await one.close();
    await nats.kill();
    rmSync(folder, { recursive: true });
  });

  it('sends as its environment says, and tells what SES tells of the mail', async () => {
    await serve({
      ...{ EMAIL_ENABLED: 'true', SES_CONFIGURATION_SET: 'engagement', SES_EVENTING_ENABLED: 'true' },
      ...{ SMTP_ALLOWED_RECIPIENT_DOMAINS: 'example.com', AWS_ACCESS_KEY_ID: 'AK', AWS_SECRET_ACCESS_KEY: 'planted' },
      SES_ENGAGEMENT_SQS_QUEUE_URL: sqs.endpoint + new URL(sqs.queueUrl).pathname,
    });
    expect((await probe('/livez')).status).toBe(200);
    const { email_id, group_id } = await send({ group_id: 'invites' });
    const [received] = await relay.received(1);
    expect(received?.from).toBe('noreply@lfx.linuxfoundation.org');
    const raw = received?.bytes.toString() ?? '';
    expect(raw).toContain('From: LFX Self Serve <noreply@lfx.linuxfoundation.org>\r\n');
    expect(raw).toContain('X-SES-CONFIGURATION-SET: engagement\r\n');
    expect(raw).toContain(`X-LFX-TRACKING-ID: ${email_id}/invites\r\n`);

    const headers = [{ name: 'X-LFX-TRACKING-ID', value: `${email_id}/${group_id}` }];
    const sent = { timestamp: new Date().toISOString(), messageId: 'ses-1', destination: [mail.to], headers };
    const at = { timestamp: '2026-11-30T12:00:00.000Z' };
    const userAgent = 'Mozilla/5.0 (iPhone) Mobile/14G60';
    sqs.publish(JSON.stringify({ eventType: 'Delivery', mail: sent, delivery: { ...at, recipients: [mail.to] } }));
    sqs.publish(JSON.stringify({ eventType: 'Open', mail: sent, open: { ...at, userAgent } }));
    await eventually(async () =>
      expect(await ask('get_email_status', { email_id })).toMatchObject({
        ...{ delivered: true, delivered_at: at.timestamp, opened: true, last_opened_at: at.timestamp, failed: false },
        opened_at_list: [{ opened_at: at.timestamp }],
      }),
    );
    expect(await ask('get_email_engagement_analytics', { group_id })).toEqual({
      ...{ group_id, total_sent: 1, delivered: 1, opened: 1, unique_opened: 1, failed: 0 },
    });
    await eventually(() => expect(sqs.left()).toBe(0));
  });

  it('holds callers to the domains that its environment names', async () => {
    await serve({ EMAIL_ENABLED: 'true', SMTP_ALLOWED_RECIPIENT_DOMAINS: 'example.com' });
    const yes = { email_id: expect.any(String), group_id: expect.any(String) };
    expect(await send({ from: 'newsletter@LFX.linuxfoundation.org' })).toEqual(yes);
    const from = { error: 'from address domain not allowed' };
    expect(await send({ from: 'a@linuxfoundation.org' })).toEqual(from);
    expect(await send({ from: 'a@sub.lfx.linuxfoundation.org', reply_to: 'a@example.com' })).toEqual(from);
    expect(await send({ reply_to: 'a@linuxfoundation.org' })).toEqual(yes);
    expect(await send({ reply_to: 'a@lfx.linuxfoundation.org' })).toEqual(yes);
    expect(await send({ reply_to: 'a@notlinuxfoundation.org' })).toEqual({
      error: 'reply_to address domain not allowed',
    });
    expect(await send({ to: 'user@sub.example.com' })).toEqual(yes);
    expect(await send({ to: 'user@gmail.example' })).toEqual({ error: 'email delivery failed' });
    const received = await relay.received(4);
    expect(received.flatMap(({ to }) => to)).not.toContain('user@gmail.example');
  });

  it('answers without sending where EMAIL_ENABLED is not true, and lets nobody name senders where the lists are empty', async () => {
    await serve({ SMTP_ALLOWED_FROM_DOMAINS: '', SMTP_ALLOWED_REPLY_TO_DOMAINS: '' });
    const { email_id } = await send();
    expect(await send({ from: 'a@lfx.linuxfoundation.org' })).toEqual({ error: 'from address domain not allowed' });
    expect(await send({ reply_to: 'a@linuxfoundation.org' })).toEqual({ error: 'reply_to address domain not allowed' });
    expect(await ask('get_email_status', { email_id })).toMatchObject({ email_id, delivered: false, failed: false });
    expect(relay.messages).toEqual([]);
  });

  it('does not start where events are wanted and no queue is named', async () => {
    daemon = spawnDaemon({
      cwd: folder,
      args: ['--lfx'],
      env: { EMAIL_ENABLED: 'true', SES_EVENTING_ENABLED: 'true' },
    });
    expect(await daemon.ended).toMatchObject({ code: 78 });
    expect(daemon.stderr.join('\n')).toContain('SES_ENGAGEMENT_SQS_QUEUE_URL is required');
  });
});
