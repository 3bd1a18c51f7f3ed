/** What somebody without a key can do, from one address or two. */

import { once } from 'node:events';
import { connect as connectTls } from 'node:tls';
import { again, createCaller, hold, type NeighbourTarget, SECOND_STRANGER, STRANGER } from './calls.ts';
import type { Means } from './means.ts';

export const strangerMeans: readonly Means[] = [
  {
    name: 'query-fields',
    tells: 'calls of /health with a field of the query that has a name of 15 KB',
    run: (target) => {
      const call = createCaller(target, STRANGER);
      const path = `/health?auth${'.a'.repeat(7_500)}=1`;
      return again(target, { count: 4 }, () => call({ path }));
    },
  },
  {
    name: 'silent-tls',
    tells: '600 connections to the implicit TLS port that say nothing',
    run: async (target) => {
      const port = target.smtpsPort;
      await Promise.all([
        hold(target, { port, localAddress: STRANGER, count: 300 }),
        hold(target, { port, localAddress: SECOND_STRANGER, count: 300 }),
      ]);
    },
  },
  {
    name: 'idle-sessions',
    tells: '600 SMTP sessions of two addresses that are greeted and fall silent',
    run: async (target) => {
      const port = target.smtpPort;
      await Promise.all([
        hold(target, { port, localAddress: STRANGER, count: 300 }, (socket) => socket.write('EHLO x\r\n')),
        hold(target, { port, localAddress: SECOND_STRANGER, count: 300 }, (socket) => socket.write('EHLO x\r\n')),
      ]);
    },
  },
  {
    name: 'slow-headers',
    tells: '1,200 HTTP connections whose header never ends',
    run: (target) =>
      hold(target, { port: target.httpPort, localAddress: STRANGER, count: 1_200 }, (socket) =>
        socket.write('GET /health HTTP/1.1\r\nhost: x\r\nx-more: '),
      ),
  },
  {
    name: 'wrong-keys',
    tells: 'guesses at the secret of a key whose prefix is known, 32 at once',
    run: (target) => {
      const call = createCaller(target, STRANGER);
      let serial = 0;
      return again(target, { count: 32 }, () => {
        serial += 1;
        // The secret is the last part; its last characters are others each time.
        const key = target.key.slice(0, -8) + serial.toString(36).padStart(8, '0');
        return call({ path: '/v1/messages', key });
      });
    },
  },
  {
    name: 'pipelined-commands',
    tells: 'a thousand SMTP commands in one packet, again and again, and no reply is read',
    run: (target) => {
      const commands = 'NOOP\r\n'.repeat(1_000);
      return hold(target, { port: target.smtpPort, localAddress: STRANGER, count: 8 }, (socket) => {
        socket.pause();
        const write = () => socket.write(commands, () => setImmediate(write));
        socket.write('EHLO x\r\n', write);
        socket.on('close', () => socket.removeAllListeners('drain'));
      });
    },
  },
  {
    name: 'unsigned-callbacks',
    tells: 'callbacks of 5 MB that no vendor signed, for each vendor in turn, two at once',
    run: (target) => {
      const call = createCaller(target, STRANGER);
      const body = Buffer.from(`{"signature":{},"event-data":[${'[],'.repeat(1_700_000)}[]]}`);
      let serial = 0;
      return again(target, { count: 2, restMs: 50 }, () => {
        serial += 1;
        const provider = target.vendors[serial % target.vendors.length];
        return call({ method: 'POST', path: `/hooks/${provider}`, body });
      });
    },
  },
  {
    name: 'handshakes',
    tells: 'TLS handshakes, each on a connection of its own, sixteen at once',
    run: (target) => again(target, { count: 16 }, () => shakeHands(target)),
  },
  {
    name: 'pipelined-requests',
    tells: 'a hundred requests in one packet for pages that are not there, on eight connections',
    run: (target) => {
      const requests = 'GET /nothing HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(100);
      return hold(target, { port: target.httpPort, localAddress: STRANGER, count: 8 }, (socket) => {
        socket.on('data', () => undefined);
        const write = () => socket.write(requests, () => setTimeout(write, 5));
        write();
      });
    },
  },
];

async function shakeHands({ smtpsPort }: NeighbourTarget): Promise<void> {
  const at = { host: '127.0.0.1', port: smtpsPort, localAddress: STRANGER, rejectUnauthorized: false };
  const socket = connectTls(at);
  await once(socket, 'secureConnect').catch(() => undefined);
  socket.destroy();
}
