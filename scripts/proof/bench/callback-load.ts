/**
 * Callbacks of a vendor, in a process of its own: each connection posts a batch of events and waits for its answer. All are signed
 * before the time begins. The first argument names the file with its settings; it prints what it got as JSON.
 */

import { createSign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import type { Submitted } from './submit.ts';

export interface CallbackLoad {
  readonly port: number;
  readonly provider: string;
  /** PEM. */
  readonly privateKey: string;
  readonly connections: number;
  readonly events: number;
  /** Events a callback. */
  readonly batch: number;
  readonly mails: readonly Submitted[];
}

export interface CallbackLoadResult {
  readonly seconds: number;
  /** Callbacks that were not answered with 200. */
  readonly refused: number;
}

const KINDS = ['delivered', 'open', 'click'];

const load = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as CallbackLoad;
const agent = new Agent({ keepAlive: true, maxSockets: load.connections });
const callbacks = prepare(load);
let refused = 0;

const began = performance.now();
await Promise.all(Array.from({ length: load.connections }, () => connection()));
const seconds = (performance.now() - began) / 1_000;
process.stdout.write(JSON.stringify({ seconds, refused } satisfies CallbackLoadResult));
agent.destroy();

interface Prepared {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string | number>>;
}

function prepare({ events, batch, mails, privateKey }: CallbackLoad): Prepared[] {
  const timestamp = String(Math.floor(Date.now() / 1_000));
  return Array.from({ length: Math.ceil(events / batch) }, (_, callback) => {
    const told = Array.from({ length: Math.min(batch, events - callback * batch) }, (_, at) =>
      eventOf(callback * batch + at, mails),
    );
    const body = Buffer.from(JSON.stringify(told));
    const signature = createSign('sha256').update(timestamp).update(body).sign(privateKey, 'base64');
    return {
      body,
      headers: {
        ...{ 'content-type': 'application/json', 'content-length': body.length },
        'x-twilio-email-event-webhook-signature': signature,
        'x-twilio-email-event-webhook-timestamp': timestamp,
      },
    };
  });
}

/** Each mail is delivered, opened, clicked, opened once more, and so on. */
function eventOf(number: number, mails: readonly Submitted[]) {
  const mail = mails[number % mails.length];
  const round = Math.floor(number / mails.length);
  const event = round === 0 ? 'delivered' : KINDS[1 + (round % 2)];
  return {
    ...{ event, email: mail?.address, timestamp: Math.floor(Date.now() / 1_000), iep_message: mail?.messageId },
    sg_event_id: `e${number}`,
    ...{ useragent: 'Mozilla/5.0', ip: '192.0.2.1', url: 'https://example.com/', category: ['bench'] },
  };
}

async function connection(): Promise<void> {
  for (let next = callbacks.pop(); next !== undefined; next = callbacks.pop())
    if ((await post(next)) !== 200) refused += 1;
}

function post({ body, headers }: Prepared): Promise<number> {
  return new Promise((resolve, reject) => {
    const { port, provider } = load;
    const call = request({ host: '127.0.0.1', port, path: `/hooks/${provider}`, method: 'POST', headers, agent });
    call.once('error', reject);
    call.once('response', (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode ?? 0));
    });
    call.end(body);
  });
}
