/** Where a run took place, in words: no figure means anything without it. */

import { execFileSync } from 'node:child_process';
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';

export function describeMachine(): string {
  const [first] = cpus();
  return `${cpus().length} × ${first?.model.trim() ?? 'unknown CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}`;
}

const SYNCS = 200;
const PAGE = Buffer.alloc(4096);

/** The file system below `dir` and what a small synced write costs there: most of what an honest yes costs. */
export function describeDisk(dir: string): string {
  const kind = execFileSync('stat', ['-f', '-c', '%T', dir], { encoding: 'utf8' }).trim();
  const file = join(dir, 'sync');
  const fd = openSync(file, 'w');
  const times = Array.from({ length: SYNCS }, () => {
    const began = performance.now();
    writeSync(fd, PAGE);
    fsyncSync(fd);
    return performance.now() - began;
  });
  closeSync(fd);
  rmSync(file);
  const middle = times.toSorted((a, b) => a - b)[SYNCS / 2] ?? 0;
  return `${kind}; a 4 KiB write with fsync takes ${middle.toFixed(2)} ms (median)`;
}
