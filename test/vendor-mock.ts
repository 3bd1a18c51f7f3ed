/**
 * A vendor as its own OpenAPI document has it: Prism answers by the document, and says of each request what in it the document
 * does not allow. What it says is recorded on the way, because it stands in a header that no provider reads.
 */

import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getHttpOperationsFromSpec } from '@stoplight/prism-http';
import { createServer as createPrism } from '@stoplight/prism-http-server';
import { vendorDocument } from './vendor-document.ts';

export interface MockCall {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** `request.body.to: Request body property to must be array`. */
  readonly violations: readonly string[];
}

export interface VendorMock {
  /** `http://127.0.0.1:port`. */
  readonly endpoint: string;
  readonly calls: readonly MockCall[];
  close(): Promise<void>;
}

const silent = () => undefined;
const logger = {
  ...{ info: silent, debug: silent, warn: silent, error: silent, trace: silent, fatal: silent, success: silent },
  child: () => logger,
};

export async function createVendorMock(file: string): Promise<VendorMock> {
  const prism = createPrism(await getHttpOperationsFromSpec(vendorDocument(file)), {
    components: { logger: logger as never },
    config: {
      ...{ isProxy: false, mock: { dynamic: false }, upstreamProxy: undefined, errors: false },
      ...{ checkSecurity: true, validateRequest: true, validateResponse: false },
    },
    cors: false,
  });
  const behind = await prism.listen(0, '127.0.0.1');
  const calls: MockCall[] = [];
  const server = createServer(async (request, response) => {
    const { method = '', url: path = '' } = request;
    const answer = await fetch(new URL(path, behind), {
      method,
      headers: request.headers as Record<string, string>,
      ...(method === 'POST' && { body: await bodyOf(request) }),
    });
    const { status, headers } = answer;
    calls.push({ method, path, status, violations: violationsIn(headers.get('sl-violations') ?? '[]') });
    response.writeHead(status, { 'content-type': headers.get('content-type') ?? 'text/plain' });
    response.end(await answer.text());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    async close() {
      server.closeAllConnections();
      server.close();
      await prism.close();
    },
  };
}

function violationsIn(text: string): readonly string[] {
  const said = JSON.parse(text) as readonly { readonly location: readonly string[]; readonly message: string }[];
  return said.map(({ location, message }) => `${location.join('.')}: ${message}`);
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}
