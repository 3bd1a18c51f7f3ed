/** The sink is down: a backlog grows. Is it still accepted as fast on top of it, and how fast does it drain? */

import { setTimeout as pause } from 'node:timers/promises';
import type { Mta, StartMta } from '../mta.ts';
import type { Parts } from './parts.ts';

export interface BacklogFigures {
  /** The first tenth, on an empty queue, the sink already down. */
  readonly acceptedPerSecondFirst: number;
  /** The last tenth, on top of the rest. */
  readonly acceptedPerSecondLast: number;
  /** From the moment the sink is back and the queue is told to try. */
  readonly drainedPerSecond: number;
}

const SESSIONS = 20;
const SLICES = 10;
const DRAIN_TIMEOUT_MS = 600_000;
const QUIET_TIMEOUT_MS = 120_000;

export async function backlog(
  parts: Parts,
  { start, messages, warmUp }: { start: StartMta; messages: number; warmUp: number },
): Promise<BacklogFigures> {
  const down = await parts.startSink();
  const server = await start(down.port);
  await parts.send(server.smtpPort, { sessions: SESSIONS, keep: false, messages: warmUp });
  await down.until(warmUp, DRAIN_TIMEOUT_MS);
  await down.stop();

  const slice = Math.ceil(messages / SLICES);
  const rates: number[] = [];
  for (let sent = 0; sent < SLICES; sent += 1) {
    const seconds = await parts.send(server.smtpPort, { sessions: SESSIONS, keep: false, messages: slice });
    rates.push(slice / seconds);
  }
  await quiet(server);

  const sink = await parts.startSink(down.port);
  const began = performance.now();
  await server.flush();
  await sink.until(slice * SLICES, DRAIN_TIMEOUT_MS);
  const seconds = (performance.now() - began) / 1000;
  await server.stop();
  await sink.stop();
  return {
    acceptedPerSecondFirst: rates[0] ?? 0,
    acceptedPerSecondLast: rates.at(-1) ?? 0,
    drainedPerSecond: (slice * SLICES) / seconds,
  };
}

/** Until the server has tried all it has and rests: what is still under way when the queue is flushed would be missed. */
async function quiet(server: Mta): Promise<void> {
  const deadline = performance.now() + QUIET_TIMEOUT_MS;
  for (let before = server.meter.cpuSeconds(server.process.pid); ; ) {
    await pause(1000);
    const now = server.meter.cpuSeconds(server.process.pid);
    if (now - before < 0.05) return;
    if (performance.now() > deadline) throw new Error(`${server.name} does not come to rest with its sink down`);
    before = now;
  }
}
