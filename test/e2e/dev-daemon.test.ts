/** `serve --dev --chaos`: mail meets what real providers do, by the name of its address; and what its operator is told of such a daemon. */

import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DaemonProcess, spawnDaemon } from '../daemon-process.ts';
import { eventually } from '../eventually.ts';
import { bundleProgram } from '../program.ts';

let cwd: string;
let daemon: DaemonProcess;

beforeAll(async () => {
  bundleProgram();
  cwd = mkdtempSync(join(tmpdir(), 'iep-dev-daemon-'));
  daemon = spawnDaemon({
    ...{ cwd, args: ['--dev', '--chaos', '--smtp-port', '0'] },
    env: { IEP_LOG_LEVEL: 'warn', IEP_HTTP_PORT: '0', IEP_RETRY_JITTER: '0' },
  });
  await daemon.line((line) => line.includes('/ui/link#'));
});
afterAll(async () => {
  daemon.process.kill('SIGTERM');
  await daemon.ended;
  rmSync(cwd, { recursive: true });
});

/** Over the socket of the machine: the operator's, of the only tenant. */
async function call<T>(method: string, path: string, body?: object): Promise<T> {
  const payload = body === undefined ? '' : JSON.stringify(body);
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) };
  const socketPath = join(cwd, 'iep-data', 'control.sock');
  const answer = await new Promise<string>((resolve, reject) => {
    const asked = request({ socketPath, method, path, headers }, (response) => {
      text(response).then(resolve, reject);
    });
    asked.on('error', reject);
    asked.end(payload);
  });
  return JSON.parse(answer) as T;
}

interface Shown {
  readonly status: string;
  readonly attempts: readonly { readonly provider: string; readonly recipients: unknown }[];
}

async function sendTo(name: string): Promise<string> {
  const mail = { from: 'app@example.com', to: [`${name}@example.org`], subject: name, textBody: 'Hello' };
  return (await call<{ messageId: string }>('POST', '/v1/messages', mail)).messageId;
}

describe('serve --dev --chaos', () => {
  it.each([
    ['refuse', 'bounced', '550 5.1.1'],
    ['defer', 'queued', '451 4.3.0'],
    ['throttle', 'queued', '452 4.5.3'],
  ])('does to %s@ what its name says', async (name, status, reply) => {
    const id = await sendTo(name);
    await eventually(async () => {
      const shown = await call<Shown>('GET', `/v1/messages/${id}`);
      expect(shown.status).toBe(status);
      expect(JSON.stringify(shown)).toContain(reply);
    });
  });

  it('takes what it drops, and the inbox never has it', async () => {
    const id = await sendTo('drop');
    await eventually(async () => expect((await call<Shown>('GET', `/v1/messages/${id}`)).status).toBe('sent'));
    const { items } = await call<{ items: unknown[] }>('GET', '/v1/inbox/messages?to=drop@example.org');
    expect(items).toEqual([]);
  });
});

describe('its operator', () => {
  it('is told where each value of the configuration comes from', async () => {
    type Row = { path: string; value: string; source: string; from: string | null };
    const { file, items } = await call<{ file: null; items: Row[] }>('GET', '/v1/admin/settings');
    expect(file).toBeNull();
    const of = (path: string) => items.find((row) => row.path === path);
    expect(of('smtp.port')).toMatchObject({ value: '0', source: 'command', from: '--smtp-port' });
    expect(of('http.port')).toMatchObject({ value: '0', source: 'environment', from: 'IEP_HTTP_PORT' });
    expect(of('providers.capture.chaos.0.do')).toMatchObject({ source: 'command', from: '--dev' });
    expect(of('smtp.host')).toMatchObject({ value: '127.0.0.1', source: 'default', from: null });
  });

  it('has it examined', async () => {
    type Run = { startedAt: string | null; endedAt: string | null; items: { check: string; level: string }[] };
    expect(await call<Run>('GET', '/v1/admin/doctor')).toEqual({ startedAt: null, endedAt: null, items: [] });
    expect((await call<Run>('POST', '/v1/admin/doctor')).startedAt).not.toBeNull();
    await eventually(async () => expect((await call<Run>('GET', '/v1/admin/doctor')).endedAt).not.toBeNull());
    const { items } = await call<Run>('GET', '/v1/admin/doctor');
    expect(items).toContainEqual(expect.objectContaining({ check: 'daemon', level: 'ok' }));
    expect(items).toContainEqual(expect.objectContaining({ check: 'integrity', level: 'ok' }));
    expect(items).toContainEqual(expect.objectContaining({ check: 'people' }));
    expect(items.filter(({ level }) => level === 'broken')).toEqual([]);
  });
});
