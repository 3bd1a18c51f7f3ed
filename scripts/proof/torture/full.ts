/**
 * The file system fills up under load, with a small tmpfs as the data directory. Both doors must then refuse (451, 503)
 * and the daemon must stay; once there is room again it must take mail without a restart.
 */

import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createIepHome } from '../iep.ts';
import { until } from '../workspace.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { startLoad } from './load.ts';
import { createLedgerSink, type Form, settle, verdict } from './trial.ts';

const SIZE_MIB = 48;
/** What the ballast leaves: enough for some more mail, so that the disk fills in the middle of a commit. */
const LEFT_BYTES = 2 * 2 ** 20;
/** Refusals at each door before the disk counts as full. */
const REFUSALS = 30;
const FILL_MS = 60_000;
const RECOVER_MS = 20_000;
/** A settle that failed on the full disk is made good when its lease ends, 30 s later, if not before. */
const SETTLE_MS = 120_000;

export const full: Form = async ({ workspace, executable, random, short, say, rounds: wanted }) => {
  if (process.getuid?.() !== 0) throw new Error('full needs root, to mount a small file system');
  const rounds = wanted ?? (short ? 1 : 5);
  const dataDir = join(workspace.dir, 'small');
  mkdirSync(dataDir);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_MIB}m,mode=0700`, 'iep-torture', dataDir]);
  // Lazily, because after an interruption the daemon may be gone only a moment later.
  workspace.onClose(() => execFileSync('umount', ['--lazy', dataDir]));

  const ledger = createLedger('full');
  const sink = await createLedgerSink(ledger);
  const home = await createIepHome(workspace, executable, {
    sinks: { sink: sink.port },
    tenants: { full: 'sink' },
    impatient: true,
    dataDir,
  });
  const daemon = await home.serve();
  const key = await home.key('full');
  const load = startLoad({ home, key, ledger, random, smtpClients: 4, httpClients: 2, lines: 100, restMs: 10 });

  const failures: string[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    await accepts(ledger);
    const before = ledger.refusals();
    const counts = new Map(before);
    fill(join(dataDir, 'ballast'));
    await until('both doors refuse', () => refused(ledger, counts), { timeoutMs: FILL_MS });
    say(`full: round ${round} of ${rounds}, ${brief(ledger)}`);
    rmSync(join(dataDir, 'ballast'));
    await accepts(ledger).catch((error: Error) => failures.push(`round ${round}, with room again: ${error.message}`));
    if (!daemon.alive()) failures.push(`round ${round}: the daemon ended`);
  }
  await load.stop();
  const stuck = await settle(home, ledger, SETTLE_MS);
  await daemon.stop();
  await sink.close();

  const other = [...ledger.refusals().keys()].filter((one) => one !== 'smtp 451' && one !== 'http 503');
  if (other.length > 0) failures.push(`refused with something else than 451 and 503: ${other.join(', ')}`);
  const { refusedDelivered } = ledger.tally();
  if (refusedDelivered > 0) failures.push(`${refusedDelivered} messages were refused and yet delivered`);
  return verdict('full', { rounds, ledger, stuck, home, failures, figures: { refusals: brief(ledger) } });
};

/** Until ten more are acknowledged. */
async function accepts(ledger: Ledger): Promise<void> {
  const before = ledger.acknowledged().size;
  await until('mail is accepted', () => ledger.acknowledged().size >= before + 10, { timeoutMs: RECOVER_MS });
}

function refused(ledger: Ledger, before: ReadonlyMap<string, number>): boolean {
  const since = (code: string) => (ledger.refusals().get(code) ?? 0) - (before.get(code) ?? 0);
  return since('smtp 451') >= REFUSALS && since('http 503') >= REFUSALS;
}

function fill(ballast: string): void {
  const file = openSync(ballast, 'w');
  const { bavail, bsize } = statfsSync(join(ballast, '..'));
  const block = Buffer.alloc(64 * 1024);
  for (let left = bavail * bsize - LEFT_BYTES; left > 0; left -= block.length) writeSync(file, block);
  closeSync(file);
}

function brief(ledger: Ledger): string {
  return [...ledger.refusals()].map(([code, count]) => `${code}: ${count}`).join(', ');
}
