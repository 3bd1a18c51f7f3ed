/**
 * The dashboard: how large it is, how soon it can be used on a fresh daemon, how long lists, filters and counts take at the API with a long
 * history, and what ten open dashboards cost delivery.
 */

import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { browserProgram, launchBrowser } from '../../../test/ui/browser.ts';
import { buildUi } from '../../ui/build.ts';
import { sizesOf } from '../../ui/sizes.ts';
import { makeHistory } from '../history.ts';
import { createIepHome, type IepHome } from '../iep.ts';
import { createMeter } from '../meter.ts';
import { until } from '../workspace.ts';
import type { HttpLoad } from './http-load.ts';
import type { Dashboards } from './ui-dashboards.ts';
import type { Own } from './vendors.ts';

export interface UiFigures {
  readonly firstViewKb: number;
  readonly largestPageKb: number;
  /** Absent without a browser. */
  readonly interactiveMs?: number;
  /** Median of each, by what is asked. */
  readonly answersMs: ReadonlyMap<string, number>;
  readonly deliveredPerSecond: number;
  readonly deliveredBesideDashboardsPerSecond: number;
}

const TENANT = 'bench';
const DASHBOARDS = 10;
const TRIES = 5;
const DRAIN_TIMEOUT_MS = 300_000;

const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);
const statuses = [
  'queued',
  'processing',
  'sent',
  'delivered',
  'failed',
  'bounced',
  'complained',
  'suppressed',
  'cancelled',
];
/** Each filter of the list with something that is there, and with something that is not; and the counts. */
const questions = [
  '/v1/messages',
  '/v1/messages?dead=true',
  ...statuses.map((status) => `/v1/messages?status=${status}`),
  ...['user12345@example.org', 'nobody@nowhere.example', '@example.org', '@nowhere.example'].map(
    (recipient) => `/v1/messages?recipient=${recipient}`,
  ),
  ...['noreply@team.example', 'nobody@nowhere.example'].map((sender) => `/v1/messages?sender=${sender}`),
  ...['invoices', 'nothing'].map((category) => `/v1/messages?category=${category}`),
  ...['beta', 'nothing'].map((tag) => `/v1/messages?tag=${tag}`),
  ...['campaign-7', 'nothing'].map((groupId) => `/v1/messages?groupId=${groupId}`),
  ...['relay', 'nothing'].map((provider) => `/v1/messages?provider=${provider}`),
  ...['invoice', 'Weekly+77777', 'user12345', 'nothing'].map((q) => `/v1/messages?q=${q}`),
  ...[`since=${day(20)}&until=${day(19)}`, `until=${day(29)}`].map((time) => `/v1/messages?${time}`),
  ...['/v1/stats?by=tenant', `/v1/stats?from=${day(30)}`],
  ...['provider', 'category', 'tenant'].map((by) => `/v1/analytics?from=${day(30)}&by=${by}`),
];

export async function uiFigures(own: Own, sizes: { history: number; messages: number }): Promise<UiFigures> {
  await buildUi();
  const { first, pages } = sizesOf();
  const interactiveMs = browserProgram === undefined ? undefined : await interactive(own);
  const answersMs = await answers(own, sizes.history);
  const deliveredPerSecond = await delivered(own, { messages: sizes.messages, dashboards: 0 });
  return {
    firstViewKb: first / 1_000,
    largestPageKb: Math.max(first, ...pages.values()) / 1_000,
    ...(interactiveMs !== undefined && { interactiveMs }),
    answersMs,
    deliveredPerSecond,
    deliveredBesideDashboardsPerSecond: await delivered(own, { messages: sizes.messages, dashboards: DASHBOARDS }),
  };
}

async function openHome({ workspace, executable }: Own): Promise<{ home: IepHome; key: string }> {
  const home = await createIepHome(workspace, executable, {
    sinks: {},
    tenants: { [TENANT]: 'nowhere' },
    config: { providers: { nowhere: { type: 'null' } }, routing: { primary: 'nowhere' } },
  });
  const { key } = (await home.cli('key', 'add', '--scopes', 'operator', '--name', 'bench')) as { key: string };
  return { home, key };
}

/** From the address being opened to the figures of the overview standing there, with an empty cache. */
async function interactive(own: Own): Promise<number> {
  const { home, key } = await openHome(own);
  const daemon = await home.serve();
  const browser = await launchBrowser();
  try {
    const times: number[] = [];
    for (let round = 0; round < TRIES; round += 1) {
      const context = await browser.newContext();
      await context.addInitScript(`sessionStorage.setItem('iep-key', ${JSON.stringify(key)})`);
      const page = await context.newPage();
      const began = performance.now();
      await page.goto(`http://127.0.0.1:${home.httpPort}/ui/`);
      await page.locator('.figures').waitFor();
      times.push(performance.now() - began);
      await context.close();
    }
    return median(times);
  } finally {
    await browser.close();
    await daemon.stop();
    home.remove();
  }
}

async function answers(own: Own, messages: number): Promise<UiFigures['answersMs']> {
  const { home, key } = await openHome(own);
  makeHistory(join(home.dataDir, 'iep.db'), { messages, days: 30, now: Date.now() }, own.say);
  const daemon = await home.serve();
  try {
    const times = new Map<string, number>();
    for (const path of questions) {
      const taken: number[] = [];
      for (let round = 0; round < TRIES; round += 1) {
        const began = performance.now();
        const response = await fetch(`http://127.0.0.1:${home.httpPort}${path}`, { headers: { 'x-api-key': key } });
        if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
        await response.arrayBuffer();
        taken.push(performance.now() - began);
      }
      times.set(path, median(taken));
      own.say(`ui: ${path} ${median(taken).toFixed(0)} ms`);
    }
    return times;
  } finally {
    await daemon.stop();
    home.remove();
  }
}

/** Messages a second from the first that is handed in to the last that a provider took. */
async function delivered(
  own: Own,
  { messages, dashboards }: { messages: number; dashboards: number },
): Promise<number> {
  const { home, key } = await openHome(own);
  const meter = createMeter(own.workspace, `iep-bench-ui-${dashboards}`);
  const daemon = await home.serve({ wrap: meter.wrap });
  const url = `http://127.0.0.1:${home.httpPort}`;
  try {
    const tenantKey = await home.key(TENANT);
    const send = async (count: number) => {
      const before = await sentSoFar(url, key);
      const load: HttpLoad = { port: home.httpPort, key: tenantKey, connections: 20, requests: count, batch: 1 };
      const began = performance.now();
      await own.workspace.run(process.execPath, [join(import.meta.dirname, 'http-load.ts'), JSON.stringify(load)]);
      const isDone = async () => (await sentSoFar(url, key)) >= before + count;
      await until('all is sent', isDone, { timeoutMs: DRAIN_TIMEOUT_MS, everyMs: 20 });
      return count / ((performance.now() - began) / 1_000);
    };
    await send(Math.ceil(messages / 4));
    const settings: Dashboards = { url, key, count: dashboards };
    const open = own.workspace.start(process.execPath, [
      join(import.meta.dirname, 'ui-dashboards.ts'),
      JSON.stringify(settings),
    ]);
    await pause(1_000);
    const rate = await send(messages);
    await open.stop(0);
    own.say(`ui: ${rate.toFixed(0)} messages a second beside ${dashboards} dashboards`);
    return rate;
  } finally {
    await daemon.stop();
    home.remove();
  }
}

async function sentSoFar(url: string, key: string): Promise<number> {
  const response = await fetch(`${url}/v1/stats`, { headers: { 'x-api-key': key } });
  return ((await response.json()) as { byStatus: { sent?: number } }).byStatus.sent ?? 0;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}
