/** Unsubscribing as a recipient lives it: the mail that arrives, one click, a mail to its address, and silence from then on by every door. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { AcceptedJson, MessageJson } from '../../src/cli/client/wire.ts';
import { runCli } from '../../src/cli/program.ts';
import { fakeShell } from '../../src/cli/shell.testing.ts';
import { greet } from '../../src/smtp/door.testing.ts';
import { type DaemonProcess, isUp, spawnDaemon } from '../daemon-process.ts';
import { eventually } from '../eventually.ts';
import { createSink, type Sink, type SinkMessage } from '../sink.ts';

const [ann, bob] = ['ann@example.org', 'bob@example.org'];
let folder: string;
let sink: Sink;
let daemon: DaemonProcess;
let up: Awaited<ReturnType<typeof isUp>> & { readonly feedback: { readonly port: number } };

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'iep-unsubscribe-'));
  sink = await createSink();
  const { host, port } = sink;
  const config = {
    dataDir: join(folder, 'data'),
    http: { publicUrl: 'https://mail.example.com' },
    ...{ providers: { relay: { type: 'smtp', host, port, tls: 'none', dkim: true } }, routing: { primary: 'relay' } },
    ...{ feedback: { domain: 'bounces.example.com', port: 0 }, health: { intervalSeconds: 0 } },
    smtp: { trustedNetworks: [{ cidr: '127.0.0.1/32', tenant: 'acme' }] },
    tenants: [{ slug: 'acme' }],
  };
  writeFileSync(join(folder, 'iep.config.yaml'), JSON.stringify(config));
  await start();
  await iep('domain', 'add', 'acme.example', '--tenant', 'acme');
});
afterEach(async () => {
  daemon.process.kill('SIGKILL');
  await daemon.ended;
  await sink.close();
  rmSync(folder, { recursive: true });
});

async function start(): Promise<void> {
  daemon = spawnDaemon({ cwd: folder });
  up = (await isUp(daemon)) as typeof up;
}

async function iep<T>(...args: string[]): Promise<T> {
  const shell = fakeShell({ env: { IEP_CONFIG: join(folder, 'iep.config.yaml') } });
  const exit = await runCli([...args, '--json'], shell);
  if (exit !== 0) throw new Error(`iep ${args.join(' ')}: ${shell.err()}`);
  return JSON.parse(shell.out()) as T;
}

/** Hands in a message to both at the SMTP door. */
async function submit(): Promise<string> {
  const client = await greet(up.smtp.port);
  await client.say('MAIL FROM:<app@acme.example>');
  for (const to of [ann, bob]) await client.say(`RCPT TO:<${to}>`);
  await client.say('DATA');
  client.send(
    `From: app@acme.example\r\nTo: all@acme.example\r\nSubject: News\r\nX-IEP-Unsubscribe: news\r\n\r\nNew\r\n.\r\n`,
  );
  const reply = await client.reply();
  client.close();
  return /queued as (\S+)/.exec(reply)?.[1] ?? reply;
}

/** What stands in the header of a copy. */
function linksOf({ bytes }: SinkMessage) {
  const header =
    bytes
      .toString('latin1')
      .split('\r\n\r\n', 1)[0]
      ?.replaceAll(/\r\n[ \t]+/g, ' ') ?? '';
  const [, path = '', address = ''] =
    /^List-Unsubscribe: <https:\/\/mail\.example\.com(\/u\/[\w-]+)>, <mailto:(u\+[a-z2-7]{48}@bounces\.example\.com)\?subject=unsubscribe>$/m.exec(
      header,
    ) ?? [];
  const signed = /^DKIM-Signature: .*? h=([^;]+);/ms.exec(header)?.[1]?.replaceAll(' ', '').split(':') ?? [];
  expect(header).toMatch(/^List-Unsubscribe-Post: List-Unsubscribe=One-Click$/m);
  expect(header).not.toContain('X-IEP-');
  expect(signed).toEqual(expect.arrayContaining(['list-unsubscribe', 'list-unsubscribe-post']));
  return { path, address };
}

async function write(to: string): Promise<string> {
  const client = await greet(up.feedback.port);
  await client.say('MAIL FROM:<bob@example.org>');
  const named = await client.say(`RCPT TO:<${to}>`);
  if (!named.startsWith('250')) return named;
  await client.say('DATA');
  client.send(
    `From: bob@example.org\r\nTo: <${to}>\r\nMessage-ID: <1@example.org>\r\nSubject: unsubscribe\r\n\r\n.\r\n`,
  );
  const reply = await client.reply();
  client.close();
  return reply;
}

it('each has a link of their own, and who used it is mailed by no door any more, a kill in between or not', async () => {
  const id = await submit();
  const copies = await sink.received(2);
  expect(copies.map(({ to }) => to)).toEqual([[ann], [bob]]);
  const [anns, bobs] = copies.map(linksOf);
  expect(anns?.path).not.toBe(bobs?.path);

  const click = await fetch(`http://127.0.0.1:${up.http.port}${anns?.path}`, {
    ...{ method: 'POST', body: new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }), redirect: 'error' as const },
  });
  expect(click.status).toBe(200);
  expect(await write(bobs?.address.toUpperCase() ?? '')).toMatch(/^250 /);
  daemon.process.kill('SIGKILL');
  await daemon.ended;
  await start();

  const { events } = await iep<MessageJson>('show', id);
  expect(events.filter(({ type }) => type === 'unsubscribed').map(({ recipient, data }) => [recipient, data])).toEqual([
    [ann, expect.objectContaining({ category: 'news', way: 'one-click' })],
    [bob, expect.objectContaining({ category: 'news', way: 'mail' })],
  ]);
  const again = await submit();
  await eventually(async () => expect(await iep('show', again)).toMatchObject({ status: 'suppressed' }));
  const sent = ['send', ann, bob, '--from', 'app@acme.example', '-s', 'x', '--text', 'y', '--tenant', 'acme'];
  expect(await iep<AcceptedJson>(...sent, '--unsubscribe', 'news')).toMatchObject({ suppressedRecipients: [ann, bob] });
  expect(await iep<AcceptedJson>(...sent)).toMatchObject({ suppressedRecipients: [] });
  expect((await sink.received(4)).map(({ to }) => to)).toEqual([[ann], [bob], [ann], [bob]]);
});
