/**
 * What a daemon and all its children cost: CPU seconds, and memory as the sum of their proportional set sizes.
 * CPU comes from a control group of its own (exact, ended children included) where one can be made; otherwise from
 * /proc, where the kernel adds a child's time to its parent's once it was waited for.
 */

import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Workspace } from './workspace.ts';

export interface Meter {
  /** How CPU is counted, for the report. */
  readonly method: string;
  /** The command that runs `command` under this meter. */
  wrap(command: string, args: readonly string[]): { command: string; args: string[] };
  /** `root`: the first process, where there is no control group to ask. */
  pids(root: number): number[];
  /** Grows; take the difference of two readings. */
  cpuSeconds(root: number): number;
}

/** Joins the group, then becomes the command: nothing it does escapes the count. */
const JOIN = 'echo $$ > "$0" && exec "$@"';
/** USER_HZ: the unit of /proc/PID/stat on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** One meter serves a server that is started again and again. */
export function createMeter(workspace: Workspace, name: string): Meter {
  return groupMeter(workspace, name) ?? procMeter;
}

function groupMeter(workspace: Workspace, name: string): Meter | undefined {
  const unified = existsSync('/sys/fs/cgroup/cgroup.controllers');
  const group = join(unified ? '/sys/fs/cgroup' : '/sys/fs/cgroup/cpuacct', `${name}-${process.pid}`);
  try {
    mkdirSync(group);
    writeFileSync(join(group, 'cgroup.procs'), '');
  } catch {
    return undefined; // not allowed here: /proc will do, and the report says which it was
  }
  workspace.onClose(() => removeGroup(group));
  const members = join(group, 'cgroup.procs');
  return {
    method: `control group (${unified ? 'cpu.stat' : 'cpuacct.usage'})`,
    wrap: (command, args) => ({ command: '/bin/sh', args: ['-c', JOIN, members, command, ...args] }),
    pids: () => readFileSync(members, 'utf8').split('\n').filter(Boolean).map(Number),
    cpuSeconds() {
      if (!unified) return Number(readFileSync(join(group, 'cpuacct.usage'), 'utf8')) / 1e9;
      const usage = /usage_usec (\d+)/.exec(readFileSync(join(group, 'cpu.stat'), 'utf8'))?.[1];
      return Number(usage) / 1e6;
    },
  };
}

/** A group can be removed once its processes, killed a moment ago, are gone. */
function removeGroup(group: string): void {
  for (let tries = 200; ; tries -= 1) {
    try {
      rmdirSync(group);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY' || tries === 0) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}

const procMeter: Meter = {
  method: '/proc/PID/stat, ended children included',
  wrap: (command, args) => ({ command, args: [...args] }),
  pids(root) {
    const children = new Map<number, number[]>();
    for (const entry of readdirSync('/proc')) {
      const parent = /^\d+$/.test(entry) ? stat(Number(entry))?.parent : undefined;
      if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
    }
    const found = [root];
    for (const pid of found) found.push(...(children.get(pid) ?? []));
    return found;
  },
  cpuSeconds(root) {
    return this.pids(root).reduce((sum, pid) => sum + (stat(pid)?.ticks ?? 0), 0) / TICKS_PER_SECOND;
  },
};

/** Parent and CPU time of a process and its waited-for children (proc(5)); undefined when it has just ended. */
function stat(pid: number): { parent: number; ticks: number } | undefined {
  const text = readProc(pid, 'stat');
  // The name is in parentheses and may hold anything; the fields that matter follow the last one.
  const fields = text
    ?.slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  if (fields === undefined) return undefined;
  const [utime = 0, stime = 0, cutime = 0, cstime = 0] = fields.slice(11, 15);
  return { parent: fields[1] ?? 0, ticks: utime + stime + cutime + cstime };
}

/** Sum of the proportional set sizes: a page that several share counts once among them. */
export function memoryBytes(pids: readonly number[]): number {
  let kib = 0;
  for (const pid of pids) kib += Number(/^Pss:\s+(\d+)/m.exec(readProc(pid, 'smaps_rollup') ?? '')?.[1] ?? 0);
  return kib * 1024;
}

function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined; // it ended between two looks
    throw error;
  }
}

/** Looks at the memory now and then until stopped; answers the highest sum seen. */
export function watchMemory(pids: () => readonly number[], everyMs = 500): { stop(): number } {
  let peak = memoryBytes(pids());
  const look = () => {
    peak = Math.max(peak, memoryBytes(pids()));
  };
  const timer = setInterval(look, everyMs);
  return {
    stop() {
      clearInterval(timer);
      look();
      return peak;
    },
  };
}
