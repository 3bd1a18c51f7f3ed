/** Webhooks of a real daemon, heard by a real receiver: signed for both kinds of libraries, in order, and through a kill. */

import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type HookRequest, type Receiver, startReceiver } from '../../src/webhooks/webhooks.testing.ts';
import { type DaemonProcess, isUp, spawnDaemon } from '../daemon-process.ts';

let cwd: string;
let receiver: Receiver;
let daemon: DaemonProcess;
let url: string;
let key: string;

beforeEach(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'iep-webhooks-e2e-'));
  receiver = await startReceiver();
  await serve();
  await daemon.line((line) => line.includes('(shown this once)'));
  key = daemon.stdout.map((line) => /API key {2}(iep_\w+)/.exec(line)?.[1]).find(Boolean) ?? '';
});
afterEach(async () => {
  daemon.process.kill('SIGKILL');
  await daemon.ended;
  await receiver.close();
  rmSync(cwd, { recursive: true });
});

async function serve(): Promise<void> {
  daemon = spawnDaemon({
    cwd,
    args: ['--dev'],
    env: { IEP_WEBHOOKS_SCHEDULESECONDS: '[0.2, 0.4, 0.8, 1.6, 3, 3, 3]' },
  });
  url = `http://127.0.0.1:${(await isUp(daemon)).http.port}`;
}

async function call(method: string, path: string, json?: unknown): Promise<Record<string, unknown>> {
  const response = await fetch(url + path, {
    method,
    headers: { 'x-api-key': key, ...(json !== undefined && { 'content-type': 'application/json' }) },
    ...(json !== undefined && { body: JSON.stringify(json) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return text === '' ? {} : JSON.parse(text);
}

const send = async () =>
  String(
    (
      await call('POST', '/v1/messages', {
        from: { email: 'app@acme.example' },
        to: ['user@example.org'],
        subject: 'Grüße',
        textBody: 'Hello',
      })
    ).messageId,
  );

const eventsOf = (heard: readonly HookRequest[], messageId: string) =>
  heard.filter(({ json }) => json.messageId === messageId).map(({ json }) => String(json.event));
const life = ['message.queued', 'message.processing', 'message.sent'];
const isWhole = (heard: readonly HookRequest[], messageId: string) =>
  life.every((event) => eventsOf(heard, messageId).includes(event));

describe('webhooks', () => {
  it('tell a message’s life in order, signed so that the usual libraries take them', async () => {
    const { secret, id } = await call('POST', '/v1/webhooks', { url: receiver.url });
    const messageId = await send();
    await receiver.until((heard) => isWhole(heard, messageId));
    expect(eventsOf(receiver.heard, messageId)).toEqual(life);
    for (const { headers, body } of receiver.heard) {
      expect(new StandardWebhook(String(secret)).verify(body, headers)).toEqual(JSON.parse(body));
      expect(() => new SvixWebhook(String(secret)).verify(body, headers)).not.toThrow();
      const hex = createHmac('sha256', String(secret)).update(body).digest('hex');
      expect(headers['x-iep-signature']).toBe(`sha256=${hex}`);
    }
    expect(receiver.heard.at(-1)?.json).toMatchObject({
      ...{ event: 'message.sent', sequence: 3, tenantId: expect.any(String) },
      data: { to: ['user@example.org'], subject: 'Grüße', provider: 'capture', attempts: 1 },
    });
    const tested = await call('POST', `/v1/webhooks/${id}/test`);
    expect(tested).toMatchObject({ ok: true, status: 204 });
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toMatch(/iep_webhook_deliveries_total\{outcome="delivered"\} [23]/);
    expect(metrics).toContain('iep_webhooks_pending');
    expect(metrics).toContain('iep_webhook_duration_seconds_count');
    expect(daemon.stdout.join('\n')).not.toContain(String(secret));
  });

  it('come again until they are taken, with the same id and body, and are then listed so', async () => {
    const { id } = await call('POST', '/v1/webhooks', { url: receiver.url, events: ['sent'] });
    receiver.answer(() => ({ status: receiver.heard.length < 3 ? 503 : 200, body: 'later' }));
    const messageId = await send();
    await receiver.until((heard) => heard.length === 3);
    expect(new Set(receiver.heard.map(({ headers, body }) => `${headers['webhook-id']} ${body}`)).size).toBe(1);
    await daemon.line((line) => line.includes('"webhook"') && line.includes('"outcome":"delivered"'));
    const { items } = (await call('GET', `/v1/webhooks/${id}/deliveries?messageId=${messageId}`)) as {
      items: object[];
    };
    expect(items).toMatchObject([{ status: 'delivered', attempts: 3, lastAnswer: '200' }]);
  });

  // Four starts of a daemon, on a machine that may be busy.
  it('survive kills of the daemon: each event arrives at least once', { timeout: 180_000 }, async () => {
    await call('POST', '/v1/webhooks', { url: receiver.url });
    const messageIds: string[] = [];
    for (let kill = 0; kill < 3; kill += 1) {
      // Held back, so that there is always something under way when the daemon dies.
      receiver.answer(async () => {
        await new Promise(setImmediate);
        return { status: kill === 1 ? 500 : 204 };
      });
      const before = receiver.heard.length;
      for (let count = 0; count < 8; count += 1) messageIds.push(await send());
      await receiver.until((heard) => heard.length > before + 3);
      daemon.process.kill('SIGKILL');
      await daemon.ended;
      await serve();
    }
    receiver.answer(() => ({ status: 204 }));
    await receiver.until((heard) => messageIds.every((messageId) => isWhole(heard, messageId)));
    const lost = messageIds.filter((messageId) => !isWhole(receiver.heard, messageId));
    expect(lost).toEqual([]);
  });
});
