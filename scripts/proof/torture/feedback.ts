/**
 * The daemon is killed with SIGKILL while one vendor tells by callbacks what became of its mail, and another by a queue of SQS. They
 * tell again what nobody said yes to or removed, and now and then what somebody did. In the end each event is in the history of its message once, the suppression list has
 * those who complained or bounced and nobody else, and the counters have each recipient once.
 */

import { setTimeout as pause } from 'node:timers/promises';
import { createIepHome, type IepHome, tail } from '../iep.ts';
import { until } from '../workspace.ts';
import { createCallbacks, PROVIDER, providerOf, SMTP_USERS } from './callbacks.ts';
import { createLedger, type Ledger, textOf } from './ledger.ts';
import { createQueueingVendor, QUEUED } from './queued.ts';
import { isSuppressed, kindsOf, type Mail, statusOf, tallyOf } from './told.ts';
import { createLedgerSink, type Form, settle, verdict } from './trial.ts';

/** One for each vendor, and its mail in turns: of the same number the same is told. */
const TENANTS = { feedback: PROVIDER, 'feedback-queued': QUEUED };
type Tenant = keyof typeof TENANTS;
const LIFE_MS = { least: 200, most: 2_500 };
const START_MS = 30_000;
const SETTLE_MS = 60_000;
const TOLD_MS = { short: 150_000, whole: 600_000 };
/** Events of each message. */
const EVENTS = 10;
/** Messages that are handed in together. */
const AT_ONCE = 20;

export const feedback: Form = async (trial) => {
  const { workspace, executable, random, short, say } = trial;
  const kills = trial.rounds ?? (short ? 5 : 12);
  const messages = short ? 60 : 2_000;
  const toldMs = short ? TOLD_MS.short : TOLD_MS.whole;
  const ledger = createLedger('feedback');
  const sink = await createLedgerSink(ledger, { users: SMTP_USERS });
  const queued = await createQueueingVendor(ledger, random);
  const home = await createIepHome(workspace, executable, {
    sinks: {},
    tenants: TENANTS,
    settings: { suppressAfterHardBounces: 1, complaintRateAlert: 1, bounceRateAlert: 1 },
    config: {
      providers: { [PROVIDER]: providerOf(sink.port), [QUEUED]: queued.provider },
      routing: { primary: PROVIDER },
      health: { intervalSeconds: 0 },
    },
  });
  let daemon = await home.serve();
  const mails = {
    feedback: await sendAll({ home, ledger, tenant: 'feedback', messages: messages / 2 }),
    'feedback-queued': await sendAll({ home, ledger, tenant: 'feedback-queued', messages: messages / 2 }),
  };
  const stuck = await settle(home, ledger, SETTLE_MS);

  const callbacks = createCallbacks(mails.feedback, { port: home.httpPort, random, perMail: EVENTS });
  const failures: string[] = [];
  let rounds = 0;
  queued.tellAll(mails['feedback-queued'], EVENTS);
  const isDone = () => callbacks.isDone() && queued.left() === 0;
  const telling = callbacks.tellAll(short ? 8 : 24, AbortSignal.timeout(toldMs));
  for (; rounds < kills && !isDone(); rounds += 1) {
    const before = { callbacks: callbacks.acknowledged(), left: queued.left() };
    const more = () =>
      isDone() || !daemon.alive() || callbacks.acknowledged() > before.callbacks || queued.left() < before.left;
    await until('the daemon takes feedback again', more, { timeoutMs: START_MS });
    await pause(random.between(LIFE_MS.least, LIFE_MS.most));
    if (isDone()) break;
    if (!daemon.alive()) failures.push(`round ${rounds}: the daemon ended by itself:\n${tail(home.log)}`);
    await daemon.stop(0);
    say(
      `feedback: round ${rounds + 1}, ${callbacks.acknowledged()} of ${callbacks.events()} callbacks taken, ${queued.left()} of ${queued.told()} left in the queue`,
    );
    daemon = home.spawn();
  }
  await telling.catch((error: unknown) => failures.push(`not all was told: ${error}`));
  await until('the queue is empty', () => queued.left() === 0, { timeoutMs: toldMs }).catch((error: Error) =>
    failures.push(error.message),
  );
  await until('the daemon answers', async () => daemon.alive() && (await answers(home)), { timeoutMs: START_MS });
  say('feedback: all is told; comparing');
  const found = [
    await compare({ home, tenant: 'feedback', mails: mails.feedback, expected: callbacks.expected }),
    await compare({
      ...{ home, tenant: 'feedback-queued', mails: mails['feedback-queued'] },
      expected: (mail: Mail) => kindsOf(mail, EVENTS),
    }),
  ];
  const { code } = await daemon.stop();
  if (code !== 0) failures.push(`the last daemon, asked to stop, exited with ${code}`);
  await sink.close();
  await queued.close();
  const sum = (name: keyof Compared['figures']) => found.reduce((all, { figures }) => all + figures[name], 0);
  const figures = {
    events: callbacks.events() + mails['feedback-queued'].length * EVENTS,
    told: callbacks.told() + queued.told(),
    ...{ missing: sum('missing'), doubled: sum('doubled'), suppressed: sum('suppressed') },
  };
  failures.push(...found.flatMap((one) => one.failures));
  return verdict('feedback', { rounds, ledger, stuck, home, figures, failures });
};

/** Mail to recipients of whom no two are the same. */
async function sendAll({
  home,
  ledger,
  tenant,
  messages,
}: {
  home: IepHome;
  ledger: Ledger;
  tenant: Tenant;
  messages: number;
}): Promise<readonly Mail[]> {
  const key = await home.key(tenant);
  const mails: Mail[] = [];
  for (let start = 0; start < messages; start += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, messages - start) }, (_, at) => start + at);
    mails.push(...(await Promise.all(some.map((number) => sendOne(number)))));
  }
  return mails;

  /** Whole, because one vendor has such mail go to its SMTP endpoint, which the sink plays. */
  async function sendOne(number: number): Promise<Mail> {
    const token = ledger.token();
    const address = `r${number}@example.net`;
    const response = await fetch(`http://127.0.0.1:${home.httpPort}/v1/messages/raw`, {
      method: 'POST',
      headers: { 'content-type': 'message/rfc822', 'x-api-key': key },
      body: `From: sender@example.com\r\nTo: ${address}\r\nSubject: ${token}\r\n\r\n${textOf(token, 2)}`,
    });
    const { messageId } = (await response.json()) as { messageId: string };
    ledger.answer(token, { kind: 'acknowledged', messageId });
    return { messageId, address, number };
  }
}

interface Compared {
  readonly figures: { readonly missing: number; readonly doubled: number; readonly suppressed: number };
  readonly failures: readonly string[];
}

/** What the store has against what was told. */
async function compare({
  home,
  tenant,
  mails,
  expected,
}: {
  home: IepHome;
  tenant: Tenant;
  mails: readonly Mail[];
  /** Kinds of the events that the history of a mail must have. */
  expected: (mail: Mail) => readonly string[];
}): Promise<Compared> {
  const key = await home.key(tenant);
  const failures: string[] = [];
  let [missing, doubled] = [0, 0];
  for (const mail of mails) {
    const response = await fetch(`http://127.0.0.1:${home.httpPort}/v1/messages/${mail.messageId}`, {
      headers: { 'x-api-key': key },
    });
    const { events, status } = (await response.json()) as Shown;
    const counts = Map.groupBy(
      events.filter(({ data }) => data.source === TENANTS[tenant]),
      ({ type }) => type,
    );
    for (const [kind, all] of Map.groupBy(expected(mail), (one) => one)) {
      const count = counts.get(kind)?.length ?? 0;
      missing += Math.max(0, all.length - count);
      doubled += Math.max(0, count - all.length);
    }
    if (status !== statusOf(mail)) failures.push(`${mail.messageId} is ${status}`);
  }
  if (missing > 0) failures.unshift(`${missing} events that were told are in no history`);
  if (doubled > 0) failures.unshift(`${doubled} events are in a history more than once`);

  const listed = (await home.cli('suppression', 'list', '--tenant', tenant, '--all')) as { email: string }[];
  const due = new Set(mails.filter(isSuppressed).map(({ address }) => address));
  const wrong = listed.filter(({ email }) => !due.has(email)).length;
  if (wrong > 0 || listed.length !== due.size)
    failures.push(`${listed.length} are suppressed, ${wrong} of them wrongly, where ${due.size} should be`);

  const stats = (await home.cli('stats', '--tenant', tenant)) as Readonly<Record<string, number>>;
  for (const [name, expected] of Object.entries(tallyOf(mails)))
    if (stats[name] !== expected) failures.push(`stats has ${stats[name]} ${name} where ${expected} are`);
  return { figures: { missing, doubled, suppressed: listed.length }, failures: failures.slice(0, 10) };
}

interface Shown {
  readonly status: string;
  readonly events: readonly { readonly type: string; readonly data: { readonly source?: string } }[];
}

async function answers(home: IepHome): Promise<boolean> {
  return fetch(`http://127.0.0.1:${home.httpPort}/ready`).then(
    ({ ok }) => ok,
    () => false,
  );
}
