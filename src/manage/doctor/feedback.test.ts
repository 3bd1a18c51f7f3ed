/** What the doctor says of where mail comes back to, over a real name server. */

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { testCertificate, testKey } from '../../../test/certificate.ts';
import { createNameServer, type NameServer } from '../../../test/name-server.ts';
import { systemClock as clock } from '../../core/clock.ts';
import { createDns } from '../domains/dns.ts';
import { checkFeedback, type FeedbackPatient } from './feedback.ts';
import type { Finding } from './finding.ts';

let names: NameServer;
beforeEach(async () => {
  names = await createNameServer();
});
afterEach(() => names.close());

async function look(
  feedback: Partial<FeedbackPatient['config']['feedback']> = { domain: 'bounces.example.com' },
): Promise<Finding[]> {
  const found: Finding[] = [];
  const openDns = createDns({ clock }, { servers: [names.address] });
  const config = { feedback: { host: '0.0.0.0', mailboxes: [], ...feedback } };
  for await (const finding of checkFeedback({ config, clock, openDns, tokens: undefined })) found.push(finding);
  return found;
}

it('warns of a listener that nobody reaches', async () => {
  const found = await look({ domain: 'bounces.example.com', port: 2626, host: '127.0.0.1' });
  expect(found[0]).toMatchObject({
    level: 'warning',
    detail: expect.stringContaining('no mail server of others reaches'),
  });
  expect(found[1]?.advice).toContain('mail comes to port 25');
});

it('looks at nothing where no domain is set', async () => {
  expect(await look({})).toEqual([]);
  expect(names.asked).toEqual([]);
});

it('names the hosts that the MX names', async () => {
  names.mx('bounces.example.com', 'mx1.example.com', 'mx2.example.com');
  expect(await look()).toEqual([
    expect.objectContaining({ level: 'ok', detail: expect.stringContaining('mx1.example.com, mx2.example.com') }),
  ]);
});

it('says what to publish where there is none, and that DNS could not be asked', async () => {
  expect(await look({ domain: 'bounces.example.com', port: 25 })).toEqual([
    expect.objectContaining({ level: 'warning', advice: expect.stringContaining('0.0.0.0:25') }),
  ]);
  names.fail('bounces.example.com', 'SERVFAIL');
  expect(await look()).toEqual([
    expect.objectContaining({ level: 'warning', detail: expect.stringContaining('SERVFAIL') }),
  ]);
});

it('says what to do about a certificate of a mailbox that this machine does not trust, and about another name', async () => {
  const server = createServer({ cert: testCertificate, key: testKey }, (socket) => socket.on('error', () => undefined));
  server.on('tlsClientError', () => undefined);
  await once(server.listen(0), 'listening');
  const mailbox = { username: 'bounces', password: 'x', folder: 'INBOX', port: (server.address() as AddressInfo).port };
  const advised = async (more: object) =>
    (await look({ mailboxes: [{ host: '127.0.0.1', ...mailbox, tls: 'implicit', ...more }] })).map(
      ({ advice }) => advice,
    );
  expect(await advised({})).toEqual([
    'If the server is yours, set feedback.mailboxes.0.ca to the certificate of the authority that signed its own.',
  ]);
  expect(await advised({ host: '0.0.0.0', ca: testCertificate })).toEqual([
    'Set feedback.mailboxes.0.host to a name that the certificate has.',
  ]);
  server.close();
});
