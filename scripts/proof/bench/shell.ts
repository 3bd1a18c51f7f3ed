/** One message from a script: `iep send` with and without a daemon, Postfix's sendmail and msmtp, in turns. */

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Executable } from '../iep.ts';
import { createMeter } from '../meter.ts';
import type { Command, PostfixMta } from '../postfix.ts';
import { until } from '../workspace.ts';
import type { Parts } from './parts.ts';

/** Messages each of them sends in a round; the first ones find files that are not in memory. */
const MESSAGES = 20;
const WARM_UP = 2;
const START_MS = 20_000;
/** As scripts/debian-tools installs it. */
const MSMTP = '/usr/bin/msmtp';

const ways = ['store', 'socket', 'sendmail', 'msmtp'] as const;
type Way = (typeof ways)[number];

/**
 * Milliseconds a message: `…Ms` until the command has ended (the middle one), `…CpuMs` on average. Runs of their own each: to
 * enter a control group, where CPU is counted, a process waits for the whole kernel, some ten milliseconds.
 */
export type ShellFigures = { readonly [K in Way as `${K}Ms` | `${K}CpuMs`]: number };

export interface ShellOptions {
  readonly executable: Executable;
  readonly startPostfix: (sinkPort: number) => Promise<PostfixMta>;
}

export async function shellFigures(
  { workspace, startSink }: Parts,
  { executable, startPostfix }: ShellOptions,
): Promise<ShellFigures> {
  if (!existsSync(MSMTP)) throw new Error('msmtp is missing: scripts/debian-tools brings it');
  const sink = await startSink();
  const postfix = await startPostfix(sink.port);
  const [alone, served] = [mkdtempSync(join(workspace.dir, 'alone-')), mkdtempSync(join(workspace.dir, 'served-'))];
  const [command, ...first] = executable;
  const serve = [...first, 'serve', '--dev', '--http-port', '0', '--smtp-port', '0'];
  const daemon = workspace.start(command, serve, { cwd: served });
  const socket = join(served, 'iep-data', 'control.sock');
  await until('the daemon listens', () => !daemon.alive() || existsSync(socket), { timeoutMs: START_MS });

  const envelope = ['jo@example.com'];
  const send = {
    command,
    args: [...first, 'send', '--from', 'a@example.com', '--to', ...envelope, '-s', 'Hi', '--text', 'Hi'],
  };
  const programs: Record<Way, Command & { readonly cwd?: string }> = {
    store: { ...send, cwd: alone },
    socket: { ...send, cwd: served },
    sendmail: { ...postfix.sendmail, args: [...postfix.sendmail.args, '-i', '-f', 'a@example.com', ...envelope] },
    msmtp: {
      command: MSMTP,
      args: ['--host=127.0.0.1', `--port=${postfix.smtpPort}`, '--from=a@example.com', ...envelope],
    },
  };
  const taken = new Map<Way, { readonly meter: ReturnType<typeof createMeter>; readonly ms: number[]; cpu: number }>();
  for (const way of ways)
    taken.set(way, { meter: createMeter(workspace, `iep-bench-${way}-${postfix.smtpPort}`), ms: [], cpu: 0 });
  for (let count = 0; count < WARM_UP + MESSAGES; count += 1) {
    for (const [way, one] of taken) {
      const { command: program, args, ...how } = programs[way];
      const { seconds } = await workspace.run(program, args, how);
      if (count >= WARM_UP) one.ms.push(seconds * 1000);
      const wrapped = one.meter.wrap(program, args);
      if (count === WARM_UP) one.cpu = one.meter.cpuSeconds(process.pid);
      await workspace.run(wrapped.command, wrapped.args, how);
    }
  }
  const figures = [...taken].flatMap(([way, { meter, ms, cpu }]) => [
    [`${way}Ms`, ms.toSorted((a, b) => a - b)[MESSAGES / 2] ?? Number.NaN],
    [`${way}CpuMs`, ((meter.cpuSeconds(process.pid) - cpu) * 1000) / MESSAGES],
  ]);
  await Promise.all([daemon.stop(), postfix.stop()]);
  await sink.stop();
  for (const directory of [alone, served]) rmSync(directory, { recursive: true });
  return Object.fromEntries(figures) as ShellFigures;
}
