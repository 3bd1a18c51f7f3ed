/**
 * Accepts over HTTP, one by one and in batches: first alone, with the queue paused, then while messages are delivered to
 * the sink by the same process. IEP alone.
 */

import { join } from 'node:path';
import { watchMemory } from '../meter.ts';
import type { HttpLoad, HttpLoadResult } from './http-load.ts';
import { type Parts, TENANT } from './parts.ts';

export interface HttpFigures {
  /** With the queue paused. */
  readonly acceptedPerSecond: number;
  readonly acceptedWhileDeliveringPerSecond: number;
  readonly endToEndPerSecond: number;
  readonly cpuSecondsPer1000: number;
  readonly peakMemoryBytes: number;
}

const CONNECTIONS = 50;
const DRAIN_TIMEOUT_MS = 300_000;

export async function httpAccepts(
  parts: Parts,
  { messages, batch, warmUp }: { messages: number; batch: number; warmUp: number },
): Promise<HttpFigures> {
  const sink = await parts.startSink();
  const server = await parts.iep(sink.port);
  const key = await server.home.key(TENANT);
  const load = async (count: number) => {
    const requests = Math.ceil(count / batch);
    const connections = Math.min(CONNECTIONS, requests);
    const settings: HttpLoad = { port: server.home.httpPort, key, connections, requests, batch };
    const file = join(import.meta.dirname, 'http-load.ts');
    const { stdout } = await parts.workspace.run(process.execPath, [file, JSON.stringify(settings)]);
    return { ...(JSON.parse(stdout) as HttpLoadResult), sent: requests * batch };
  };
  const warm = await load(warmUp);
  await sink.until(warm.sent, DRAIN_TIMEOUT_MS);

  const memory = watchMemory(() => server.meter.pids(server.process.pid));
  await server.home.cli('queue', 'pause');
  const alone = await load(messages);
  await server.home.cli('queue', 'resume');
  await sink.until(warm.sent + alone.sent, DRAIN_TIMEOUT_MS);

  const cpuBefore = server.meter.cpuSeconds(server.process.pid);
  const began = performance.now();
  const { sent, seconds } = await load(messages);
  await sink.until(warm.sent + alone.sent + sent, DRAIN_TIMEOUT_MS);
  const whole = (performance.now() - began) / 1000;
  const cpu = server.meter.cpuSeconds(server.process.pid) - cpuBefore;
  const peakMemoryBytes = memory.stop();

  await server.stop();
  await sink.stop();
  return {
    acceptedPerSecond: alone.sent / alone.seconds,
    acceptedWhileDeliveringPerSecond: sent / seconds,
    endToEndPerSecond: sent / whole,
    cpuSecondsPer1000: (cpu / sent) * 1000,
    peakMemoryBytes,
  };
}
