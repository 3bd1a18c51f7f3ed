/** What the forms of torture share: their setting, the wait for the end, and the verdict. */

import { setTimeout as pause } from 'node:timers/promises';
import { createSink, type Script, type Sink, type SinkOptions } from '../../../test/sink.ts';
import { type Executable, type IepHome, tail } from '../iep.ts';
import { until, type Workspace } from '../workspace.ts';
import type { Ledger, Tally } from './ledger.ts';
import type { Random } from './random.ts';

export interface Trial {
  readonly workspace: Workspace;
  readonly executable: Executable;
  readonly random: Random;
  /** Of those forms that go in rounds; absent: as many as fit the form. */
  readonly rounds?: number;
  /** Of neighbour; absent: all. */
  readonly means?: readonly string[];
  /** A few seconds instead of minutes: for the test suite. */
  readonly short: boolean;
  readonly say: (text: string) => void;
}

export interface TrialResult extends Tally {
  readonly form: string;
  readonly rounds: number;
  /** Messages that still owe an outcome at the end. */
  readonly stuck: number;
  /** What this form alone measures. */
  readonly figures: Readonly<Record<string, number | string>>;
  /** Sentences; none when the trial is passed. */
  readonly failures: readonly string[];
}

export type Form = (trial: Trial) => Promise<TrialResult>;

/**
 * A sink in this process that enters what it takes in the ledger; `answer` may refuse before it takes, and `delayMs` is how
 * long it takes to say yes to what it has taken.
 */
export async function createLedgerSink(
  ledger: Ledger,
  {
    answer,
    delayMs = () => 0,
    users,
  }: { answer?: Script; delayMs?: () => number; users?: NonNullable<SinkOptions['users']> } = {},
): Promise<Sink> {
  const sink = await createSink({ ...(users && { users }) });
  sink.script((moment) => {
    const refusal = answer?.(moment);
    if (refusal !== undefined || moment.step !== 'dot' || !moment.message) return refusal;
    ledger.arrived(moment.message.bytes);
    return delayMs() === 0 ? undefined : pause(delayMs(), undefined);
  });
  return sink;
}

/** Waits until all that was acknowledged has arrived and the queue is empty; answers how many are left when it gives up. */
export async function settle(home: IepHome, ledger: Ledger, timeoutMs: number): Promise<number> {
  let waiting = Number.NaN;
  const settled = async () => {
    if (ledger.missing().length > 0) return false;
    waiting = await waitingIn(home);
    return waiting === 0;
  };
  await until('the queue is empty', settled, { timeoutMs, everyMs: 200 }).catch(() => undefined);
  return Number.isNaN(waiting) ? waitingIn(home) : waiting;
}

async function waitingIn(home: IepHome): Promise<number> {
  const rows = (await home.cli('queue')) as { waiting: number }[];
  return rows.reduce((sum, row) => sum + row.waiting, 0);
}

export function verdict(
  form: string,
  {
    rounds,
    ledger,
    stuck,
    home,
    figures = {},
    failures = [],
  }: {
    rounds: number;
    ledger: Pick<Ledger, 'tally' | 'missing'>;
    stuck: number;
    home: IepHome;
    figures?: TrialResult['figures'];
    failures?: readonly string[];
  },
): TrialResult {
  const tally = ledger.tally();
  const all = [...failures];
  if (tally.acknowledged === 0) all.push('nothing was acknowledged, so nothing was tried');
  if (tally.lost > 0)
    all.push(`${tally.lost} acknowledged messages never arrived: ${ledger.missing().slice(0, 5).join(', ')}`);
  if (stuck > 0) all.push(`${stuck} messages are stuck in the queue`);
  if (tally.damaged > 0) all.push(`${tally.damaged} messages arrived damaged`);
  if (tally.hung > 0) all.push(`${tally.hung} messages got no answer at all`);
  if (all.length > 0) all.push(`the daemon's last words:\n${tail(home.log)}`);
  return { form, rounds, ...tally, stuck, figures, failures: all };
}
