/** A webhook receiver that fails by chance and keeps the books of what it said yes to. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Random } from './random.ts';

export interface WebhookLedger {
  readonly url: string;
  /** From now on it says yes to everything. */
  behave(): void;
  has(messageId: string): boolean;
  /** Distinct messages, or posts that are about none, it said yes to. */
  told(): number;
  tries(): number;
  refused(): number;
  close(): Promise<void>;
}

/** One in so many tries is refused, and as many are cut off without an answer. */
const FAILS_ONE_IN = 5;

/** `taken` sees what it said yes to, and by what id it was posted. */
export async function createWebhookLedger({
  random,
  taken = () => undefined,
}: {
  random: Random;
  taken?: (post: { readonly id: string; readonly body: string }) => void;
}): Promise<WebhookLedger> {
  const told = new Set<string>();
  let [tries, refused] = [0, 0];
  let isBad = true;

  const take = async (request: IncomingMessage, response: ServerResponse) => {
    const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>)).toString();
    tries += 1;
    const chance = isBad ? random.between(1, FAILS_ONE_IN) : 0;
    if (chance === 1) {
      refused += 1;
      response.writeHead(500).end('not now');
    } else if (chance === 2) {
      refused += 1;
      request.socket.destroy();
    } else {
      const id = String(request.headers['webhook-id']);
      const { messageId = id } = JSON.parse(body) as { messageId?: string };
      taken({ id, body });
      told.add(messageId);
      response.writeHead(204).end();
    }
  };
  // A daemon that is killed while it posts breaks the request off.
  const server = createServer((request, response) => void take(request, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    behave() {
      isBad = false;
    },
    has: (messageId) => told.has(messageId),
    told: () => told.size,
    tries: () => tries,
    refused: () => refused,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
