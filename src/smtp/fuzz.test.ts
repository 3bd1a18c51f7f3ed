/** Any stream of commands and bytes, in any chunks: the door never breaks, and takes only messages it said yes to. */

import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deliver, dial, greet, openDoor, plainAuth, type TestDoor } from './door.testing.ts';

let door: TestDoor;
const faults: unknown[] = [];
const note = (fault: unknown) => faults.push(fault);

beforeAll(async () => {
  process.on('unhandledRejection', note);
  process.on('uncaughtException', note);
  door = await openDoor({ maxMessageBytes: 4096, maxRecipients: 3, maxConnections: 2000 });
});
afterAll(async () => {
  await door.close();
  process.off('unhandledRejection', note);
  process.off('uncaughtException', note);
});

const line = fc.constantFrom(
  'EHLO app.example.com\r\n',
  'HELO x\r\n',
  'EHLO\r\n',
  'EHLO \xff\x00\r\n',
  'RSET\r\n',
  'NOOP\n',
  'QUIT\r\n',
  'HELP\r\n',
  'MAIL FROM:<app@example.com>\r\n',
  'MAIL FROM:<>\r\n',
  'mail from:<a@b> SIZE=99999999999999999999\r\n',
  'MAIL FROM:<a@b> BODY=8BITMIME SMTPUTF8 X=+0D+0A\r\n',
  'MAIL FROM:\r\n',
  'MAIL FROM:<@x:a@b> SIZE\r\n',
  'RCPT TO:<user@example.net>\r\n',
  'RCPT TO:<j\xc3\xbcrgen@example.net>\r\n',
  'RCPT TO:<\xff@\xff>\r\n',
  'RCPT TO:<">"@x>\r\n',
  'DATA\r\n',
  'DATA now\r\n',
  'BDAT 5 LAST\r\n',
  'Subject: s\r\n\r\nbody\r\n',
  '.\r\n',
  '\r\n.\r\n',
  '..\r\n',
  '\n.\n',
  '\r.\r',
  'AUTH PLAIN\r\n',
  'AUTH LOGIN\r\n',
  'AUTH PLAIN =\r\n',
  'AUTH CRAM-MD5\r\n',
  `${plainAuth('acme', 'iep_acme_send')}\r\n`,
  `${plainAuth('acme', 'iep_wrong')}\r\n`,
  'YWNtZQ==\r\n',
  '*\r\n',
  'STARTTLS\r\n',
  'XCLIENT ADDR=1.2.3.4\r\n',
  'GET / HTTP/1.1\r\n',
  'From: a@b\r\nFrom: c@d\r\n\r\n',
  'X-IEP-Template: x\r\n\r\n',
  'Bcc: x\r\n',
  '\0',
  '\x80\xff',
  ' ',
  `${'x'.repeat(3000)}\r\n`,
);
const noise = fc.string({ unit: 'binary', maxLength: 40 });
const bodyLine = fc.constantFrom(
  'text\r\n',
  '..\r\n',
  '\n.\n',
  '\r.\r',
  '\r\n.\n',
  'MAIL FROM:<evil@example.com>\r\n',
  '\xff\0',
);
const transaction = fc
  .array(bodyLine, { maxLength: 5 })
  .map(
    (body) =>
      `EHLO x\r\nRSET\r\nMAIL FROM:<app@example.com>\r\nRCPT TO:<user@example.net>\r\nDATA\r\n${body.join('')}\r\n.\r\n`,
  );
const stream = fc.array(
  fc.oneof({ weight: 9, arbitrary: line }, { weight: 1, arbitrary: noise }, { weight: 2, arbitrary: transaction }),
  { maxLength: 25 },
);

test('every reply is well formed, every message taken was said yes to, and the door stays open', {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(stream, fc.array(fc.nat(400), { maxLength: 6 }), async (lines, ends) => {
      const before = door.taken.length;
      const client = await dial(door.port);
      await client.reply();
      const bytes = Buffer.from(lines.join(''), 'latin1');
      const cuts = [0, ...ends.map((end) => Math.min(end, bytes.length)).sort((a, b) => a - b), bytes.length];
      for (const [index, cut] of cuts.slice(1).entries()) {
        client.send(bytes.subarray(cuts[index], cut));
        await new Promise((resolve) => setImmediate(resolve));
      }
      client.socket.end();
      const replies = await client.rest();

      for (const reply of replies.split('\r\n').slice(0, -1)) expect(reply).toMatch(/^[2-5]\d\d(?:[ -][\x20-\x7e]*)?$/);
      const yes = replies.match(/^250 2\.0\.0 queued as \S+/gm) ?? [];
      const taken = door.taken.slice(before);
      expect(taken.map(({ submission }) => `250 2.0.0 queued as ${submission.id}`)).toEqual(yes);
      for (const { content } of taken) expect(content.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    }),
    { numRuns: 600 },
  );
  // The streams reach what they are meant to reach.
  expect(door.taken.length).toBeGreaterThan(100);
  const client = await greet(door.port);
  expect(await deliver(client)).toMatch(/^250 /);
  client.close();
  expect(faults).toEqual([]);
});

test('a client may vanish at any moment', async () => {
  await fc.assert(
    fc.asyncProperty(stream, async (lines) => {
      const client = await dial(door.port);
      await client.reply();
      client.send(lines.join(''));
      client.socket.resetAndDestroy();
    }),
    { numRuns: 200 },
  );
  const client = await greet(door.port);
  expect(await deliver(client)).toMatch(/^250 /);
  client.close();
  expect(faults).toEqual([]);
});
