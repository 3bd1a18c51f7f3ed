/** The short form of each torture: faults on purpose against a real daemon, and nothing acknowledged may be lost. */

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { TrialResult } from '../../scripts/proof/torture/trial.ts';
import { bundleProgram } from '../program.ts';

const root = join(import.meta.dirname, '../..');
const TIMEOUT_MS = 180_000;

/** Fails with what the trial said when it ends without a verdict. */
async function torture(form: string, ...more: string[]): Promise<TrialResult> {
  const args = [
    join(root, 'scripts/proof/torture.ts'),
    form,
    '--short',
    '--script',
    bundleProgram().script,
    '--json',
    ...more,
  ];
  // Exits with 1 when the verdict is bad; the expectations below say what was.
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args).catch(
    (ended: { stdout: string; stderr: string }) => ended,
  );
  if (stdout === '') throw new Error(stderr);
  const [verdict] = JSON.parse(stdout) as TrialResult[];
  if (verdict === undefined) throw new Error(`no verdict:\n${stderr}`);
  return verdict;
}

const passed = { lost: 0, stuck: 0, damaged: 0, hung: 0, failures: [] };
const isRoot = process.getuid?.() === 0;

describe.skipIf(process.platform !== 'linux')('torture', () => {
  it('a daemon killed again and again loses nothing it acknowledged', { timeout: TIMEOUT_MS }, async () => {
    const verdict = await torture('crash');
    expect(verdict).toMatchObject(passed);
    expect(verdict.acknowledged).toBeGreaterThan(10);
  });

  // Mounting a small file system takes root.
  it.skipIf(!isRoot)('a full disk refuses at both doors, and recovers', { timeout: TIMEOUT_MS }, async () => {
    const verdict = await torture('full');
    expect(verdict).toMatchObject({ ...passed, refusedDelivered: 0 });
    expect(verdict.refused).toBeGreaterThan(0);
  });

  // Debian's strace.
  it.skipIf(!existsSync('/usr/bin/strace'))('no yes leaves before its sync', { timeout: TIMEOUT_MS }, async () => {
    const verdict = await torture('fsync');
    expect(verdict).toMatchObject(passed);
    expect(verdict.figures.checked).toBe(verdict.acknowledged);
  });

  it('a stop under a backlog sends nothing twice and loses nothing', { timeout: TIMEOUT_MS }, async () => {
    const verdict = await torture('stop');
    expect(verdict).toMatchObject({ ...passed, duplicates: 0 });
  });

  it('relays that limit connections get everything once', { timeout: TIMEOUT_MS }, async () => {
    expect(await torture('crowd')).toMatchObject({ ...passed, duplicates: 0 });
  });

  it('a sink that never answers holds up no other tenant', { timeout: TIMEOUT_MS }, async () => {
    const verdict = await torture('stuck');
    expect(verdict).toMatchObject(passed);
    expect(verdict.figures.otherTenantDelivered).toBeGreaterThan(0);
  });

  it('a neighbour that does its worst keeps no mail out and loses none', { timeout: TIMEOUT_MS }, async () => {
    const means = 'stalled-bodies,domains,silent-tls,idle-sessions,slow-headers,pipelined-requests,unsigned-callbacks';
    const verdict = await torture('neighbour', '--means', means);
    expect(verdict).toMatchObject({ ...passed, refused: 0, unanswered: 0 });
    expect(verdict.acknowledged).toBeGreaterThan(10);
  });

  // Debian's libfaketime, unpacked by scripts/debian-tools.
  it.skipIf(!existsSync(join(root, '.cache/libfaketime')))(
    'a clock that jumps both ways loses and delays nothing',
    { timeout: TIMEOUT_MS },
    async () => {
      expect(await torture('clock')).toMatchObject(passed);
    },
  );

  it('callbacks that come again and again count once each', { timeout: TIMEOUT_MS }, async () => {
    const verdict = await torture('feedback');
    expect(verdict).toMatchObject({ ...passed, figures: { events: 600, missing: 0, doubled: 0 } });
    expect(Number(verdict.figures.told)).toBeGreaterThan(600);
    expect(Number(verdict.figures.suppressed)).toBeGreaterThan(0);
  });

  it('with failover, limits and webhooks on, every message arrives and is told of', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const verdict = await torture('platform');
    expect(verdict).toMatchObject({ ...passed, figures: { untold: 0 } });
    expect(verdict.figures.byFallback).toBeGreaterThan(0);
    expect(verdict.figures.limited).toBeGreaterThan(0);
  });
});
