/** Mail that leaves by the HTTP API of a vendor, which here answers after 50 ms: how many messages a second, and at what cost. IEP alone. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { createIepHome, type Executable } from '../iep.ts';
import { createMeter } from '../meter.ts';
import { until, type Workspace } from '../workspace.ts';
import { submit } from './submit.ts';

export interface Own {
  readonly workspace: Workspace;
  readonly executable: Executable;
  readonly say: (text: string) => void;
}

export const vendorTypes = ['ses', 'sendgrid'] as const;
export type VendorType = (typeof vendorTypes)[number];

export interface VendorFigures {
  readonly perSecond: number;
  readonly cpuMsEach: number;
}

export const ANSWER_MS = 50;
const TENANT = 'bench';
const DRAIN_TIMEOUT_MS = 300_000;

export async function vendorRate(
  { workspace, executable }: Own,
  { type, atOnce, messages, warmUp }: { type: VendorType; atOnce: number; messages: number; warmUp: number },
): Promise<VendorFigures> {
  const vendor = await createSlowVendor();
  const meter = createMeter(workspace, 'iep-bench-vendors');
  const provider = { ...settingsOf[type], endpoint: vendor.endpoint, maxConnections: atOnce };
  const home = await createIepHome(workspace, executable, {
    sinks: {},
    tenants: { [TENANT]: 'vendor' },
    config: { providers: { vendor: provider }, routing: { primary: 'vendor' } },
  });
  const daemon = await home.serve({ wrap: meter.wrap });
  try {
    const key = await home.key(TENANT);
    let sent = 0;
    const send = async (count: number) => {
      await home.cli('queue', 'pause');
      await submit({ port: home.httpPort, key, count });
      vendor.forget();
      const cpuBefore = meter.cpuSeconds(daemon.pid);
      await home.cli('queue', 'resume');
      sent += count;
      await until('the vendor has all', () => vendor.taken() >= sent, { timeoutMs: DRAIN_TIMEOUT_MS, everyMs: 5 });
      const perSecond = count / vendor.seconds();
      return { perSecond, cpuMsEach: ((meter.cpuSeconds(daemon.pid) - cpuBefore) / count) * 1_000 };
    };
    await send(warmUp);
    return await send(messages);
  } finally {
    await daemon.stop();
    home.remove();
    await vendor.close();
  }
}

const settingsOf: Readonly<Record<VendorType, object>> = {
  ses: { type: 'ses', region: 'eu-central-1', accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'none' },
  sendgrid: { type: 'sendgrid', apiKey: 'none' },
};

/** `isNamed`: it says what it calls a message. */
export async function createSlowVendor({ isNamed = true } = {}) {
  let taken = 0;
  let [first, last] = [Number.NaN, Number.NaN];
  const server = createServer(async (request, response) => {
    if (Number.isNaN(first) && request.method === 'POST') first = performance.now();
    request.resume();
    await new Promise((resolve) => request.once('end', resolve));
    // A key that may not send mail would close the way out.
    if (request.method === 'GET') return void response.end('{"scopes":["mail.send"]}');
    await pause(ANSWER_MS);
    taken += 1;
    last = performance.now();
    const id = `m${taken}`;
    if (request.url === '/v3/mail/send') response.writeHead(202, isNamed ? { 'x-message-id': id } : {}).end();
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ MessageId: id }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken: () => taken,
    /** From the first request since `forget` to the last answer. */
    seconds: () => (last - first) / 1_000,
    forget() {
      first = Number.NaN;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
