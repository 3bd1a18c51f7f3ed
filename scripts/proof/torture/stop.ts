/**
 * The daemon is asked to stop while a backlog waits for relays that take their time to answer, twice in a row as shells and
 * supervisors do, and served again. What a relay has is finished, what waits is not begun any more: nobody gets a second
 * copy, and nobody goes without.
 */

import { createIepHome } from '../iep.ts';
import { until } from '../workspace.ts';
import { sendOverHttp } from './http-client.ts';
import { createLedger } from './ledger.ts';
import { createLedgerSink, type Form, settle, verdict } from './trial.ts';

/** How long the relays take to answer the final dot. The last is far below what a stop waits for. */
const DELAYS_MS = { short: [300, 1_000], whole: [300, 5_000, 12_000] };
/** A few times what a relay is given at once. */
const BACKLOG = { short: 60, whole: 300 };
const PER_BATCH = 20;
const SETTLE_MS = 120_000;
const EXIT_MS = 40_000;
/** 128 + SIGTERM: asked twice, it ends as soon as no relay has mail under way. */
const ENDED_BY_SIGTERM = 143;

export const stop: Form = async ({ workspace, executable, short, say, rounds: wanted }) => {
  const rounds = wanted ?? (short ? 1 : 2);
  const backlog = short ? BACKLOG.short : BACKLOG.whole;
  const ledger = createLedger('stop');
  let isSlow = true;
  const relays = await Promise.all(
    (short ? DELAYS_MS.short : DELAYS_MS.whole).map(async (ms) => ({
      name: `after-${ms}`,
      sink: await createLedgerSink(ledger, { delayMs: () => (isSlow ? ms : 0) }),
    })),
  );
  const home = await createIepHome(workspace, executable, {
    sinks: Object.fromEntries(relays.map(({ name, sink }) => [name, sink.port])),
    tenants: Object.fromEntries(relays.map(({ name }) => [name, name])),
  });
  const failures: string[] = [];
  let [atTheRelays, slowestMs] = [0, 0];

  for (let round = 1; round <= rounds; round += 1) {
    const daemon = await home.serve();
    for (const { name } of relays) {
      const to = { port: home.httpPort, key: await home.key(name) };
      for (let sent = 0; sent < backlog; sent += PER_BATCH)
        await sendOverHttp(to, { ledger, count: PER_BATCH, lines: 5 });
    }
    const began = performance.now();
    const { delivered } = ledger.tally();
    daemon.signal('SIGTERM');
    if (round % 2 === 0) daemon.signal('SIGTERM');
    await until('the daemon has stopped', () => !daemon.alive(), { timeoutMs: EXIT_MS });
    const { code } = await daemon.exited;
    if (code !== 0 && code !== ENDED_BY_SIGTERM) failures.push(`round ${round}: asked to stop, it exited with ${code}`);
    slowestMs = Math.max(slowestMs, performance.now() - began);
    atTheRelays += ledger.tally().delivered - delivered;
    say(`stop: round ${round} of ${rounds}, ${ledger.missing().length} wait for the next start`);
  }
  if (ledger.missing().length === 0) failures.push('nothing waited when the daemon stopped: this trial showed nothing');

  isSlow = false;
  const daemon = await home.serve();
  const stuck = await settle(home, ledger, SETTLE_MS);
  await daemon.stop();
  await Promise.all(relays.map(({ sink }) => sink.close()));
  const { duplicates } = ledger.tally();
  if (duplicates > 0) failures.push(`${duplicates} messages arrived a second time`);
  const figures = { begunAfterSigterm: atTheRelays, slowestStopMs: Math.round(slowestMs) };
  return verdict('stop', { rounds, ledger, stuck, home, figures, failures });
};
