/** The door as real clients use it: nodemailer over plain, pooled and TLS connections; signed mail; many at once. */

import { createHash, createPublicKey, createVerify, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createTransport } from 'nodemailer';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { testCertificate, testKey } from '../../test/certificate.ts';
import { deliver, greet, openDoor, type TestDoor } from './door.testing.ts';

let door: TestDoor;

beforeEach(async () => {
  door = await openDoor({ tls: { cert: testCertificate, key: testKey, implicitPort: 0 } });
});
afterEach(() => door.close());

const mail = {
  from: 'Jürgen <app@example.com>',
  to: ['a@example.net', 'B <b@example.net>'],
  cc: 'c@example.net',
  bcc: 'secret@example.net',
  subject: 'Grüße ✓',
  text: '.\r\n..\r\nHallo, Jürgen\r\n.',
  html: '<p>Hallo</p>',
  headers: { 'X-IEP-Tag': 'welcome', 'X-IEP-Priority': 'high' },
};

test('a mail of nodemailer arrives with all it names', async () => {
  const transport = createTransport({
    host: '127.0.0.1',
    port: door.port,
    requireTLS: true,
    tls: { rejectUnauthorized: false },
    auth: { user: 'acme', pass: 'iep_acme_send' },
  });
  const sent = await transport.sendMail(mail);
  transport.close();

  const [taken] = door.taken;
  expect(sent.response).toBe(`250 2.0.0 queued as ${taken?.submission.id}`);
  expect(taken?.submission).toMatchObject({
    from: { email: 'app@example.com', name: 'Jürgen' },
    to: [{ email: 'a@example.net' }, { email: 'b@example.net', name: 'B' }],
    cc: [{ email: 'c@example.net' }],
    rcpt: ['a@example.net', 'b@example.net', 'c@example.net', 'secret@example.net'],
    subject: 'Grüße ✓',
    messageIdHeader: sent.messageId,
    tags: ['welcome'],
    lane: 'high',
  });
  expect(taken?.content).not.toContain('secret@');
  expect(taken?.content).not.toMatch(/x-iep/i);
});

test('a login that is refused is an error of the login to the client', async () => {
  const transport = createTransport({
    host: '127.0.0.1',
    port: door.implicitPort,
    secure: true,
    tls: { rejectUnauthorized: false },
    auth: { user: 'acme', pass: 'iep_wrong' },
  });
  await expect(transport.sendMail(mail)).rejects.toMatchObject({ code: 'EAUTH', responseCode: 535 });
  transport.close();
});

test('a DKIM signature that came with the message still verifies', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const transport = createTransport({
    host: '127.0.0.1',
    port: door.port,
    ignoreTLS: true,
    dkim: {
      domainName: 'example.com',
      keySelector: 'test',
      privateKey: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    },
  });
  await transport.sendMail(mail);
  transport.close();

  const content = door.taken[0]?.content ?? '';
  const publicKey = createPublicKey(privateKey);
  expect(verifyDkim(content, publicKey)).toBe(true);
  // The check itself can fail: on a changed body, and on a changed field that was signed.
  expect(verifyDkim(content.replace('Hallo', 'Hello'), publicKey)).toBe(false);
  expect(verifyDkim(content.replace('a@example.net', 'x@example.net'), publicKey)).toBe(false);
});

test('50 sessions at once, each with ten messages, lose and mix nothing', async () => {
  const replies = await Promise.all(
    Array.from({ length: 50 }, async (_, session) => {
      const client = await greet(door.port);
      const ids = [];
      for (let n = 0; n < 10; n++) {
        const reply = await deliver(client, `Subject: ${session}/${n}\r\n\r\n${`${session} `.repeat(n * 1000)}\r\n`);
        ids.push([reply.replace('250 2.0.0 queued as ', ''), `${session}/${n}`] as const);
      }
      expect(await client.say('QUIT')).toMatch(/^221 /);
      return ids;
    }),
  );
  const heard = new Map(replies.flat());
  expect(heard.size).toBe(500);
  expect(door.taken).toHaveLength(500);
  for (const { submission } of door.taken) expect(heard.get(submission.id ?? '')).toBe(submission.subject);
});

/** RFC 6376 §6.1 for what nodemailer signs: rsa-sha256 and relaxed/relaxed, without a body length. */
function verifyDkim(message: string, key: KeyObject): boolean {
  const split = message.indexOf('\r\n\r\n');
  const fields = message.slice(0, split).split(/\r\n(?![ \t])/);
  const signature = fields.find((field) => /^dkim-signature:/i.test(field)) ?? '';
  const tags = new Map(
    signature
      .slice(signature.indexOf(':') + 1)
      .split(';')
      .map((tag) => tag.replace(/\s+/g, ''))
      .map((tag) => [tag.slice(0, tag.indexOf('=')), tag.slice(tag.indexOf('=') + 1)] as const),
  );
  if (tags.get('c') !== 'relaxed/relaxed' || tags.get('a') !== 'rsa-sha256')
    throw new Error('not what nodemailer signs');

  const lines = message.slice(split + 4).split('\r\n');
  const body = lines.map((line) => line.replace(/[ \t]+/g, ' ').replace(/ $/, '')).join('\r\n');
  const canonical = body.replace(/(?:\r\n)*$/, '\r\n');
  if (createHash('sha256').update(canonical, 'latin1').digest('base64') !== tags.get('bh')) return false;

  const relaxed = (field: string) => {
    const colon = field.indexOf(':');
    const value = field
      .slice(colon + 1)
      .replace(/\r\n/g, '')
      .replace(/[ \t]+/g, ' ')
      .trim();
    return `${field.slice(0, colon).trim().toLowerCase()}:${value}`;
  };
  const signed = (tags.get('h') ?? '').toLowerCase().split(':');
  // The last field of a name is signed first (RFC 6376 §5.4.2); each of these names occurs once.
  const named = signed.map((name) => fields.find((field) => relaxed(field).startsWith(`${name}:`)));
  const header = named.filter((field) => field !== undefined).map((field) => `${relaxed(field)}\r\n`);
  const unsigned = relaxed(signature.replace(/(\bb=)[^;]*$/, '$1'));
  const verify = createVerify('sha256').update(`${header.join('')}${unsigned}`, 'latin1');
  return verify.verify(key, tags.get('b') ?? '', 'base64');
}
