/** Who may stay connected when many want to, and for how long a stranger may say nothing. */

import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { testCertificate, testKey } from '../../test/certificate.ts';
import { createManualClock } from '../../test/manual-clock.ts';
import { deliver, dial, greet, openDoor, plainAuth, type RawClient, type TestDoor } from './door.testing.ts';

let door: TestDoor;
const clients: { close(): void }[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await door.close();
});

const tls = { cert: testCertificate, key: testKey, implicitPort: 0 };
const trustedNetworks = [{ cidr: '127.0.0.9/32', tenant: 'acme' }];

function keep<T extends { close(): void }>(client: T): T {
  clients.push(client);
  return client;
}

const from = async (host: number) => keep(await dial(door.port, { localAddress: `127.0.0.${host}` }));

async function loggedIn(host: number): Promise<RawClient> {
  const client = keep(await greet(door.port, { localAddress: `127.0.0.${host}` }));
  expect(await client.say(plainAuth('acme', 'iep_acme_send'))).toMatch(/^235 /);
  return client;
}

/** A socket that says nothing, from an address of its own. */
function silent(port: number, host: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: `127.0.0.${host}` });
  socket.on('error', () => undefined);
  keep({ close: () => socket.destroy() });
  return new Promise((resolve) => socket.once('connect', () => resolve(socket)));
}

test('one address gets a quarter of the connections, and is told so in the greeting', async () => {
  door = await openDoor({ maxConnections: 8, trustedNetworks });
  for (let n = 0; n < 2; n += 1) expect(await (await from(2)).reply()).toMatch(/^220 /);
  const third = await from(2);
  expect(await third.reply()).toBe('421 4.7.1 Too many connections from this address; try again in 5 s');
  expect(await third.rest()).toBe('');
  expect(await (await from(3)).reply()).toMatch(/^220 /);
});

test('silent sessions of many addresses make room: for strangers, for trusted networks, for who logs in', async () => {
  door = await openDoor({ maxConnections: 8, trustedNetworks });
  const idle = [];
  for (let host = 20; host < 26; host += 1) idle.push(await from(host));
  for (const client of idle) expect(await client.reply()).toMatch(/^220 /);
  for (let n = 0; n < 8; n += 1) {
    const client = await loggedIn(30 + n);
    expect(await deliver(client)).toMatch(/^250 /);
    client.close();
    const trusted = keep(await greet(door.port, { localAddress: '127.0.0.9' }));
    expect(await deliver(trusted)).toMatch(/^250 /);
    trusted.close();
  }
  expect(await idle[0]?.reply()).toBe('421 4.7.0 Others need this connection');
  expect(await idle[0]?.rest()).toBe('');
});

test('the logins of one tenant get half of the connections', async () => {
  door = await openDoor({ maxConnections: 8, trustedNetworks });
  for (let n = 0; n < 4; n += 1) await loggedIn(2);
  const fifth = keep(await greet(door.port));
  expect(await fifth.say(plainAuth('acme', 'iep_acme_send'))).toBe(
    '451 4.7.1 This tenant has 4 connections already; try again in 5 s',
  );
  expect(await fifth.say(plainAuth('globex', 'iep_globex_send'))).toMatch(/^235 /);
});

test('silent sockets on the implicit port make room, and its sessions are counted with the others', async () => {
  door = await openDoor({ maxConnections: 8, trustedNetworks, tls });
  const sockets = [];
  for (let n = 0; n < 12; n += 1) sockets.push(await silent(door.implicitPort, 40 + n));
  const client = keep(await greet(door.implicitPort, { tls: true }));
  expect(await client.say(plainAuth('acme', 'iep_acme_send'))).toMatch(/^235 /);
  expect(await deliver(client)).toMatch(/^250 /);
  expect(await (await from(3)).reply()).toMatch(/^220 /);
});

const ended = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()));

test('a TLS handshake has ten seconds, on the implicit port and after STARTTLS', async () => {
  const clock = createManualClock();
  door = await openDoor({ trustedNetworks, tls }, { deps: { clock } });
  const socket = await silent(door.implicitPort, 2);
  socket.resume();
  const client = keep(await greet(door.port));
  expect(await client.say('STARTTLS')).toMatch(/^220 /);
  const both = Promise.all([ended(socket), client.rest()]);
  client.send(Buffer.from([0x16, 0x03]));
  socket.write(Buffer.from([0x16, 0x03]));
  // A session elsewhere shows that the door has seen both.
  await greet(door.port).then(keep);
  await clock.advance(10_000);
  await both;
});

test('a stranger has thirty seconds for its first command and two minutes for its login; others have their time', async () => {
  const clock = createManualClock();
  door = await openDoor({ trustedNetworks }, { deps: { clock } });
  const mute = await from(2);
  await mute.reply();
  const slow = keep(await greet(door.port));
  const trusted = keep(await greet(door.port, { localAddress: '127.0.0.9' }));
  const member = await loggedIn(3);
  await clock.advance(30_000);
  expect(await mute.reply()).toBe('421 4.4.2 That took too long');
  expect(await slow.say('NOOP')).toMatch(/^250 /);
  await clock.advance(89_000);
  expect(await slow.say('NOOP')).toMatch(/^250 /);
  await clock.advance(1_000);
  expect(await slow.reply()).toBe('421 4.4.2 That took too long');
  expect(await deliver(trusted)).toMatch(/^250 /);
  expect(await deliver(member)).toMatch(/^250 /);
});
