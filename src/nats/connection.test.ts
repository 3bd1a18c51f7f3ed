/** What is told of something at `nats.servers` that is no NATS server: a server of the test that hangs up or says something else. */

import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { eventually } from '../../test/eventually.ts';
import { systemClock } from '../core/clock.ts';
import { keepConnected } from './connection.ts';

async function stateAt(greet: (socket: Socket) => void): Promise<string | undefined> {
  const server = createServer(greet);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const states: (string | undefined)[] = [];
  const link = keepConnected(
    {
      ...{ clock: systemClock, random: Math.random, begin: () => undefined, onRefused: () => undefined },
      onState: (problem) => void states.push(problem),
    },
    { servers: [`nats://127.0.0.1:${port}`] },
  );
  await eventually(() => expect(states).not.toEqual([]));
  await link.close();
  server.close();
  return states[0];
}

it('says that what listens there hung up', async () => {
  expect(await stateAt((socket) => socket.destroy())).toMatch(/hung up.*`nats\.servers`/);
});

it('says that what listens there does not speak NATS', async () => {
  expect(await stateAt((socket) => socket.end('INFO {nothing of ours\r\n'))).toMatch(
    /does not speak NATS.*`nats\.servers`/,
  );
});
