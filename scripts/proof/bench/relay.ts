/** End to end: smtp-source → server → smtp-sink, one load at a time. */

import { setTimeout as pause } from 'node:timers/promises';
import { watchMemory } from '../meter.ts';
import type { StartMta } from '../mta.ts';
import type { Load } from '../source.ts';
import type { Parts } from './parts.ts';

export interface RelayFigures {
  /** Until the source had its last yes. */
  readonly acceptedPerSecond: number;
  /** Until the sink had the last message; from the same start. */
  readonly endToEndPerSecond: number;
  readonly cpuSecondsPer1000: number;
  readonly peakMemoryBytes: number;
}

const DRAIN_TIMEOUT_MS = 300_000;
/** After the sink's last yes the server still removes queue files or commits outcomes; that is part of the cost. */
const AFTERMATH_MS = 500;

export async function relay(
  parts: Parts,
  { start, load, warmUp }: { start: StartMta; load: Load; warmUp: number },
): Promise<RelayFigures> {
  const sink = await parts.startSink();
  const server = await start(sink.port);
  // Both run warm for days: Postfix with its processes forked, IEP with its code compiled.
  await parts.send(server.smtpPort, { ...load, messages: warmUp });
  await sink.until(warmUp, DRAIN_TIMEOUT_MS);

  const memory = watchMemory(() => server.meter.pids(server.process.pid));
  const cpuBefore = server.meter.cpuSeconds(server.process.pid);
  const began = performance.now();
  const accepting = await parts.send(server.smtpPort, load);
  await sink.until(warmUp + load.messages, DRAIN_TIMEOUT_MS);
  const whole = (performance.now() - began) / 1000;
  await pause(AFTERMATH_MS);
  const cpu = server.meter.cpuSeconds(server.process.pid) - cpuBefore;
  const peakMemoryBytes = memory.stop();

  await server.stop();
  await sink.stop();
  return {
    acceptedPerSecond: load.messages / accepting,
    endToEndPerSecond: load.messages / whole,
    cpuSecondsPer1000: (cpu / load.messages) * 1000,
    peakMemoryBytes,
  };
}
