/** The door for mail that comes back: whom it takes mail for, when it says 250, and what strangers may not do with it. */

import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { testCertificate, testKey } from '../../test/certificate.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { createIds } from '../core/ids.ts';
import { type Returned, readReturnPath, writeReturnPath } from '../core/return-path.ts';
import { dial, greet, type LogLine, type RawClient, rememberingLog } from './door.testing.ts';
import {
  createReportListener,
  type ReportDoorDeps,
  type ReportDoorOptions,
  type ReportListener,
} from './report-listener.ts';

const domain = 'bounces.example.com';
const key = randomBytes(32);
const newId = createIds(systemClock);
const token = (returned: Returned) => writeReturnPath(returned, { key, domain });

interface Taken {
  readonly text: string;
  readonly returned: readonly (Returned | undefined)[];
}

let listener: ReportListener;
let port: number;
let taken: Taken[];
let lines: LogLine[];
let hasDomain: boolean;
let take: ReportDoorDeps['take'];

beforeEach(async () => {
  taken = [];
  lines = [];
  hasDomain = true;
  take = async (bytes, returned) => taken.push({ text: Buffer.from(bytes).toString('latin1'), returned });
  await open();
});
afterEach(() => listener.stop(0));

async function open(options: Partial<ReportDoorOptions> = {}, clock: Clock = systemClock): Promise<void> {
  await listener?.stop(0);
  listener = createReportListener(
    {
      ...{ clock, log: rememberingLog(lines) },
      reader: async () => (hasDomain ? (address) => readReturnPath(address, { keys: [key], domain }) : undefined),
      take: (...input) => take(...input),
    },
    { host: '127.0.0.1', port: 0, hostname: 'mail.example.com', domain, ...options },
  );
  ({ port } = await listener.start());
}

const mail = async (client: RawClient) => expect(await client.say('MAIL FROM:<>')).toMatch(/^250 /);
const rcpt = (client: RawClient, address: string) => client.say(`RCPT TO:<${address}>`);

async function report(client: RawClient, text = 'Subject: failure\r\n\r\nNo.\r\n'): Promise<string> {
  expect(await client.say('DATA')).toMatch(/^354 /);
  client.send(`${text}.\r\n`);
  return client.reply();
}

it('takes mail for a return path of its own, in any case, for several of them, and without a login', async () => {
  const [one, other] = [
    { messageId: newId(), position: 0 },
    { messageId: newId(), position: 3 },
  ];
  const client = await greet(port);
  await mail(client);
  expect(await rcpt(client, token(one).toUpperCase())).toMatch(/^250 /);
  expect(await rcpt(client, token(other))).toMatch(/^250 /);
  expect(await report(client, 'Subject: failure\r\n\r\n..a dot\r\n')).toMatch(/^250 2\.0\.0 /);
  expect(taken).toEqual([{ text: 'Subject: failure\r\n\r\n.a dot\r\n', returned: [one, other] }]);
  await mail(client);
  expect(await rcpt(client, `Postmaster@${domain}`)).toMatch(/^250 /);
  expect(await report(client)).toMatch(/^250 /);
  expect(taken[1]?.returned).toEqual([undefined]);
  client.close();
});

it.each([
  ['another domain', 'ada@example.com', /^550 5\.7\.1 /],
  [
    'a return path of another domain',
    token({ messageId: newId(), position: 0 }).replace(domain, 'x.example'),
    /^550 5\.7\.1 /,
  ],
  ['the postmaster elsewhere', 'postmaster@example.com', /^550 5\.7\.1 /],
  ['another name at the domain', `ada@${domain}`, /^550 5\.7\.1 /],
  ['a route', `"ada%example.com"@${domain}`, /^550 5\.7\.1 /],
  ['a forged token', `b+${'a'.repeat(48)}@${domain}`, /^550 5\.1\.1 /],
  ['a damaged token', token({ messageId: newId(), position: 0 }).replace('b+', 'b+a'), /^550 5\.1\.1 /],
  ['no token', `b+@${domain}`, /^550 5\.1\.1 /],
])('refuses %s', async (_what, address, reply) => {
  const client = await greet(port);
  await mail(client);
  expect(await rcpt(client, address)).toMatch(reply);
  expect(await client.say('DATA')).toMatch(/^503 /);
  expect(taken).toEqual([]);
  client.close();
});

it('takes nothing where there is no domain any more, and no logins at all', async () => {
  const client = await greet(port);
  expect(await client.say('EHLO x')).not.toMatch(/AUTH|STARTTLS/);
  expect(await client.say('AUTH PLAIN AGEAYg==')).toMatch(/^50\d /);
  hasDomain = false;
  expect(await client.say('MAIL FROM:<>')).toMatch(/^550 5\.7\.1 /);
  client.close();
});

it('says 250 only after what it says is on disk, and 451 where that fails', async () => {
  const kept = Promise.withResolvers<number>();
  const asked = Promise.withResolvers<void>();
  take = () => {
    asked.resolve();
    return kept.promise;
  };
  const client = await greet(port);
  await mail(client);
  await rcpt(client, token({ messageId: newId(), position: 0 }));
  const reply = report(client);
  await asked.promise;
  const first = await Promise.race([reply, Promise.resolve('nothing yet')]);
  expect(first).toBe('nothing yet');
  kept.resolve(1);
  expect(await reply).toMatch(/^250 /);

  take = () => Promise.reject(new Error('the disk is gone'));
  await mail(client);
  await rcpt(client, token({ messageId: newId(), position: 0 }));
  expect(await report(client)).toMatch(/^451 4\.3\.0 /);
  expect(lines.some(({ level, message }) => level === 'error' && message.includes('not taken'))).toBe(true);
  client.close();
});

it('reads past what is more than the beginning, and refuses what is larger than any report', async () => {
  const client = await greet(port);
  await mail(client);
  await rcpt(client, token({ messageId: newId(), position: 0 }));
  expect(await report(client, `Subject: failure\r\n\r\n${`${'x'.repeat(998)}\r\n`.repeat(600)}`)).toMatch(/^250 /);
  expect(taken[0]?.text.length).toBe(256 * 1024);
  expect(await client.say('MAIL FROM:<> SIZE=99999999')).toMatch(/^552 /);
  client.close();
});

it('hides no second mail in a first one', async () => {
  const address = token({ messageId: newId(), position: 0 });
  const client = await greet(port);
  for (const end of ['\n.\n', '\r\n.\n', '\n.\r\n', '\r.\r']) {
    await mail(client);
    await rcpt(client, address);
    const inner = `MAIL FROM:<>\r\nRCPT TO:<${address}>\r\nDATA\r\nSubject: second\r\n`;
    expect(await report(client, `Subject: first\r\n\r\nx${end}${inner}`)).toMatch(/^250 /);
  }
  expect(taken).toHaveLength(4);
  client.close();
});

it('lets anybody write to the postmaster only now and then, and one address more seldom', async () => {
  for (const [host, taken] of [
    [1, 3],
    [2, 3],
    [3, 3],
    [4, 1],
  ]) {
    const client = await greet(port, { localAddress: `127.0.0.${host}` });
    await mail(client);
    for (let count = 0; count < (taken ?? 0); count += 1)
      expect(await rcpt(client, `postmaster@${domain}`)).toMatch(/^250 /);
    expect(await rcpt(client, `postmaster@${domain}`)).toMatch(/^451 4\.7\.1 /);
    expect(await rcpt(client, token({ messageId: newId(), position: 0 }))).toMatch(/^250 /);
    client.close();
  }
});

it('has one address keep for later what is too much in a minute, and hears others meanwhile', async () => {
  const client = await greet(port);
  for (let count = 0; count < 600; count += 1) {
    await mail(client);
    expect(await client.say('RSET')).toMatch(/^250 /);
  }
  expect(await client.say('MAIL FROM:<>')).toMatch(/^451 4\.7\.1 .*try again in 60 s/);
  client.close();
  const other = await greet(port, { localAddress: '127.0.0.2' });
  await mail(other);
  other.close();
});

it('gives a quarter of its connections to one address, and sends away who errs again and again', async () => {
  const sockets = Array.from({ length: 60 }, () => connect({ port, host: '127.0.0.1' }));
  const greetings = await Promise.all(
    sockets.map((socket) => new Promise<string>((resolve) => socket.once('data', (data) => resolve(String(data))))),
  );
  expect(greetings.filter((line) => line.startsWith('220 '))).toHaveLength(50);
  expect(greetings.filter((line) => line.startsWith('421 '))).toHaveLength(10);
  for (const socket of sockets) socket.destroy();
  await open();
  const client = await greet(port);
  for (let count = 0; count < 6; count += 1) client.send('NONSENSE\r\n');
  expect(await client.rest()).toMatch(/421 4\.7\.0 Too many errors/);
});

it('offers STARTTLS with the certificate that it is given', async () => {
  await open({ tls: { cert: testCertificate, key: testKey } });
  const client = await dial(port);
  await client.reply();
  expect(await client.say('EHLO x')).toContain('STARTTLS');
  await client.say('STARTTLS');
  await client.startTls();
  expect(await client.say('EHLO x')).not.toMatch(/STARTTLS|AUTH/);
  const returned = { messageId: newId(), position: 1 };
  await mail(client);
  await rcpt(client, token(returned));
  expect(await report(client)).toMatch(/^250 /);
  expect(taken[0]?.returned).toEqual([returned]);
  client.close();
});
