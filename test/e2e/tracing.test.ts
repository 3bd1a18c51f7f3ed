/** A trace from its caller to the attempt, through the queue and a restart, as a collector receives it. */

import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type DaemonProcess, isUp, spawnDaemon } from '../daemon-process.ts';
import { bundleProgram } from '../program.ts';

/** Not in this thread's time: the collector lives here. */
const run = promisify(execFile);

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: readonly { key: string; value: Record<string, unknown> }[];
}

let cwd: string;
let collector: Server;
let endpoint: string;
let received: OtlpSpan[];
let tell: () => void = () => undefined;
let headers: unknown;
const started: DaemonProcess[] = [];

beforeEach(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'iep-tracing-'));
  received = [];
  collector = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    headers = request.headers;
    const { resourceSpans } = JSON.parse(body) as {
      resourceSpans: { scopeSpans: { spans: OtlpSpan[] }[] }[];
    };
    received.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)));
    response.setHeader('content-type', 'application/json').end('{}');
    tell();
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}/v1/traces`;
});
afterEach(async () => {
  for (const daemon of started.splice(0)) {
    daemon.process.kill('SIGKILL');
    await daemon.ended;
  }
  collector.closeAllConnections();
  await new Promise((resolve) => collector.close(resolve));
  rmSync(cwd, { recursive: true });
});

function serve(args: readonly string[]): DaemonProcess {
  const daemon = spawnDaemon({ cwd, args });
  started.push(daemon);
  return daemon;
}

async function span(name: string, more: (span: OtlpSpan) => boolean = () => true): Promise<OtlpSpan> {
  for (;;) {
    const found = received.find((one) => one.name === name && more(one));
    if (found !== undefined) return found;
    await new Promise<void>((resolve) => {
      tell = resolve;
    });
  }
}

const fact = (span: OtlpSpan, key: string) =>
  Object.values(span.attributes.find((one) => one.key === key)?.value ?? {})[0];

function configure(tracing: unknown): string {
  const file = join(cwd, 'iep.yaml');
  const config = {
    providers: { capture: { type: 'capture' } },
    routing: { primary: 'capture' },
    tenants: [{ slug: 'default', settings: { anySender: true } }],
    smtp: { trustedNetworks: [{ cidr: '127.0.0.0/8', tenant: 'default' }] },
    ...(tracing !== undefined && { tracing }),
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

it('joins the caller to the attempt, with a restart between', async () => {
  const file = configure({ endpoint, headers: { authorization: 'Bearer planted' } });
  const daemon = serve(['--dev', '--config', file]);
  const { http } = await isUp(daemon);
  await daemon.line((line) => line.includes(' list'));
  const url = `http://127.0.0.1:${http.port}`;
  // With the operator's own transport: the tenant was declared, so that no key was printed.
  const iep = async (...args: string[]) =>
    (
      await run(process.execPath, [bundleProgram().script, '--config', file, ...args], {
        env: { PATH: process.env.PATH },
      })
    ).stdout;
  const { key } = JSON.parse(await iep('key', 'add', '--tenant', 'default', '--scopes', 'send', '--json')) as {
    key: string;
  };
  const answer = await fetch(`${url}/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': key, 'content-type': 'application/json', traceparent: `00-${TRACE}-${CALLER}-01` },
    body: JSON.stringify({
      ...{ from: 'app@example.com', to: ['ada@example.com'], subject: 'Secret plan', textBody: 'x' },
      // So that the attempt is made after the restart, however long that takes to come.
      scheduledAt: new Date(Date.now() + 3_600_000).toISOString(),
    }),
  });
  const { messageId } = (await answer.json()) as { messageId: string };
  const server = await span('POST /v1/messages');
  const accept = await span('accept');
  daemon.process.kill('SIGTERM');
  await daemon.ended;

  const next = serve(['--config', file]);
  const nextUrl = `http://127.0.0.1:${(await isUp(next)).http.port}`;
  await fetch(`${nextUrl}/v1/messages/${messageId}/reschedule`, {
    method: 'POST',
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    body: JSON.stringify({ scheduledAt: null }),
  });
  const attempt = await span('attempt');
  expect([server, accept, attempt].map(({ traceId }) => traceId)).toEqual([TRACE, TRACE, TRACE]);
  expect(server.parentSpanId).toBe(CALLER);
  expect(accept.parentSpanId).toBe(server.spanId);
  expect(attempt.parentSpanId).toBe(accept.spanId);
  expect(fact(attempt, 'iep.message_id')).toBe(messageId);
  expect(fact(attempt, 'iep.provider')).toBe('capture');
  expect(fact(attempt, 'iep.outcome')).toBe('delivered');
  expect(headers).toMatchObject({ authorization: 'Bearer planted' });
  expect(JSON.stringify(received)).not.toMatch(/ada@|Secret plan/);
  const line = await next.line((text) => text.includes('"msg":"attempt"'));
  expect(JSON.parse(line)).toMatchObject({ correlationId: messageId, traceId: TRACE });

  // A caller that says nothing begins a trace of its own; one that is not to be kept leaves nothing.
  await fetch(`${nextUrl}/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': key, 'content-type': 'application/json', traceparent: `00-${'1'.repeat(32)}-${CALLER}-00` },
    body: JSON.stringify({ from: 'app@example.com', to: ['ada@example.com'], subject: 's', textBody: 'x' }),
  });
  await iep('send', '--from', 'a@example.com', '--to', 'b@example.com', '--subject', 's', '--text', 'x');
  next.process.kill('SIGTERM');
  await next.ended;
  expect(received.filter(({ traceId }) => traceId.startsWith('111'))).toEqual([]);
});

it('joins a caller of the shell, and one that can only send mail', async () => {
  const file = configure({ endpoint });
  const daemon = serve(['--config', file]);
  const { smtp } = await isUp(daemon);
  const args = ['send', '--from', 'a@example.com', '--to', 'b@example.com', '--subject', 's', '--text', 'x'];
  await run(process.execPath, [bundleProgram().script, '--config', file, ...args], {
    env: { PATH: process.env.PATH, TRACEPARENT: `00-${TRACE}-${CALLER}-01` },
  });
  await span('attempt', ({ traceId }) => traceId === TRACE);
  await span('accept', ({ traceId }) => traceId === TRACE);
  expect(received.filter(({ traceId }) => traceId === TRACE).map(({ parentSpanId }) => parentSpanId)).toContain(CALLER);

  const other = '4bf92f3577b34da6a3ce929d0e0e4736';
  const mail = `X-IEP-Traceparent: 00-${other}-${CALLER}-01\nFrom: a@example.com\nTo: b@example.com\nSubject: s\n\nx\n`;
  execFileSync(
    'curl',
    [
      ...['-sS', `smtp://127.0.0.1:${smtp.port}`, '--crlf', '--mail-from', 'a@example.com'],
      ...['--mail-rcpt', 'b@example.com', '-T', '-'],
    ],
    { input: mail },
  );
  const accept = await span('accept', ({ traceId }) => traceId === other);
  expect(accept.parentSpanId).toBe(CALLER);
  expect((await span('attempt', ({ traceId }) => traceId === other)).parentSpanId).toBe(accept.spanId);
});

it('says so once when nobody takes the traces, and goes on', async () => {
  const daemon = serve(['--config', configure({ endpoint: 'http://127.0.0.1:9/v1/traces' })]);
  const { smtp } = await isUp(daemon);
  const mail = 'From: a@example.com\nTo: b@example.com\nSubject: s\n\nx\n';
  const args = ['--crlf', '--mail-from', 'a@example.com', '--mail-rcpt', 'b@example.com', '-T', '-'];
  execFileSync('curl', ['-sS', `smtp://127.0.0.1:${smtp.port}`, ...args], { input: mail });
  await daemon.line((line) => line.includes('"msg":"attempt"'));
  await daemon.line((line) => line.includes('traces could not be handed over'));
  daemon.process.kill('SIGTERM');
  expect(await daemon.ended).toMatchObject({ code: 0 });
});
