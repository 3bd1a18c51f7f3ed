/** Tracked mail all the way: a real daemon sends it, somebody opens it and follows a link, and what is told of that. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { GroupAnalyticsJson, MessageJson } from '../../src/cli/client/wire.ts';
import { runCli } from '../../src/cli/program.ts';
import { fakeShell } from '../../src/cli/shell.testing.ts';
import { type DaemonProcess, isUp, spawnDaemon } from '../daemon-process.ts';
import { eventually } from '../eventually.ts';
import { createSink, type Sink } from '../sink.ts';

let cwd: string;
let relay: Sink;
let daemon: DaemonProcess;
let url: string;
const PUBLIC = 'https://mail.example.com';
const READER = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.0';

beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'iep-tracking-'));
  relay = await createSink();
  const { host, port } = relay;
  const config = {
    dataDir: join(cwd, 'data'),
    http: { publicUrl: `${PUBLIC}/` },
    providers: { relay: { type: 'smtp', host, port, tls: 'none' } },
    ...{ routing: { primary: 'relay' }, health: { intervalSeconds: 0 } },
    tenants: [{ slug: 'acme', settings: { anySender: true } }],
  };
  writeFileSync(join(cwd, 'iep.config.yaml'), JSON.stringify(config));
  daemon = spawnDaemon({ cwd, env: { IEP_LOG_LEVEL: 'info' } });
  url = `http://127.0.0.1:${(await isUp(daemon)).http.port}`;
});
afterAll(async () => {
  daemon.process.kill('SIGTERM');
  await daemon.ended;
  await relay.close();
  rmSync(cwd, { recursive: true });
});

async function iep<T>(...args: string[]): Promise<T> {
  const shell = fakeShell({ env: { IEP_CONFIG: join(cwd, 'iep.config.yaml') } });
  const exit = await runCli([...args, '--json'], shell);
  if (exit !== 0) throw new Error(`iep ${args.join(' ')}: ${shell.err()}`);
  return JSON.parse(shell.out()) as T;
}

/** Of each copy that left: its links and its pixel, as a mail client reads them. */
const copies = () =>
  relay.messages.map(({ bytes }) => {
    const text = bytes.toString().replaceAll('=\r\n', '').replaceAll('=3D', '=');
    return [...text.matchAll(/https:\/\/mail\.example\.com\/t\/[oc]\/[\w-]+/g)].map(([link]) => link);
  });

const visit = (link: string, init: RequestInit = {}) =>
  fetch(link.replace(PUBLIC, url), { redirect: 'manual', headers: { 'user-agent': READER }, ...init });

it('tells people from machines, in the history and in the numbers of a group', async () => {
  const html =
    '<body><p>Hi</p><a href="https://example.com/a?b=1&amp;c=2">a</a> <a href="https://example.com/b">b</a></body>';
  const options = ['--html', html, '--from', 'app@example.com', '--group', 'spring', '--track-opens', '--track-clicks'];
  const { messageId } = await iep<{ messageId: string }>('send', 'jo@x.example,ann@x.example', '-s', 'Hi', ...options);
  await eventually(async () => expect((await iep<MessageJson>('show', messageId)).status).toBe('sent'));

  const [links = [], others = []] = copies();
  expect(links).toHaveLength(4);
  expect(new Set([...links, ...others]).size).toBe(8);
  const clicks = links.filter((link) => link.includes('/t/c/'));
  const pixel = links.find((link) => link.includes('/t/o/')) ?? '';

  // A scanner, at once.
  for (const link of clicks) expect((await visit(link, { method: 'HEAD' })).status).toBe(302);
  await eventually(async () =>
    expect((await iep<GroupAnalyticsJson>('group', 'stats', 'spring')).machineClicked).toBe(3),
  );
  // Nobody reads as soon as that; then somebody does.
  await eventually(async () => {
    expect((await visit(pixel)).headers.get('content-type')).toBe('image/gif');
    expect((await iep<GroupAnalyticsJson>('group', 'stats', 'spring')).opened).toBeGreaterThan(0);
  });
  const followed = await visit(clicks[0] ?? '');
  expect([followed.status, followed.headers.get('location')]).toEqual([302, 'https://example.com/a?b=1&c=2']);
  await eventually(async () =>
    expect(await iep('group', 'stats', 'spring')).toMatchObject({
      ...{
        groupId: 'spring',
        totalSent: 2,
        uniqueOpened: 1,
        clicked: 1,
        uniqueClicked: 1,
        machineClicked: 3,
        failed: 0,
      },
    }),
  );
  const { events } = await iep<MessageJson>('show', messageId);
  const clicked = events.filter(({ type }) => type === 'clicked');
  expect(new Set(clicked.slice(0, 3).map(({ data }) => data.actor))).toEqual(new Set(['machine']));
  expect(clicked.at(-1)?.data).toMatchObject({
    actor: 'human',
    url: 'https://example.com/a?b=1&c=2',
    userAgent: READER,
  });
});

it('keeps on a stop what it has not written down yet', async () => {
  await visit(copies()[1]?.find((link) => link.includes('/t/o/')) ?? '');
  daemon.process.kill('SIGTERM');
  await daemon.ended;
  expect((await iep<GroupAnalyticsJson>('group', 'stats', 'spring')).uniqueOpened).toBe(2);
});
