/** Memory of a server that was just started and has nothing to do. */

import { setTimeout as pause } from 'node:timers/promises';
import { memoryBytes } from '../meter.ts';
import type { StartMta } from '../mta.ts';
import type { Parts } from './parts.ts';

/** Long enough for what starts lazily to have started, and for a first garbage collection. */
const REST_MS = 5_000;

export interface IdleFigures {
  readonly bytes: number;
}

export async function idleMemory(parts: Parts, start: StartMta): Promise<IdleFigures> {
  const sink = await parts.startSink();
  const server = await start(sink.port);
  await pause(REST_MS);
  const bytes = memoryBytes(server.meter.pids(server.process.pid));
  await server.stop();
  await sink.stop();
  return { bytes };
}
