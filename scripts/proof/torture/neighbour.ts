/**
 * A bad neighbour: one tenant, then one address without a key, does its worst by one means after the other, while another
 * tenant sends over both doors. Its mail must be accepted as soon as ever, none may be refused, and none lost.
 */

import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { testCertificate, testKey } from '../../../test/certificate.ts';
import { createIepHome, type IepHome, tail } from '../iep.ts';
import { freePort, until } from '../workspace.ts';
import { sendOverHttp } from './http-client.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { type Means, means } from './neighbour/means.ts';
import { sendOverSmtp } from './smtp-client.ts';
import { createLedgerSink, type Form, type Trial, verdict } from './trial.ts';

/** Of the accepts while a means is used. */
const P99_BOUND_MS = 250;
const USED_MS = { short: 1_500, whole: 10_000 };
const REST_MS = 10;
/** Until the neighbour's process has begun. */
const BEGIN_MS = 500;
const SETTLE_MS = 60_000;
const ATTACK = join(import.meta.dirname, 'neighbour', 'attack.ts');

export const neighbour: Form = async (trial) => {
  const { short, say } = trial;
  const ledger = createLedger('neighbour');
  const sink = await createLedgerSink(ledger);
  const figures: Record<string, string> = {};
  const failures: string[] = [];
  let home: IepHome | undefined;
  const chosen = means.filter(({ name }) => trial.means?.includes(name) ?? true);
  for (const one of chosen) {
    home?.remove();
    const house = await createHouse(trial, sink.port);
    home = house.home;
    const { p99Ms, sent, faults } = await use(one, { trial, house, ledger });
    figures[one.name] = `${Math.round(p99Ms)} ms`;
    say(`neighbour: ${one.name}: p99 ${Math.round(p99Ms)} ms of ${sent} accepts beside ${one.tells}`);
    // Seconds are too short for a hundredth, and the machine of a test may be slow.
    if (!short && p99Ms > P99_BOUND_MS) faults.push(`p99 of accept ${Math.round(p99Ms)} ms, above ${P99_BOUND_MS} ms`);
    failures.push(...faults.map((fault) => `${one.name}: ${fault}`));
  }
  await sink.close();
  if (home === undefined) throw new Error('there are no means');
  return verdict('neighbour', { rounds: chosen.length, ledger, stuck: 0, home, figures, failures });
};

/** They carry no mail, and take callbacks. */
const vendors = {
  ses: { type: 'ses', region: 'eu-central-1', events: { topicArns: ['arn:aws:sns:eu-central-1:123456789012:iep'] } },
  mailgun: { type: 'mailgun', apiKey: 'key', domain: 'mg.example.com', webhookSigningKey: 'key' },
  sendgrid: {
    ...{ type: 'sendgrid', apiKey: 'key' },
    webhookPublicKey: generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
      .publicKey.export({ type: 'spki', format: 'der' })
      .toString('base64'),
  },
  postmark: { type: 'postmark', serverToken: 'key', webhookUser: 'iep', webhookPassword: 'a secret of callbacks' },
  resend: { type: 'resend', apiKey: 'key', webhookSecret: 'whsec_c2VjcmV0' },
};

interface House {
  readonly home: IepHome;
  readonly smtpsPort: number;
}

/** A daemon of its own for each means, so that none suffers from what another left. */
async function createHouse({ workspace, executable }: Trial, sinkPort: number): Promise<House> {
  const smtpsPort = await freePort();
  const home = await createIepHome(workspace, executable, {
    sinks: { good: sinkPort },
    tenants: { good: 'good', bad: 'hole' },
    smtp: { tls: { cert: testCertificate, key: testKey, implicitPort: smtpsPort } },
    config: {
      providers: {
        good: { type: 'smtp', host: '127.0.0.1', port: sinkPort, tls: 'none' },
        hole: { type: 'null' },
        ...vendors,
      },
      // The vendors are not asked.
      health: { intervalSeconds: 0 },
    },
  });
  return { home, smtpsPort };
}

interface Measured {
  readonly p99Ms: number;
  readonly sent: number;
  /** Sentences. */
  readonly faults: string[];
}

async function use(
  one: Means,
  { trial, house, ledger }: { trial: Trial; house: House; ledger: Ledger },
): Promise<Measured> {
  const { home, smtpsPort } = house;
  const { httpPort, smtpPort } = home;
  const daemon = await home.serve();
  const key = await home.key('good');
  const bad = (await home.cli('key', 'add', '--tenant', 'bad', '--scopes', 'send,read,admin')) as { key: string };
  const before = ledger.tally();
  const stderr = join(trial.workspace.dir, `${one.name}.log`);
  const args = [
    ATTACK,
    one.name,
    JSON.stringify({ httpPort, smtpPort, smtpsPort, key: bad.key, vendors: Object.keys(vendors) }),
  ];
  const attack = trial.workspace.start(process.execPath, args, { stderr });
  await pause(BEGIN_MS);
  const times = await measure(trial.short ? USED_MS.short : USED_MS.whole, [
    () => sendOverHttp({ port: httpPort, key }, { ledger, count: 1, lines: 10 }),
    () => sendOverHttp({ port: httpPort, key }, { ledger, count: 1, lines: 10 }),
    () => sendOverSmtp(smtpPort, { ledger, count: 1, lines: 10, goOn: () => true }),
  ]);

  const faults: string[] = [];
  if (!attack.alive()) faults.push(`the neighbour ended by itself:\n${tail(stderr)}`);
  await attack.stop(0);
  const after = ledger.tally();
  for (const what of ['refused', 'unanswered', 'hung'] as const) {
    const count = after[what] - before[what];
    if (count > 0) faults.push(`${count} of ${times.length} messages were ${what}`);
  }
  const arrived = () => ledger.missing().length === 0;
  await until('all that was accepted has arrived', arrived, { timeoutMs: SETTLE_MS }).catch((error: Error) =>
    faults.push(error.message),
  );
  if (!daemon.alive()) faults.push('the daemon ended by itself');
  const { code } = await daemon.stop();
  if (code !== 0) faults.push(`the daemon, asked to stop, exited with ${code}`);
  times.sort((a, b) => a - b);
  return { p99Ms: times[Math.ceil(times.length * 0.99) - 1] ?? 0, sent: times.length, faults };
}

/** How long each took, in ms, while all are done again and again. What fails is in the ledger, and took its time too. */
async function measure(forMs: number, sends: readonly (() => Promise<void>)[]): Promise<number[]> {
  const times: number[] = [];
  const end = performance.now() + forMs;
  const client = async (send: () => Promise<void>) => {
    while (performance.now() < end) {
      const began = performance.now();
      await send().catch(() => undefined);
      times.push(performance.now() - began);
      await pause(REST_MS);
    }
  };
  await Promise.all(sends.map(client));
  return times;
}
