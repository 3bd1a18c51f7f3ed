/** For tests of this room: jobs, and a receiver of webhooks on a real socket that answers as it is told. */

import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EventType } from '../core/message.ts';
import type { WebhookJob } from '../db/verbs/webhooks.ts';

export function jobFor(more: { tries?: number; type?: EventType }): WebhookJob {
  return {
    deliveryId: 'd1',
    endpoint: {
      id: 'w1',
      tenantId: 't1',
      url: 'https://hooks.example/in',
      events: ['*'],
      secret: 'sealed',
      active: true,
      createdAt: 0,
      updatedAt: 0,
    },
    content: {
      event: {
        position: '1',
        tenantId: 't1',
        messageId: 'm1',
        sequence: 1,
        type: more.type ?? 'sent',
        at: 0,
        data: {},
      },
      mail: { to: ['to@x.example'], subject: 'Hello', attempts: 1 },
    },
    tries: more.tries ?? 0,
    fence: 1,
    leaseUntil: 1,
  };
}

export interface HookRequest {
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly json: Readonly<Record<string, unknown>> & { readonly data: Readonly<Record<string, unknown>> };
  readonly path: string;
}

export interface HookAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Receiver {
  readonly url: string;
  readonly heard: readonly HookRequest[];
  /** Answers from now on; a promise holds the answer back. */
  answer(fn: (heard: HookRequest) => HookAnswer | Promise<HookAnswer>): void;
  /** Resolves when `is` holds for what was heard so far. */
  until(is: (heard: readonly HookRequest[]) => boolean): Promise<void>;
  close(): Promise<void>;
}

export async function startReceiver(port = 0): Promise<Receiver> {
  const heard: HookRequest[] = [];
  const waiting = new Set<() => void>();
  let respond: (one: HookRequest) => HookAnswer | Promise<HookAnswer> = () => ({ status: 204 });
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const one: HookRequest = { headers: flat(request.headers), body, json: JSON.parse(body), path: request.url ?? '' };
    heard.push(one);
    for (const tell of [...waiting]) tell();
    const answer = await respond(one);
    response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`,
    heard,
    answer(fn) {
      respond = fn;
    },
    until(is) {
      return new Promise((resolve) => {
        const tell = () => {
          if (!is(heard)) return;
          waiting.delete(tell);
          resolve();
        };
        waiting.add(tell);
        tell();
      });
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function flat(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
