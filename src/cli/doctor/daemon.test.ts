import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { configSchema } from '../../config/schema.ts';
import { checkBreakers } from './daemon.ts';

it('names the providers that the daemon leaves alone', async () => {
  const server = createServer((_, answer) => {
    answer.end('iep_provider_breaker_state{provider="relay"} 2\niep_provider_breaker_state{provider="spare"} 0\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const config = configSchema.parse({ http: { port } });
  const findings = await Array.fromAsync(checkBreakers(config));
  expect(findings).toMatchObject([{ check: 'breaker of relay', level: 'warning' }]);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  expect(await Array.fromAsync(checkBreakers(config))).toEqual([]);
});
