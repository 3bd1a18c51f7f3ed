/**
 * The wall clock jumps both ways while mail flows and some of it waits for a retry (libfaketime; the monotonic clock
 * goes on). Nothing may be lost, and nothing may wait a day because the clock went back by one.
 */

import { globSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { debianPackage } from '../debian.ts';
import { createIepHome } from '../iep.ts';
import { createLedger } from './ledger.ts';
import { startLoad } from './load.ts';
import { createLedgerSink, type Form, settle, verdict } from './trial.ts';

const HOUR_S = 3_600;
/** Offsets from the true time in seconds. The last jump goes back: what is then due tomorrow has to come today. */
const JUMPS = [HOUR_S, -HOUR_S, 24 * HOUR_S, 0, 30 * 24 * HOUR_S, 0, 2, -2, 24 * HOUR_S, -24 * HOUR_S];
const SHORT_JUMPS = [24 * HOUR_S, 0];
const STAY_MS = { least: 1_500, most: 3_000 };
/** Retries are one second apart: what takes longer than this waits for a clock, not for a retry. */
const SETTLE_MS = 30_000;

export const clock: Form = async ({ workspace, executable, random, short, say }) => {
  const jumps = short ? SHORT_JUMPS : JUMPS;
  const ledger = createLedger('clock');
  const sink = await createLedgerSink(ledger);
  // Every third transaction is put off, so that at each jump some messages wait for their retry.
  let transactions = 0;
  sink.script(({ step, message }) => {
    if (step === 'MAIL') transactions += 1;
    if (step === 'MAIL' && transactions % 3 === 0) return '450 4.2.0 try again later';
    if (step === 'dot' && message) ledger.arrived(message.bytes);
    return undefined;
  });
  const home = await createIepHome(workspace, executable, {
    sinks: { sink: sink.port },
    tenants: { clock: 'sink' },
    impatient: true,
  });
  const offset = join(workspace.dir, 'clock-offset');
  setOffset(offset, 0);
  const daemon = await home.serve({ env: faked(await debianPackage(workspace, 'libfaketime'), offset) });
  const key = await home.key('clock');
  const load = startLoad({ home, key, ledger, random, smtpClients: 2, httpClients: 2, lines: 10, restMs: 20 });

  const failures: string[] = [];
  for (const jump of jumps) {
    await pause(random.between(STAY_MS.least, STAY_MS.most));
    const before = ledger.tally();
    setOffset(offset, jump);
    say(`clock: ${jump} s from the true time, acknowledged ${before.acknowledged}, delivered ${before.delivered}`);
  }
  await pause(STAY_MS.most);
  await load.stop();
  const stuck = await settle(home, ledger, SETTLE_MS);
  if (!daemon.alive()) failures.push('the daemon ended');
  await daemon.stop();
  await sink.close();
  return verdict('clock', { rounds: jumps.length, ledger, stuck, home, failures });
};

/** Renamed into place, so that it is never read half written. */
function setOffset(file: string, seconds: number): void {
  writeFileSync(`${file}.new`, `${seconds < 0 ? '' : '+'}${seconds}\n`);
  renameSync(`${file}.new`, file);
}

function faked(tree: string, offset: string): Record<string, string> {
  const [library] = globSync(join(tree, 'usr/lib/*/faketime/libfaketimeMT.so.1'));
  if (library === undefined) throw new Error('the package libfaketime has no libfaketimeMT.so.1');
  return {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: offset,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    NO_FAKE_STAT: '1',
  };
}
