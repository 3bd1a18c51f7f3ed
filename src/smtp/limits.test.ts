import { createHash, randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { afterEach, expect, test } from 'vitest';
import { type Clock, systemClock } from '../core/clock.ts';
import { IepError } from '../core/errors.ts';
import type { Submission } from '../core/message.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import type { Accepted } from '../message/intake/accept.ts';
import { deliver, dial, greet, openDoor, type RawClient, type TestDoor } from './door.testing.ts';

let door: TestDoor;

afterEach(() => door.close());

const MAIL = 'MAIL FROM:<app@example.com>';
const RCPT = 'RCPT TO:<user@example.net>';

async function begin(client: RawClient): Promise<void> {
  expect(await client.say(MAIL)).toMatch(/^250 2\.1\.0 /);
  expect(await client.say(RCPT)).toMatch(/^250 2\.1\.5 /);
  expect(await client.say('DATA')).toBe('354 End data with <CR><LF>.<CR><LF>');
}

async function blobFiles(): Promise<string[]> {
  const entries = await readdir(door.directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

test('the extensions are announced', async () => {
  door = await openDoor({ maxMessageBytes: 12_345 });
  const client = await dial(door.port);
  expect(await client.reply()).toBe('220 mail.example.com ESMTP');
  expect((await client.say('EHLO app.example.com')).split('\n')).toEqual([
    '250-mail.example.com',
    '250-PIPELINING',
    '250-SIZE 12345',
    '250-8BITMIME',
    '250-SMTPUTF8',
    '250-ENHANCEDSTATUSCODES',
    '250 AUTH PLAIN LOGIN',
  ]);
  expect(await client.say('HELO app.example.com')).toBe('250 mail.example.com');
  expect(await client.say('EHLO')).toMatch(/^501 5\.5\.4 /);
  expect(await client.say('VRFY user')).toMatch(/^252 2\.1\.5 /);
  expect(await client.say('WIZ')).toMatch(/^500 /);
  expect(await client.say('STARTTLS')).toMatch(/^500 /);
  client.close();
});

test('the greeting does not wait; with a delay, it waits for all but trusted networks, and who talks meanwhile goes', async () => {
  const clock = manualClock();
  door = await openDoor(
    { greetingDelayMs: 500, trustedNetworks: [{ cidr: '127.0.0.2/32', tenant: 'acme' }] },
    { deps: { clock } },
  );
  const trusted = await greet(door.port, { localAddress: '127.0.0.2' });
  expect(clock.pending()).toEqual([]);

  const patient = await dial(door.port);
  await clock.asked(500);
  clock.fire(500);
  expect(await patient.reply()).toMatch(/^220 /);

  const hasty = await dial(door.port);
  hasty.send('EHLO x\r\n');
  expect(await hasty.reply()).toMatch(/^421 .*too soon/);
  for (const client of [trusted, patient, hasty]) client.close();
});

test('a size that is announced above the limit is refused at once', async () => {
  door = await openDoor({ maxMessageBytes: 10_000 });
  const client = await greet(door.port);
  expect(await client.say(`${MAIL} SIZE=10001`)).toMatch(/^552 5\.3\.4 /);
  expect(await client.say(`${MAIL} SIZE=10000`)).toMatch(/^250 /);
  client.close();
});

test('a message above the limit is read to its end and refused; the session goes on', async () => {
  door = await openDoor({ maxMessageBytes: 600_000 });
  const client = await greet(door.port);
  expect(await deliver(client, `Subject: big\r\n\r\n${'x'.repeat(99_998)}\r\n`.repeat(6))).toMatch(/^552 5\.3\.4 /);
  expect(await deliver(client)).toMatch(/^250 /);
  expect(door.taken).toHaveLength(1);
  expect(await blobFiles()).toEqual([]);
  client.close();
});

test('a large message goes to a blob as it comes, whole', async () => {
  door = await openDoor({ maxMessageBytes: 20 * 1024 * 1024 });
  const body = randomBytes(6 * 1024 * 1024)
    .toString('base64')
    .replace(/(.{76})/g, '$1\r\n');
  const client = await greet(door.port);
  expect(await deliver(client, `Subject: big\r\n\r\n${body}\r\n`)).toMatch(/^250 /);
  const [taken] = door.taken;
  expect(taken?.submission.content).toMatchObject({ kind: 'raw', raw: { blob: expect.any(String) } });
  const kept = taken?.content.slice(taken.content.indexOf('\r\n\r\n') + 4) ?? '';
  expect(hash(kept)).toBe(hash(`${body}\r\n`));
  client.close();
});

test('a large message that breaks off leaves nothing', async () => {
  door = await openDoor();
  const client = await greet(door.port);
  await begin(client);
  client.send(`Subject: big\r\n\r\n${'x'.repeat(400_000)}`);
  await eventually(async () => (await blobFiles()).length === 1);
  client.close();
  await eventually(async () => (await blobFiles()).length === 0);
  expect(door.taken).toEqual([]);
});

test('recipients above the limit are refused one by one, the others are served', async () => {
  door = await openDoor({ maxRecipients: 3 });
  const client = await greet(door.port);
  await client.say(MAIL);
  for (const n of [1, 2, 3]) expect(await client.say(`RCPT TO:<user${n}@example.net>`)).toMatch(/^250 /);
  expect(await client.say('RCPT TO:<user4@example.net>')).toMatch(/^452 4\.5\.3 /);
  expect(await client.say('RCPT TO:<user5@example.net>')).toMatch(/^452 4\.5\.3 /);
  await client.say('DATA');
  client.send('Subject: s\r\n\r\nx\r\n.\r\n');
  expect(await client.reply()).toMatch(/^250 /);
  expect(door.taken[0]?.submission.rcpt).toEqual(['user1@example.net', 'user2@example.net', 'user3@example.net']);
  client.close();
});

test('recipients that the tenant may not mail are refused one by one, and named; the others are served', async () => {
  const asked: string[] = [];
  door = await openDoor(
    {},
    {
      deps: {
        refuseRecipient(tenant, address) {
          asked.push(`${tenant.slug} ${address}`);
          if (address.endsWith('.net')) return undefined;
          return new IepError('recipient_domain_not_allowed', `${address} is not at a domain that may be mailed`);
        },
      },
    },
  );
  const client = await greet(door.port);
  await client.say(MAIL);
  expect(await client.say('RCPT TO:<user@EXAMPLE.org>')).toBe(
    '550 5.7.1 user@example.org is not at a domain that may be mailed',
  );
  expect(await client.say('RCPT TO:<user@example.net>')).toMatch(/^250 /);
  await client.say('DATA');
  expect(await client.say('Subject: s\r\n\r\nx\r\n.')).toMatch(/^250 /);
  expect(door.taken[0]?.submission.rcpt).toEqual(['user@example.net']);
  expect(asked).toEqual(['acme user@example.org', 'acme user@example.net']);
  expect(door.log.map(({ message }) => message)).toContain('recipient refused');
  client.close();
});

test('a limit that is used up is told as temporary, with when to come back', async () => {
  door = await openDoor(
    {},
    {
      accept: async () => {
        throw new IepError('rate_limited', 'This tenant may submit 5 messages in any minute', { retryAfterMs: 12_300 });
      },
    },
  );
  const client = await greet(door.port);
  expect(await deliver(client)).toBe('451 4.7.1 This tenant may submit 5 messages in any minute; try again in 13 s');
  client.close();
});

test('addresses are brought into one spelling, and refused where they are none', async () => {
  door = await openDoor();
  const client = await greet(door.port);
  expect(await client.say('MAIL FROM:app@EXAMPLE.com SIZE=100')).toMatch(/^250 /);
  for (const [path, reply] of [
    ['<user@B\xc3\xbccher.example>', /^250 /],
    ['<user@xn--bcher-kva.example>', /^250 /],
    ['<j\xc3\xbcrgen@example.net>', /^553 5\.6\.7 /],
    ['<postmaster>', /^553 5\.1\.3 /],
    ['<user@-.example>', /^(?:501|553) 5\.1\.3 /],
    ['<user@example.net', /^501 5\.1\.3 /],
    ['<>', /^501 5\.1\.3 /],
    [' user@b\xc3\xbccher.example NOTIFY=NEVER', /^250 /],
    ['user@example.net>', /^501 5\.1\.3 /],
    ['', /^501 5\.1\.3 /],
  ] as const) {
    expect(await client.say(`RCPT TO:${path}`)).toMatch(reply);
  }
  await client.say('DATA');
  client.send('From: app@example.com\r\n\r\nx\r\n.\r\n');
  expect(await client.reply()).toMatch(/^250 /);
  const submission = door.taken[0]?.submission;
  expect(new Set(submission?.rcpt)).toEqual(new Set(['user@xn--bcher-kva.example']));
  expect(submission?.from.email).toBe('app@example.com');
  expect(submission?.envelopeFrom).toBeUndefined();
  client.close();
});

test('SMTPUTF8 is for those who say so, and is told on in Received', async () => {
  door = await openDoor();
  const client = await greet(door.port);
  expect(await client.say('MAIL FROM:<j\xc3\xbcrgen@example.com> BODY=8BITMIME SMTPUTF8')).toMatch(/^250 /);
  expect(await client.say('RCPT TO:<\xe7\x94\xa8\xe6\x88\xb7@example.net>')).toMatch(/^250 /);
  await client.say('DATA');
  client.send('Subject: Gr\xc3\xbc\xc3\x9fe\r\n\r\n\xc3\xbc\r\n.\r\n');
  expect(await client.reply()).toMatch(/^250 /);
  expect(door.taken[0]?.submission).toMatchObject({
    from: { email: 'jürgen@example.com' },
    rcpt: ['用户@example.net'],
    subject: 'Grüße',
    content: { utf8Header: true },
  });
  expect(door.taken[0]?.content).toMatch(/with UTF8SMTP id/);
  client.close();
});

test('the null sender is taken', async () => {
  door = await openDoor();
  const client = await greet(door.port);
  expect(await client.say('MAIL FROM:<>')).toMatch(/^250 /);
  await client.say(RCPT);
  await client.say('DATA');
  client.send('From: MAILER-DAEMON@example.com\r\n\r\nx\r\n.\r\n');
  expect(await client.reply()).toMatch(/^250 /);
  expect(door.taken[0]?.submission).toMatchObject({ envelopeFrom: '', from: { email: 'MAILER-DAEMON@example.com' } });
  client.close();
});

test('a loop is broken', async () => {
  door = await openDoor();
  const client = await greet(door.port);
  const trace = 'Received: from a by b; Sun, 22 Nov 2026 04:00:00 +0000\r\n';
  expect(await deliver(client, `${trace.repeat(51)}\r\nx\r\n`)).toMatch(/^554 5\.4\.6 /);
  expect(await deliver(client, `${trace.repeat(50)}\r\nx\r\n`)).toMatch(/^250 /);
  client.close();
});

test('a mail that names a stored template hands over its name, and not its own body', async () => {
  const handedOver: Submission[] = [];
  const accept = async (_tenant: Tenant, submission: Submission): Promise<Accepted> => {
    handedOver.push(submission);
    return { messageId: submission.id ?? '', status: 'queued', suppressedRecipients: [], duplicate: false };
  };
  door = await openDoor({}, { accept });
  const client = await greet(door.port);
  const header = 'X-IEP-Template: welcome\r\nX-IEP-Variables: {"Name": "Ada"}\r\n';
  expect(await deliver(client, `${header}\r\nits own body\r\n`)).toMatch(/^250 /);
  client.close();
  expect(handedOver.map(({ content }) => content)).toEqual([
    { kind: 'parts', template: { name: 'welcome' }, variables: { Name: 'Ada' } },
  ]);
});

test('a client that only errs is sent away; a message that is taken forgives', async () => {
  door = await openDoor({ maxBadCommands: 4 });
  const client = await greet(door.port);
  for (let n = 0; n < 4; n++) expect(await client.say('MAIL bogus')).toMatch(/^501 /);
  expect(await deliver(client)).toMatch(/^250 /);
  for (let n = 0; n < 4; n++) expect(await client.say('BOGUS')).toMatch(/^500 /);
  expect(await client.say('BOGUS')).toMatch(/^421 4\.7\.0 /);
  expect(await client.rest()).toBe('');
});

test('a line without end, and HTTP, end the session', async () => {
  door = await openDoor();
  const long = await greet(door.port);
  long.send('x'.repeat(5000));
  expect(await long.reply()).toMatch(/^500 5\.5\.2 /);
  const browser = await dial(door.port);
  await browser.reply();
  expect(await browser.say('POST / HTTP/1.1')).toMatch(/^421 /);
  long.close();
});

test('a silent client is sent away, but not one that waits for us', async () => {
  let answer = (_: Accepted) => {};
  const accepting = new Promise<Accepted>((resolve) => {
    answer = resolve;
  });
  door = await openDoor({ idleTimeoutMs: 500 }, { accept: () => accepting });
  const waiting = await greet(door.port);
  await begin(waiting);
  waiting.send('Subject: s\r\n\r\nx\r\n.\r\n');
  // It falls silent after the other one, so its goodbye comes when the other's time was up as well.
  const silent = await greet(door.port);
  expect(await silent.reply()).toMatch(/^421 4\.4\.2 /);
  answer({ messageId: 'm1', status: 'queued', suppressedRecipients: [], duplicate: false });
  expect(await waiting.reply()).toBe('250 2.0.0 queued as m1');
  waiting.close();
});

test('a store that does not answer is told as temporary, while what it takes after all is noted', async () => {
  const clock = manualClock();
  let answer = (_: Accepted) => {};
  const accepting = new Promise<Accepted>((resolve) => {
    answer = resolve;
  });
  door = await openDoor({ acceptTimeoutMs: 30_000 }, { accept: () => accepting, deps: { clock } });
  const client = await greet(door.port);
  await begin(client);
  client.send('Subject: s\r\n\r\nx\r\n.\r\n');
  await clock.asked(30_000);
  clock.fire(30_000);
  expect(await client.reply()).toBe('451 4.3.0 The store did not answer in time');
  expect(await client.say('NOOP')).toMatch(/^250 /);

  answer({ messageId: 'm1', status: 'queued', suppressedRecipients: [], duplicate: false });
  await eventually(async () => door.log.some(({ message }) => message.startsWith('accepted after the client')));
  client.close();
});

test('a full disk is told as temporary', async () => {
  const full = new IepError('store_unavailable', 'The blob directory cannot be written', {
    cause: new Error('ENOSPC'),
  });
  door = await openDoor({}, { deps: { blobs: { create: () => Promise.reject(full) } } });
  const client = await greet(door.port);
  expect(await deliver(client, `Subject: big\r\n\r\n${'x'.repeat(400_000)}\r\n`)).toMatch(/^451 4\.3\.0 /);
  expect(await deliver(client)).toMatch(/^250 /);
  expect(door.log.find(({ level }) => level === 'error')?.fields.error).toBe(full);
  client.close();
});

function hash(text: string): string {
  return createHash('sha256').update(text, 'latin1').digest('hex');
}

/** For what no event tells: asks again with each turn of the loop, until the test's own time is up. */
async function eventually(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}

/** A clock whose timers fire when told. */
function manualClock(): Clock & {
  pending(): number[];
  asked(delayMs: number): Promise<void>;
  fire(delayMs: number): void;
} {
  const timers: { delayMs: number; fn: () => void }[] = [];
  return {
    now: systemClock.now,
    monotonic: systemClock.monotonic,
    after(delayMs, fn) {
      const timer = { delayMs, fn };
      timers.push(timer);
      return () => {
        const at = timers.indexOf(timer);
        if (at !== -1) timers.splice(at, 1);
      };
    },
    pending: () => timers.map(({ delayMs }) => delayMs),
    asked: (delayMs) => eventually(async () => timers.some((timer) => timer.delayMs === delayMs)),
    fire(delayMs) {
      for (const timer of timers.filter((one) => one.delayMs === delayMs)) timer.fn();
    },
  };
}

test('takes the addresses that are in use, quoted strings among them, and tells which cannot be one', async () => {
  door = await openDoor();
  const client = await greet(door.port);
  expect(await client.say('MAIL FROM:<ilo-server7.@example.com> SIZE=100')).toMatch(/^250 /);
  const long = `reply+${'0'.repeat(100)}@reply.example.com`;
  for (const [path, reply] of [
    ['<"John Doe"@example.org>', /^250 /],
    ['<"x@y"@example.org> NOTIFY=NEVER', /^250 /],
    ['<"a\\"b>c"@example.org>', /^553 5\.1\.3 /],
    ['"a , b"@example.org', /^250 /],
    ['<try..this..0511@docomo.example>', /^250 /],
    ['<"try..this..0511"@docomo.example>', /^250 /],
    ['<@relay.example,@other.example:.user@example.org>', /^250 /],
    ['<user@internal_exchange>', /^250 /],
    [`<${long}>`, /^250 /],
    [`<${'l'.repeat(250)}@example.org>`, /^553 5\.1\.3 That is longer than 254 octets/],
    ['<"John Doe@example.org>', /^501 5\.1\.3 /],
    ['<""@example.org>', /^553 5\.1\.3 /],
    ['<@example.org>', /^553 5\.1\.3 /],
    ['<user@>', /^553 5\.1\.3 /],
    ['<a\0b@example.org>', /^553 5\.1\.3 That has a control character/],
    ['<a@example.org>b', /^501 5\.1\.3 /],
  ] as const) {
    expect([path, await client.say(`RCPT TO:${path}`)]).toEqual([path, expect.stringMatching(reply)]);
  }
  await client.say('DATA');
  expect(await client.say('Subject: x\r\n\r\nhi\r\n.')).toMatch(/^250 /);
  expect(door.taken[0]?.submission).toMatchObject({
    from: { email: 'ilo-server7.@example.com' },
    rcpt: [
      ...['"John Doe"@example.org', '"x@y"@example.org', '"a , b"@example.org', 'try..this..0511@docomo.example'],
      ...['try..this..0511@docomo.example', '.user@example.org', 'user@internal_exchange', long],
    ],
  });
  client.close();
});
