import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { askDaemon } from '../../cli/client/ask-daemon.ts';
import { configSchema } from '../../cli/configuration.ts';
import { lockDirectory } from '../../db/datadir/lock.ts';
import { checkMetrics } from './daemon.ts';

let dataDir: string;
let lock: ReturnType<typeof lockDirectory>;
let server: Server;
let answer: RequestListener;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'iep-doctor-'));
  lock = lockDirectory(dataDir);
  server = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  lock.release();
  rmSync(dataDir, { recursive: true });
});

function look(port = (server.address() as AddressInfo).port) {
  const config = configSchema.parse({ dataDir, http: { port } });
  return Array.fromAsync(checkMetrics({ config, ask: askDaemon({ config, file: undefined, isDirectoryNamed: true }) }));
}

it('names the providers that the daemon leaves alone', async () => {
  answer = (_, response) =>
    response.end('iep_provider_breaker_state{provider="relay"} 2\niep_provider_breaker_state{provider="spare"} 0\n');
  expect(await look()).toMatchObject([{ check: 'breaker of relay', level: 'warning' }]);
});

it('says why it leaves a provider alone, where the daemon tells its operator', async () => {
  const state = {
    breaker: { state: 'open', retryAt: null },
    throttledUntil: null,
    health: { ok: false, detail: 'relay refuses our account: 535 no.' },
  };
  answer = ({ url }, response) =>
    response.end(
      url === '/metrics'
        ? 'iep_provider_breaker_state{provider="relay"} 2\n'
        : JSON.stringify({ items: [{ name: 'relay', source: 'store', callbacks: null, state }] }),
    );
  expect(await look()).toMatchObject([
    { check: 'breaker of relay', detail: expect.stringContaining('relay refuses our account: 535 no') },
  ]);
});

it('says that claims fail, and of which worker', async () => {
  const failing = 'iep_claim_failures{worker="outbox"} 7\niep_claim_failures{worker="webhooks"} 1\n';
  answer = (_, response) => response.end(`${failing}iep_provider_breaker_state{provider="relay"} 0\n`);
  expect(await look()).toMatchObject([{ check: 'claims of the outbox', level: 'broken' }, { check: 'breakers' }]);
});

it.each([
  [0, 'warning'],
  [1, 'ok'],
])('says whether the NATS door is connected (%i)', async (up, level) => {
  answer = (_, response) => response.end(`iep_nats_up ${up}\niep_provider_breaker_state{provider="relay"} 0\n`);
  expect(await look()).toMatchObject([{ check: 'nats', level }, { check: 'breakers' }]);
});

it('says that none is open', async () => {
  answer = (_, response) => response.end('iep_provider_breaker_state{provider="relay"} 1\n');
  expect(await look()).toMatchObject([{ check: 'breakers', level: 'ok' }]);
});

it.each<[string, RequestListener]>([
  ['answers with HTTP 403', (_, response) => response.writeHead(403).end()],
  ['tells of no provider', (_, response) => response.end('other_metric 1\n')],
  ['does not answer (the other side closed the connection and did not answer)', (request) => request.socket.destroy()],
])('says that it could not look where the daemon %s', async (why, listener) => {
  answer = listener;
  const [finding, ...others] = await look();
  expect(finding).toMatchObject({ check: 'breakers', level: 'warning', advice: expect.stringContaining('--config') });
  expect([finding?.detail.endsWith(why), others]).toEqual([true, []]);
});

it('says nothing where no daemon runs', async () => {
  lock.release();
  expect(await look(1)).toEqual([]);
});
