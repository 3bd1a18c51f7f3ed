/** The daemon is killed with SIGKILL at random moments, starting up included, while both doors are loaded. */

import { setTimeout as pause } from 'node:timers/promises';
import { createIepHome, tail } from '../iep.ts';
import { type Running, until } from '../workspace.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { startLoad } from './load.ts';
import { createLedgerSink, type Form, settle, verdict } from './trial.ts';

/** How long a daemon lives once it has accepted something; and those that are killed before: starting, or recovering. */
const LIFE_MS = { least: 0, most: 1_500 };
const EARLY_MS = { least: 20, most: 800 };
/** One in so many is killed early. */
const EARLY_ONE_IN = 4;
const START_MS = 20_000;
const SETTLE_MS = 120_000;

export const crash: Form = async ({ workspace, executable, random, short, say, rounds: wanted }) => {
  const rounds = wanted ?? (short ? 3 : 30);
  const ledger = createLedger('crash');
  const sink = await createLedgerSink(ledger);
  const home = await createIepHome(workspace, executable, {
    sinks: { sink: sink.port },
    tenants: { crash: 'sink' },
    impatient: true,
  });
  const first = await home.serve();
  const key = await home.key('crash');
  const clients = short ? { smtpClients: 3, httpClients: 2 } : { smtpClients: 12, httpClients: 6 };
  const load = startLoad({ home, key, ledger, random, ...clients, lines: 20, restMs: 10 });

  const failures: string[] = [];
  let daemon = first;
  for (let round = 1; round <= rounds; round += 1) {
    if (random.between(1, EARLY_ONE_IN) === 1) await pause(random.between(EARLY_MS.least, EARLY_MS.most));
    else {
      await accepting(daemon, ledger);
      await pause(random.between(LIFE_MS.least, LIFE_MS.most));
    }
    if (!daemon.alive()) failures.push(`round ${round}: the daemon ended by itself:\n${tail(home.log)}`);
    await daemon.stop(0);
    const { acknowledged, delivered } = ledger.tally();
    say(`crash: round ${round} of ${rounds}, acknowledged ${acknowledged}, delivered ${delivered}`);
    daemon = home.spawn();
  }
  await accepting(daemon, ledger);
  await load.stop();
  const stuck = await settle(home, ledger, SETTLE_MS);
  const { code } = await daemon.stop();
  if (code !== 0) failures.push(`the last daemon, asked to stop, exited with ${code}`);
  await sink.close();
  return verdict('crash', { rounds, ledger, stuck, home, failures });
};

/** Until it has acknowledged one more message, or has ended. */
async function accepting(daemon: Running, ledger: Ledger): Promise<void> {
  const before = ledger.acknowledged().size;
  const more = () => !daemon.alive() || ledger.acknowledged().size > before;
  await until('the daemon accepts mail again', more, { timeoutMs: START_MS });
}
