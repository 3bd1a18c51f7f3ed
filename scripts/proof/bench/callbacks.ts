/** Callbacks of a vendor, batches of events as SendGrid signs them, and how long a message is accepted meanwhile. IEP alone. */

import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createIepHome, tail } from '../iep.ts';
import { createMeter } from '../meter.ts';
import { until } from '../workspace.ts';
import type { CallbackLoad, CallbackLoadResult } from './callback-load.ts';
import { messageTo, submit } from './submit.ts';
import { createSlowVendor, type Own } from './vendors.ts';

export interface CallbackFigures {
  readonly eventsPerSecond: number;
  /** Of messages that are submitted one by one meanwhile. */
  readonly acceptP99Ms: number;
  readonly cpuMsEach: number;
}

export const BATCH = 100;
const TENANT = 'bench';
const CONNECTIONS = 4;
const VENDOR_CONNECTIONS = 100;
/** Between the messages that are submitted meanwhile. */
const REST_MS = 5;
const DRAIN_TIMEOUT_MS = 300_000;

export async function callbackRate(
  { workspace, executable }: Own,
  { messages, events }: { messages: number; events: number },
): Promise<CallbackFigures> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const webhookPublicKey = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  const meter = createMeter(workspace, 'iep-bench-callbacks');
  const slow = await createSlowVendor({ isNamed: false });
  const vendor = {
    ...{ type: 'sendgrid', apiKey: 'none', endpoint: slow.endpoint, webhookPublicKey },
    maxConnections: VENDOR_CONNECTIONS,
  };
  const home = await createIepHome(workspace, executable, {
    sinks: {},
    tenants: { [TENANT]: 'vendor' },
    config: { providers: { vendor }, routing: { primary: 'vendor' } },
  });
  const daemon = await home.serve({ wrap: meter.wrap });
  try {
    const key = await home.key(TENANT);
    const mails = await submit({ port: home.httpPort, key, count: messages });
    const isSent = async () => ((await home.cli('queue')) as unknown[]).length === 0;
    await until('all is sent', isSent, { timeoutMs: DRAIN_TIMEOUT_MS, everyMs: 200 });

    const load: CallbackLoad = {
      port: home.httpPort,
      privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      ...{ provider: 'vendor', connections: CONNECTIONS, batch: BATCH, events, mails },
    };
    const cpuBefore = meter.cpuSeconds(daemon.pid);
    const accepts = watchAccepts(home.httpPort, key);
    const file = join(import.meta.dirname, 'callback-load.ts');
    const settings = join(home.dataDir, '..', 'callback-load.json');
    writeFileSync(settings, JSON.stringify(load));
    const { stdout } = await workspace.run(process.execPath, [file, settings]);
    const acceptP99Ms = percentile(await accepts.stop(), 0.99);
    const { seconds, refused } = JSON.parse(stdout) as CallbackLoadResult;
    if (refused > 0) throw new Error(`${refused} callbacks were refused:\n${tail(home.log)}`);
    const cpuMsEach = ((meter.cpuSeconds(daemon.pid) - cpuBefore) / events) * 1_000;
    return { eventsPerSecond: events / seconds, acceptP99Ms, cpuMsEach };
  } finally {
    await daemon.stop();
    home.remove();
    await slow.close();
  }
}

/** One client that submits a message, waits for its answer, rests, and so on. */
function watchAccepts(port: number, key: string): { stop(): Promise<readonly number[]> } {
  const times: number[] = [];
  let isOver = false;
  const run = async () => {
    while (!isOver) {
      const began = performance.now();
      const response = await fetch(`http://127.0.0.1:${port}/v1/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': key },
        body: JSON.stringify(messageTo('someone@example.net')),
      });
      await response.arrayBuffer();
      if (response.status !== 202) throw new Error(`a message was refused with ${response.status}`);
      times.push(performance.now() - began);
      await pause(REST_MS);
    }
    return times;
  };
  const running = run();
  // It is looked at when the load has ended.
  running.catch(() => undefined);
  return {
    stop() {
      isOver = true;
      return running;
    },
  };
}

function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
