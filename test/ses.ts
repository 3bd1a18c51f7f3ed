/** Amazon SES as aws-ses-v2-local plays it, which others wrote for applications that use AWS's SDKs, on a loopback port. */

import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type * as Local from 'aws-ses-v2-local';

const { default: startServer } = createRequire(import.meta.url)('aws-ses-v2-local') as typeof Local.default;

export interface TestSes {
  readonly endpoint: string;
  /** Messages that it has, as it read them. */
  messages(): Promise<readonly SesMessage[]>;
  close(): Promise<void>;
}

export interface SesMessage {
  readonly messageId: string;
  readonly from: string;
  readonly subject: string;
  readonly destination: { readonly to: readonly string[] };
  readonly body: { readonly text?: string };
}

export async function startSes(): Promise<TestSes> {
  const server = await startServer({ host: '127.0.0.1', port: 0 });
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    endpoint,
    async messages() {
      const { emails } = (await (await fetch(`${endpoint}/store`)).json()) as { emails: SesMessage[] };
      return emails;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
