/** Traces handed to a collector that misbehaves. */

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { heardLog } from '../../../test/heard-log.ts';
import { createManualClock } from '../../../test/manual-clock.ts';
import { createOtlpTrace } from './otlp.ts';

let collector: Server;

beforeEach(async () => {
  collector = createServer();
  collector.listen(0, '127.0.0.1');
  await once(collector, 'listening');
});
afterEach(async () => {
  collector.closeAllConnections();
  await new Promise((resolve) => collector.close(resolve));
});

it('a stop waits for a collector that never answers as long as the clock says, and no longer', async () => {
  const clock = createManualClock();
  const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}/v1/traces`;
  const options = { endpoint, sampleRatio: 1, serviceName: 'iep' };
  const trace = createOtlpTrace({ clock, log: heardLog(), version: '0' }, options);
  trace.start({ name: 'accept', kind: 'internal' }).end();
  const asked = once(collector, 'request');
  let isClosed = false;
  void trace.close().then(() => {
    isClosed = true;
  });
  await asked;
  await clock.advance(4_999);
  expect(isClosed).toBe(false);
  await clock.advance(1);
  expect(isClosed).toBe(true);
});

it('a stop leaves no timer behind where the collector takes what is held', async () => {
  collector.on('request', (_request, response) => response.end('{}'));
  const clock = createManualClock();
  const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}/v1/traces`;
  const trace = createOtlpTrace(
    { clock, log: heardLog(), version: '0' },
    { endpoint, sampleRatio: 1, serviceName: 'iep' },
  );
  trace.start({ name: 'accept', kind: 'internal' }).end();
  await trace.close();
  expect(clock.timers).toBe(0);
});
