import { afterEach, expect, test } from 'vitest';
import { testCertificate, testKey } from '../../test/certificate.ts';
import { allowOldTls, handshake } from '../../test/old-tls.ts';
import {
  deliver,
  dial,
  greet,
  type LogLine,
  openDoor,
  plainAuth,
  rememberingLog,
  type TestDoor,
} from './door.testing.ts';

let door: TestDoor;

afterEach(() => door.close());

const tls = { cert: testCertificate, key: testKey, implicitPort: 0 };

test('STARTTLS: the session begins anew, and only then a login is taken', async () => {
  door = await openDoor({ tls, plaintextAuth: 'never', trustedNetworks: [] });
  const client = await dial(door.port);
  await client.reply();
  const plain = await client.say('EHLO x');
  expect(plain).toContain('STARTTLS');
  expect(plain).not.toContain('AUTH');
  expect(await client.say(plainAuth('acme', 'iep_acme_send'))).toMatch(/^538 5\.7\.11 /);
  expect(await client.say('STARTTLS')).toMatch(/^220 /);
  await client.startTls();
  expect(await client.say('MAIL FROM:<app@example.com>')).toMatch(/^503 /);
  const secure = await client.say('EHLO x');
  expect(secure).toContain('AUTH PLAIN LOGIN');
  expect(secure).not.toContain('STARTTLS');
  expect(await client.say(plainAuth('acme', 'iep_acme_send'))).toMatch(/^235 /);
  expect(await deliver(client)).toMatch(/^250 /);
  expect(door.taken[0]?.content).toMatch(/with ESMTPSA id/);
  client.close();
});

test('commands sent in the clear behind STARTTLS are never run', async () => {
  door = await openDoor({ tls });
  const client = await greet(door.port);
  client.send('STARTTLS\r\nMAIL FROM:<evil@example.com>\r\nRCPT TO:<user@example.net>\r\n');
  expect(await client.reply()).toMatch(/^220 /);
  await client.startTls();
  expect(await client.say('EHLO x')).toMatch(/^250/);
  expect(await client.say('DATA')).toMatch(/^503 /);
  client.close();
});

test('a login made before STARTTLS does not outlive it', async () => {
  door = await openDoor({ tls, trustedNetworks: [] });
  const client = await greet(door.port);
  await client.say(plainAuth('acme', 'iep_acme_send'));
  await client.say('STARTTLS');
  await client.startTls();
  await client.say('EHLO x');
  expect(await client.say('MAIL FROM:<app@example.com>')).toMatch(/^530 /);
  client.close();
});

test('the implicit port speaks TLS from the first byte', async () => {
  door = await openDoor({ tls, plaintextAuth: 'never', trustedNetworks: [] });
  expect(door.implicitPort).toBeGreaterThan(0);
  const client = await dial(door.implicitPort, { tls: true });
  expect(await client.reply()).toMatch(/^220 /);
  expect(await client.say('EHLO x')).not.toContain('STARTTLS');
  expect(await client.say(plainAuth('acme', 'iep_acme_send'))).toMatch(/^235 /);
  expect(await deliver(client, `Subject: big\r\n\r\n${'x'.repeat(500_000)}\r\n`)).toMatch(/^250 /);
  expect(door.taken[0]?.content).toMatch(/with ESMTPSA id/);
  client.close();
});

test('a handshake that fails ends that connection, is noted, and nobody else suffers', async () => {
  door = await openDoor({ tls });
  const noTls = await dial(door.implicitPort);
  noTls.send('EHLO x\r\n');
  await noTls.rest();

  const broken = await greet(door.port);
  expect(await broken.say('STARTTLS')).toMatch(/^220 /);
  broken.send('this is no handshake\r\n');
  await broken.rest();

  const fine = await greet(door.port);
  expect(await deliver(fine)).toMatch(/^250 /);
  expect(door.log.filter(({ message }) => message === 'connection failed')).toHaveLength(2);
  fine.close();
});

test('nothing older than TLS 1.2 is spoken', async () => {
  const undo = allowOldTls();
  door = await openDoor({ tls });
  undo();
  await handshake(door.implicitPort, 'TLSv1.2');
  await expect(handshake(door.implicitPort, 'TLSv1.1')).rejects.toMatchObject({
    code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
  });
});

test('without a certificate there is no TLS to offer', async () => {
  door = await openDoor();
  const client = await greet(door.port);
  expect(await client.say('EHLO x')).not.toContain('STARTTLS');
  expect(await client.say('STARTTLS')).toMatch(/^500 /);
  client.close();
});

test('when the implicit port is taken, the door does not open at all', async () => {
  door = await openDoor({ tls });
  const log: LogLine[] = [];
  const again = openDoor({ tls: { ...tls, implicitPort: door.implicitPort } }, { deps: { log: rememberingLog(log) } });
  await expect(again).rejects.toMatchObject({ code: 'EADDRINUSE' });
  expect(log).toEqual([]);
});
