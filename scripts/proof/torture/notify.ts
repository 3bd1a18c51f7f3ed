/**
 * The daemon is killed with SIGKILL while notifications are asked for that go now, gather in digests, are grouped, rate limited, wait for
 * quiet hours to end or escalate, and while their windows end. In the end each has an outcome for each delivery, what was to go has come,
 * by one mail or post alone, and what came again was under way at a kill.
 */

import { setTimeout as pause } from 'node:timers/promises';
import { heldReasons } from '../../../src/core/notification-delivery.ts';
import { createSink } from '../../../test/sink.ts';
import { createIepHome, tail } from '../iep.ts';
import { until } from '../workspace.ts';
import type { Tally } from './ledger.ts';
import { createNotifiedLedger, type NotifiedTally, type Told } from './notified-ledger.ts';
import { type NotifyLoad, startNotifyLoad, tokensIn } from './notify-load.ts';
import { ALARM, type Api, createApi, prepareTenant } from './notify-tenant.ts';
import { PATIENCE_MS } from './smtp-client.ts';
import { type Form, verdict } from './trial.ts';
import { createWebhookLedger } from './webhook-ledger.ts';

const TENANT = 'notify';
const LIFE_MS = { least: 300, most: 3_000 };
const START_MS = 30_000;
/** The longest window, and the longest that a lease lasts which a dead daemon left. */
const SETTLE_MS = 150_000;
const LOAD_MS = { short: 5_000, whole: 70_000 };
/** Kills go on while windows end; these are enough for all of them. */
const ROUNDS = { short: 6, whole: 90 };
/** Two of five posts fail by chance. */
const WEBHOOK_TRIES = 30;

export const notify: Form = async ({ workspace, executable, random, short, say, rounds: wanted }) => {
  const ledger = createNotifiedLedger();
  const webhooks = await createWebhookLedger({ random, taken: (post) => ledger.came(postOf(post)) });
  const sink = await createSink();
  sink.script(({ step, message }) => {
    if (step === 'dot' && message) ledger.came(mailOf(message));
    return undefined;
  });
  const home = await createIepHome(workspace, executable, {
    sinks: { sink: sink.port },
    tenants: { [TENANT]: 'sink' },
    impatient: true,
    settings: { defaultFrom: { email: 'noreply@example.com' } },
    config: { webhooks: { allowNetworks: ['127.0.0.0/8'], scheduleSeconds: Array<number>(WEBHOOK_TRIES).fill(1) } },
  });
  let daemon = await home.serve();
  const made = (await home.cli('key', 'add', '--tenant', TENANT, '--scopes', 'send,read,admin')) as { key: string };
  const api = createApi(home, { key: made.key, patienceMs: PATIENCE_MS });
  await prepareTenant(api, { hook: webhooks.url, quietMinutes: short ? 0 : 1 });
  const load = startNotifyLoad(api);
  const loadEnds = performance.now() + (short ? LOAD_MS.short : LOAD_MS.whole);
  let stopped: Promise<void> | undefined;

  const failures: string[] = [];
  const most = wanted ?? (short ? ROUNDS.short : ROUNDS.whole);
  let rounds = 0;
  for (; rounds < most; rounds += 1) {
    await until('the daemon answers again', () => answers(api), { timeoutMs: START_MS });
    if (performance.now() > loadEnds) stopped ??= load.stop();
    if (stopped !== undefined && !(await isOpen(api))) break;
    await pause(random.between(LIFE_MS.least, LIFE_MS.most));
    if (!daemon.alive()) failures.push(`round ${rounds + 1}: the daemon ended by itself:\n${tail(home.log)}`);
    ledger.killed(performance.now());
    await daemon.stop(0);
    say(
      `notify: round ${rounds + 1}, accepted ${load.accepted.size}, mails ${sink.messages.length}, posts ${webhooks.told()}`,
    );
    daemon = home.spawn();
  }
  await until('the daemon answers again', () => answers(api), { timeoutMs: START_MS });
  await (stopped ?? load.stop());
  webhooks.behave();
  const isSettled = async () => !(await isOpen(api));
  await until('nothing waits', isSettled, { timeoutMs: SETTLE_MS, everyMs: 200 }).catch((error: Error) =>
    failures.push(error.message),
  );

  const { told, faults } = await toldOf(api, load);
  const tally = ledger.judge(told);
  failures.push(...faults, ...faultsOf(tally));
  for (const reason of short ? [] : heldReasons) {
    if (!load.held.has(reason)) failures.push(`nothing was held for ${reason}, so that was not tried`);
  }
  const counted = (meant: string) => told.filter(({ status }) => status === meant).length;
  const { code } = await daemon.stop();
  if (code !== 0) failures.push(`the last daemon, asked to stop, exited with ${code}`);
  await Promise.all([sink.close(), webhooks.close()]);
  const figures = {
    deliveries: told.length,
    ...{ skipped: counted('skipped'), cancelled: counted('cancelled') },
    ...{ mails: sink.messages.length, posts: webhooks.told(), postTries: webhooks.tries() },
    ...{ twice: tally.twice.length, unexplained: tally.unexplained.length, unwanted: tally.unwanted.length },
  };
  const books = { tally: () => tallyOf(tally, load), missing: () => [...tally.lost] };
  return verdict('notify', { rounds, ledger: books, stuck: tally.open.length, home, figures, failures });
};

/** `message` says for whom it is; so it comes as it was sent. */
function mailOf({ to, bytes }: { to: readonly string[]; bytes: Buffer }) {
  const text = bytes.toString('latin1');
  const [, id = ''] = /^Message-ID: *(\S+)/im.exec(text) ?? [];
  return { id, to: `email ${to[0]?.split('@')[0]}`, tokens: tokensIn(text), at: performance.now() };
}

function postOf({ id, body }: { id: string; body: string }) {
  const { subscriber } = JSON.parse(body) as { subscriber: { id: string } };
  return { id, to: `webhook ${subscriber.id}`, tokens: tokensIn(body), at: performance.now() };
}

async function answers(api: Api): Promise<boolean> {
  return api.call('GET', '/ready').then(
    ({ status }) => status === 200,
    () => false,
  );
}

/** Whether something waits: held, under way, or a step of an alarm that nobody has seen. */
async function isOpen(api: Api): Promise<boolean> {
  try {
    for (const status of ['held', 'pending']) {
      const { json } = await api.call('GET', `/v1/notifications?status=${status}&limit=1`);
      if ((json as Page<unknown>).items.length > 0) return true;
    }
    const alarms = await allOf<Row>(api, `/v1/notifications?type=${ALARM}`);
    return alarms.some(({ acknowledgedAt, counts }) => acknowledgedAt === null && sum(counts) < OF_ALARM);
  } catch {
    return true;
  }
}

/** Deliveries of an alarm that nobody sees: of two steps by two channels. */
const OF_ALARM = 4;

/** What the store has of all that was accepted. */
async function toldOf(api: Api, load: NotifyLoad): Promise<{ told: readonly Told[]; faults: readonly string[] }> {
  const rows = await allOf<Row>(api, '/v1/notifications?limit=100');
  const byToken = Map.groupBy(rows, ({ data }) => data.subject);
  const faults: string[] = [];
  const told: Told[] = [];
  for (const token of load.accepted) {
    const [row, ...others] = byToken.get(token) ?? [];
    if (row === undefined) faults.push(`${token} was accepted and is not there`);
    if (others.length > 0) faults.push(`${token} made ${others.length + 1} notifications`);
  }
  for (const { notificationId, data, acknowledgedAt } of rows) {
    const token = data.subject;
    const { json } = await api.call('GET', `/v1/notifications/${notificationId}`);
    const { deliveries, type } = json as Shown;
    const expected = type === ALARM && acknowledgedAt === null ? OF_ALARM : 2;
    if (deliveries.length < expected) faults.push(`${token} has ${deliveries.length} deliveries of ${expected}`);
    for (const { subscriber, channel, status, step } of deliveries) {
      if (step > 1 && load.acknowledged.has(token)) faults.push(`${token} went on though somebody had seen it`);
      if (status === 'cancelled' && acknowledgedAt === null)
        faults.push(`${token} is cancelled, and nobody has seen it`);
      told.push({ token, to: `${channel} ${subscriber}`, status });
    }
  }
  return { told, faults: faults.slice(0, 10) };
}

async function allOf<T>(api: Api, path: string): Promise<readonly T[]> {
  const all: T[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { json } = await api.call('GET', cursor === '' ? path : `${path}&cursor=${encodeURIComponent(cursor)}`);
    const page = json as Page<T>;
    all.push(...page.items);
    cursor = page.cursor;
  }
  return all;
}

function faultsOf({ open, unwanted, twice, untold, unexplained }: NotifiedTally): readonly string[] {
  const faults = {
    'deliveries have no good outcome': open,
    'deliveries came that were skipped': unwanted,
    'deliveries came by two mails or posts': twice,
    'came that the store does not tell of': untold,
    'mails or posts came again without a kill between': unexplained,
  };
  return Object.entries(faults).flatMap(([what, all]) =>
    all.length === 0 ? [] : [`${all.length} ${what}: ${all.slice(0, 5).join(', ')}`],
  );
}

function tallyOf({ arrived, lost, copies }: NotifiedTally, load: NotifyLoad): Tally {
  return {
    ...{ acknowledged: load.accepted.size, delivered: arrived, duplicates: copies, lost: lost.length, damaged: 0 },
    ...{ ...load.counts(), refusedDelivered: 0 },
  };
}

const sum = (counts: Row['counts']) => Object.values(counts).reduce((all, count) => all + count, 0);

interface Page<T> {
  readonly items: readonly T[];
  readonly cursor: string | null;
}

interface Row {
  readonly notificationId: string;
  readonly data: { readonly subject: string };
  readonly acknowledgedAt: string | null;
  readonly counts: Readonly<Record<string, number>>;
}

interface Shown {
  readonly type: string;
  readonly deliveries: readonly {
    readonly subscriber: string;
    readonly channel: string;
    readonly status: string;
    readonly step: number;
  }[];
}
