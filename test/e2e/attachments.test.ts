/** Attachments from end to end: a real daemon, files in S3 and by URL, and what a mail server gets of them. */

import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exeSample, pdfSample, pngSample } from '../../src/message/attachments/sample.testing.ts';
import { type DaemonProcess, isUp, spawnDaemon } from '../daemon-process.ts';
import { bundleProgram } from '../program.ts';
import { startS3, type TestS3 } from '../s3.ts';
import { createSink, type Sink } from '../sink.ts';

const large = Buffer.concat([pdfSample, randomBytes(2_000_000)]);

let cwd: string;
let sink: Sink;
let s3: TestS3;
let files: Server;
let filesUrl: string;
let asked: number;
let broken: boolean;
let daemon: DaemonProcess;
let url: string;
let key: string;

beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'iep-attachments-'));
  sink = await createSink();
  s3 = await startS3();
  asked = 0;
  broken = false;
  files = createServer((_request, response) => {
    asked += 1;
    if (broken) response.writeHead(503).end();
    else response.writeHead(200, { 'content-type': 'application/pdf' }).end(large);
  });
  await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve));
  filesUrl = `http://127.0.0.1:${(files.address() as AddressInfo).port}`;
  await serve({ allowNetworks: ['127.0.0.0/8'] });
});
afterAll(async () => {
  daemon.process.kill('SIGKILL');
  await daemon.ended;
  await sink.close();
  await s3.close();
  await new Promise((resolve) => files.close(resolve));
  rmSync(cwd, { recursive: true });
});

async function serve(attachments: object): Promise<void> {
  const { endpoint, bucket, accessKeyId, secretAccessKey } = s3.options;
  const config = {
    attachments,
    blobs: { type: 's3', endpoint, bucket, accessKeyId, secretAccessKey },
    providers: { sink: { type: 'smtp', host: '127.0.0.1', port: sink.port, tls: 'none' } },
    routing: { primary: 'sink' },
    retry: { scheduleSeconds: [0.01], jitter: 0 },
  };
  writeFileSync(join(cwd, 'iep.config.yaml'), JSON.stringify(config));
  daemon = spawnDaemon({ cwd, args: ['--dev', '--config', 'iep.config.yaml'] });
  const { http } = await isUp(daemon);
  url = `http://127.0.0.1:${http.port}`;
  const line = await daemon.line((text) => text.includes('(shown this once)'));
  key = /iep_\w+/.exec(line)?.[0] ?? '';
}

async function call(path: string, json?: unknown) {
  const answer = await fetch(url + path, {
    method: json === undefined ? 'GET' : 'POST',
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    ...(json !== undefined && { body: JSON.stringify(json) }),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

const message = { from: 'app@acme.example', to: ['user@example.org'], subject: 'Files' };
const file = (filename: string, contentType: string, bytes: Buffer, more = {}) => ({
  ...{ filename, contentType, content: bytes.toString('base64') },
  ...more,
});

describe('attachments', () => {
  it('come from the call, from S3 and from a URL, whole and in order', async () => {
    broken = true;
    const sent = await call('/v1/messages', {
      ...message,
      htmlBody: '<p><img src="cid:logo"></p>',
      attachments: [
        file('../logo.png', 'image/png', pngSample, { contentId: 'logo' }),
        file('report.pdf', 'application/pdf', large),
      ],
      attachmentUrls: [{ url: `${filesUrl}/terms.pdf?signature=x` }],
    });
    expect(sent).toMatchObject({ status: 202 });
    await daemon.line((line) => line.includes('"outcome":"deferred"'));
    broken = false;

    const [mail] = await sink.received(1);
    const { attachments, html } = await simpleParser(mail?.bytes ?? '');
    expect(attachments.map(({ filename, contentType, contentId }) => [filename, contentType, contentId])).toEqual([
      ['logo.png', 'image/png', '<logo>'],
      ['report.pdf', 'application/pdf', undefined],
      ['terms.pdf', 'application/pdf', undefined],
    ]);
    expect(html).toContain('data:image/png;base64');
    for (const [index, bytes] of [pngSample, large, large].entries()) {
      expect(Buffer.compare(attachments[index]?.content ?? Buffer.alloc(0), bytes), String(index)).toBe(0);
    }
    // The two large ones are one object; the daemon keeps none of them itself.
    const objects = readdirSync(s3.directory, { recursive: true, encoding: 'utf8' });
    expect(objects.filter((name) => /[0-9a-f]{64}\._S3rver_object$/.test(name))).toHaveLength(1);
    expect(readdirSync(join(cwd, 'iep-data/blobs'), { recursive: true })).toEqual(['tmp']);
    expect(asked).toBeGreaterThan(1);
    const shown = await call(`/v1/messages/${sent.body.messageId}`);
    expect(JSON.stringify(shown.body)).not.toContain('signature');
    expect(daemon.stdout.join()).not.toContain('signature');
  });

  it('by a URL of a network that is not allowed are refused for good, and the history says why', async () => {
    const before = sink.messages.length;
    const attachmentUrls = ['http://169.254.169.254/latest/meta-data'];
    const { body } = await call('/v1/messages', { ...message, textBody: 'x', attachmentUrls });
    await daemon.line((line) => line.includes('"status":"failed"'));
    const shown = await call(`/v1/messages/${body.messageId}`);
    expect(shown.body).toMatchObject({ status: 'failed', lastError: expect.stringContaining('may not be fetched') });
    expect(sink.messages).toHaveLength(before);
  });

  it('are refused where they are not what they say, over HTTP and from the shell', async () => {
    const attachments = [file('invoice.pdf', 'application/pdf', exeSample)];
    expect(await call('/v1/messages', { ...message, textBody: 'x', attachments })).toMatchObject({
      status: 400,
      body: { code: 'attachment_type_mismatch', errors: [{ path: 'attachments.0' }] },
    });
    writeFileSync(join(cwd, 'invoice.pdf'), exeSample);
    const args = ['send', 'b@example.org', '--from', 'a@acme.example', '--text', 'x', '--attach', 'invoice.pdf'];
    const shell = spawnSync(process.execPath, [bundleProgram().script, ...args], {
      cwd,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, IEP_URL: url, IEP_API_KEY: key },
    });
    expect(shell).toMatchObject({
      status: 65,
      stderr: expect.stringContaining('its content is application/x-msdownload'),
    });
  });

  it('wait while S3 is away: accepted ones with their message, others with their caller', async () => {
    const before = sink.messages.length;
    const submission = { ...message, textBody: 'x', attachments: [file('report.pdf', 'application/pdf', large)] };
    const scheduledAt = new Date(Date.now() + 3600_000).toISOString();
    const { body } = await call('/v1/messages', { ...submission, scheduledAt });
    await s3.close();
    expect(await call('/v1/messages', submission)).toMatchObject({ status: 503, body: { code: 'store_unavailable' } });

    const moved = await call(`/v1/messages/${body.messageId}/reschedule`, { scheduledAt: null });
    expect(moved).toMatchObject({ status: 200, body: { status: 'queued' } });
    await daemon.line((line) => line.includes('fault while sending'));
    const shown = await call(`/v1/messages/${body.messageId}`);
    expect(shown.body).toMatchObject({ status: expect.stringMatching(/queued|processing/), attempts: 0, sentAt: null });
    expect(sink.messages).toHaveLength(before);
    s3 = await startS3();
  });
});
