/** A daemon as the dashboard meets it, with what the stories need: keys, and the API at hand. */

import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createLog } from '../../src/base/observe/log.ts';
import { checkConfig } from '../../src/cli/configuration.ts';
import type { ConfigInput } from '../../src/config/schema.ts';
import { type Daemon, startDaemon } from '../../src/daemon/daemon.ts';

export interface Platform {
  readonly url: string;
  readonly keys: { readonly operator: string; readonly tenant: string };
  readonly daemon: Daemon;
  /** One call, as the operator unless another key is given; rejects where the answer is a refusal. */
  call<T = Record<string, unknown>>(method: string, path: string, body?: unknown, init?: CallInit): Promise<T>;
  /** As SIGHUP does, of a configuration with these changes. */
  reload(changes: ConfigInput): Promise<void>;
  stop(): Promise<void>;
}

interface CallInit {
  readonly key?: string;
  readonly tenant?: string;
}

/** `port` 0: any free one. */
export async function startPlatform({
  document = {},
  port = 0,
  dev = true,
}: {
  document?: ConfigInput;
  port?: number;
  dev?: boolean;
} = {}): Promise<Platform> {
  const directory = mkdtempSync(join(tmpdir(), 'iep-ui-'));
  const configOf = (changes: ConfigInput) =>
    checkConfig({
      document: {
        ...{ dataDir: join(directory, 'data'), http: { port }, smtp: { port: 0 }, health: { intervalSeconds: 0 } },
        ...{ local: { control: join(directory, 'control.sock'), submit: join(directory, 'submit.sock') } },
        ...{ providers: { dev: { type: 'capture' } }, routing: { primary: 'dev' }, shutdownSeconds: 1 },
        ...{ ...document, ...changes },
      },
      ...{ env: {}, directory, source: 'test' },
    });
  const daemon = await startDaemon({
    config: configOf({}),
    dev,
    log: createLog({
      level: 'error',
      showAddresses: false,
      destination: { write: (line) => void process.stderr.write(line) },
    }),
  });
  const url = `http://127.0.0.1:${daemon.http.port}`;
  const operator = await operatorKey(join(directory, 'control.sock'));
  const keys = { operator, tenant: daemon.firstRun?.key ?? '' };
  return {
    url,
    keys,
    daemon,
    async call<T>(method: string, path: string, body?: unknown, { key = operator, tenant }: CallInit = {}) {
      const response = await fetch(url + path, {
        method,
        headers: {
          'x-api-key': key,
          ...(tenant !== undefined && { 'x-iep-tenant': tenant }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const answer = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${answer}`);
      return (answer === '' ? undefined : JSON.parse(answer)) as T;
    },
    reload: (changes) => daemon.reload({ config: configOf(changes), files: new Map() }),
    async stop() {
      await daemon.stop('test');
      rmSync(directory, { recursive: true });
    },
  };
}

/** Over the socket of the machine, which asks for none. */
async function operatorKey(socketPath: string): Promise<string> {
  const body = JSON.stringify({ scopes: ['operator'], name: 'dashboard' });
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const answer = await new Promise<string>((resolve, reject) => {
    const asked = request({ socketPath, method: 'POST', path: '/v1/admin/keys', headers }, (response) => {
      text(response).then(resolve, reject);
    });
    asked.on('error', reject);
    asked.end(body);
  });
  return (JSON.parse(answer) as { key: string }).key;
}
