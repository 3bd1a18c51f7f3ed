import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Blobs, type BlobWriter, INLINE_BYTES } from '../../blobs/blobs.ts';
import { createFilesystemBlobs } from '../../blobs/filesystem.ts';
import { IepError } from '../../core/errors.ts';
import type { Submission } from '../../core/message.ts';
import { createRawMessageReader, type RawMessageOptions, readRawMessage } from './raw-message.ts';

const ID = '019ab0c2-0000-7000-8000-000000000001';
const NOW = Date.UTC(2026, 10, 22, 4, 5, 6);

const options: RawMessageOptions = {
  door: 'smtp',
  id: ID,
  now: NOW,
  arrival: { by: 'mail.example.com', protocol: 'ESMTPSA', client: { helo: 'app.example.com', address: '192.0.2.7' } },
  envelopeFrom: 'bounces@example.com',
  rcpt: ['user@example.net'],
  maxBytes: 10 * 1024 * 1024,
};

const RECEIVED = `Received: from app.example.com ([192.0.2.7])\r\n\tby mail.example.com with ESMTPSA id ${ID};\r\n\tSun, 22 Nov 2026 04:05:06 +0000\r\n`;
const BASE = 'From: App <app@example.com>\r\nDate: Sun, 22 Nov 2026 04:00:00 +0000\r\nMessage-ID: <1@app>\r\n';

let root: string;
let blobs: Blobs;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'iep-raw-'));
  blobs = await createFilesystemBlobs(join(root, 'blobs'));
});

afterEach(() => rm(root, { recursive: true, force: true }));

async function read(message: string | Buffer, more: Partial<RawMessageOptions> = {}): Promise<Submission> {
  return readRawMessage(blobs, { ...options, ...more }, Buffer.from(message as string, 'latin1'));
}

/** As a message of a shell or a file, which has no envelope of its own. */
async function readLocal(message: string): Promise<Submission> {
  const { envelopeFrom: _from, rcpt: _rcpt, ...rest } = options;
  const local: RawMessageOptions = { ...rest, door: 'cli', arrival: { by: 'mail.example.com', protocol: 'local' } };
  return readRawMessage(blobs, local, Buffer.from(message, 'latin1'));
}

async function contentOf(submission: Submission): Promise<Buffer> {
  if (submission.content.kind !== 'raw') throw new Error('not raw');
  const { raw } = submission.content;
  return 'bytes' in raw ? Buffer.from(raw.bytes) : Buffer.from(await blobs.read(raw.blob));
}

const textOf = async (submission: Submission) => (await contentOf(submission)).toString('latin1');

async function refusal(work: Promise<unknown>): Promise<IepError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof IepError)) throw new Error(`no refusal but ${String(error)}`);
  return error;
}

describe('what goes out', () => {
  test('is what came in, below a Received field', async () => {
    const message = `${BASE}X-Odd:   spaces\t \r\n kept\r\nTo: user@example.net\r\n\r\nBody \t\r\n\r\n..dots\r\n`;
    expect(await textOf(await read(message))).toBe(RECEIVED + message);
  });

  test('Date and Message-ID are added where they are missing or empty', async () => {
    const submission = await read('From: app@example.com\r\nDate: \r\nmessage-id:\r\n\r\nBody\r\n');
    expect(await textOf(submission)).toBe(
      `${RECEIVED}Date: Sun, 22 Nov 2026 04:05:06 +0000\r\nMessage-ID: <${ID}@example.com>\r\nFrom: app@example.com\r\n\r\nBody\r\n`,
    );
    expect(submission.messageIdHeader).toBe(`<${ID}@example.com>`);
  });

  test('Bcc and X-IEP fields are taken out with their continuation lines, however they are spelled', async () => {
    const message = `${BASE}Bcc: a@example.net,\r\n\tb@example.net\r\nSubject: s\r\nbCC : c@example.net\r\nResent-Bcc: d@example.net\r\nx-iep-TAG: one\r\nX-IEP-Category:\r\n long\r\n\r\nBcc: body\r\n`;
    expect(await textOf(await read(message))).toBe(`${RECEIVED}${BASE}Subject: s\r\n\r\nBcc: body\r\n`);
  });

  test('bare CRs and LFs become CRLF, in the header and below it', async () => {
    const message = 'From: a@example.com\nDate: x\rMessage-ID: <1@a>\r\n\none\rtwo\nthree\r\n.\n.\r';
    expect(await textOf(await read(message))).toBe(
      `${RECEIVED}From: a@example.com\r\nDate: x\r\nMessage-ID: <1@a>\r\n\r\none\r\ntwo\r\nthree\r\n.\r\n.\r\n`,
    );
  });

  test('the header ends at a line that cannot belong to it, and later hops are told so', async () => {
    const message = `${BASE}this is no field\r\nSubject: body\r\n\r\nBcc: body\r\n`;
    expect(await textOf(await read(message))).toBe(
      `${RECEIVED}${BASE}\r\nthis is no field\r\nSubject: body\r\n\r\nBcc: body\r\n`,
    );
  });

  test('a message without a header gets one', async () => {
    for (const message of ['\r\nBody\r\n', 'Body\r\n']) {
      expect(await textOf(await read(message))).toBe(
        `${RECEIVED}From: bounces@example.com\r\nDate: Sun, 22 Nov 2026 04:05:06 +0000\r\nMessage-ID: <${ID}@example.com>\r\n\r\nBody\r\n`,
      );
    }
  });

  test('a message that ends within its header is completed', async () => {
    expect(await textOf(await read(`${BASE}Subject: no end`))).toBe(`${RECEIVED}${BASE}Subject: no end\r\n\r\n`);
    expect(await textOf(await read(''))).toMatch(/\r\n\r\n$/);
  });

  test('the first line of a mailbox file is not a field', async () => {
    expect(await textOf(await read(`From 0123abc Mon Sep 17 00:00:00 2001\r\n${BASE}\r\nx\r\n`))).toBe(
      `${RECEIVED}${BASE}\r\nx\r\n`,
    );
  });

  test('a field whose name has a blank after it is none, also in the first line', async () => {
    const message = 'From : Shop <shop@example.com>\r\nDate: x\r\nMessage-ID: <1@a>\r\n\r\nx\r\n';
    const submission = await read(message);
    expect(submission.from).toEqual({ email: 'shop@example.com', name: 'Shop' });
    expect(await textOf(submission)).toBe(RECEIVED + message);
  });

  const HEADER = [
    'From: App <app@example.com>',
    'To: user@example.net,',
    '\tother@example.net',
    'Date: x',
    'Message-ID: <1@a>',
  ];
  const SHOWN = `${HEADER.join('\r\n')}\r\n`;

  test.each(['\r\n', '\n', '\r', '\r\r\n', '\r\r\r\n'])('a message whose lines end in %j', async (end) => {
    const lines = [...HEADER, 'Bcc: secret@example.net,', ' hidden@example.net', '', 'one', 'two', ''];
    const submission = await read(lines.join(end));
    expect(await textOf(submission)).toBe(`${RECEIVED}${SHOWN}\r\none\r\ntwo\r\n`);
    expect(submission.to).toEqual([{ email: 'user@example.net' }, { email: 'other@example.net' }]);
  });

  test('Bcc is never read in the body, whatever the line ends are and whatever stands between', async () => {
    const end = fc.constantFrom(
      '\r\n',
      '\n',
      '\r',
      '\r\r\n',
      '\n\r',
      '\r\r\r\n',
      '\0\r\n',
      '\r\0\n',
      '\x0b\r\n',
      '\f\n',
    );
    const line = fc.constantFrom(
      ...[
        'To: user@example.net',
        'no field',
        ' folded',
        'From jo Mon',
        'X\0Y: z',
        'Bc\0c: secret@example.net',
        ':',
        '\0',
      ],
      ...[
        'Bcc: secret@example.net',
        'BCC\t: secret@example.net',
        'Bcc: a@example.net,\nsecret@example.net',
        'Bcc:\n secret@example.net',
      ],
      ...['Resent-Bcc: secret@example.net', 'B\x80cc: secret@example.net', 'Bcc secret@example.net'],
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(line, end), { maxLength: 6 }), end, end, async (lines, last, blank) => {
        const header = [
          'From: app@example.com',
          ...lines.map(([text, after], at) => (at === 0 ? `\r\n${text}${after}` : `${text}${after}`)),
        ];
        const taken = await read(`${header.join('')}Subject: x${last}${blank}body\r\n`).catch(
          (error: unknown) => error,
        );
        if (taken instanceof IepError) expect(taken.code).toBe('invalid_request');
        else expect(await textOf(taken as Submission)).not.toContain('secret@');
      }),
      { numRuns: 1500 },
    );
  });

  test('eight-bit bytes that are not UTF-8 pass unchanged', async () => {
    const message = `${BASE}Subject: caf\xe9\r\n\r\n\x80\xff\xe9\r\n`;
    const submission = await read(message);
    expect(await textOf(submission)).toBe(RECEIVED + message);
    expect(submission.content).toMatchObject({ utf8Header: false });
  });

  test('what a client says of itself cannot leave its place in Received', async () => {
    const client = { helo: 'a) by evil\r\nBcc: x;(', address: '2001:db8::7' };
    const submission = await read(`${BASE}\r\n`, { arrival: { ...options.arrival, client } });
    expect(await textOf(submission)).toMatch(
      /^Received: from a\?\?by\?evil\?\?Bcc:\?x\?\? \(\[IPv6:2001:db8::7\]\)\r\n\tby /,
    );
  });

  test('the bytes of an inline message have memory of their own', async () => {
    const { content } = await read(`${BASE}\r\nx\r\n`);
    if (content.kind !== 'raw' || !('bytes' in content.raw)) throw new Error('not inline');
    expect(content.raw.bytes.buffer.byteLength).toBe(content.raw.size);
  });
});

describe('what the row gets', () => {
  test('mailboxes, lists, subject and ids', async () => {
    const submission = await read(
      [
        'From: "Doe, =?utf-8?Q?J=C3=BCrgen?=" <app@EXAMPLE.com>',
        'To: a@example.net, "B, C" <b@example.net>,',
        ' Team: d@example.net, E <e@example.net>;',
        'Cc: f@example.net (comment)',
        'Reply-To: Help <help@example.com>',
        'Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?= =?utf-8?Q?_an?=',
        '\talle',
        'Message-ID:',
        '  <abc@host>',
        '',
        'x',
      ].join('\r\n'),
    );
    expect(submission).toMatchObject({
      id: ID,
      door: 'smtp',
      from: { email: 'app@example.com', name: 'Doe, Jürgen' },
      envelopeFrom: 'bounces@example.com',
      to: [
        { email: 'a@example.net' },
        { email: 'b@example.net', name: 'B, C' },
        { email: 'd@example.net' },
        { email: 'e@example.net', name: 'E' },
      ],
      cc: [{ email: 'f@example.net' }],
      replyTo: '"Help" <help@example.com>',
      subject: 'Grüße an alle',
      messageIdHeader: '<abc@host>',
      rcpt: ['user@example.net'],
    });
    expect(submission.bcc).toBeUndefined();
  });

  test('a raw UTF-8 header is read, and needs SMTPUTF8 when the client said so or nobody could', async () => {
    const message = Buffer.from(`${BASE}Subject: Grüße\r\n\r\nx\r\n`).toString('latin1');
    expect(await read(message)).toMatchObject({ subject: 'Grüße', content: { utf8Header: true } });
    expect(await read(message, { smtpUtf8: true })).toMatchObject({ content: { utf8Header: true } });
    expect(await read(message, { smtpUtf8: false })).toMatchObject({ content: { utf8Header: false } });
    expect(await read(`${BASE}\r\nx`, { smtpUtf8: true })).toMatchObject({ content: { utf8Header: false } });
  });

  test('UTF-8 below the header does not ask for SMTPUTF8', async () => {
    const message = Buffer.from(`${BASE}\r\nGrüße\r\n`).toString('latin1');
    expect(await read(message)).toMatchObject({ content: { utf8Header: false } });
  });

  test('X-IEP fields reach what the fields of the HTTP call reach', async () => {
    const submission = await read(
      `${BASE}X-IEP-Tag: one, two\r\nX-IEP-Tag: =?utf-8?Q?dr=C3=A9i?=\r\nX-IEP-Category: billing\r\nX-IEP-Priority: High\r\n` +
        'X-IEP-Idempotency-Key: order-7\r\nX-IEP-Scheduled-At: 2026-11-23T10:00:00+01:00\r\nX-IEP-Group: g1\r\nX-IEP-Other: x\r\n\r\nx\r\n',
    );
    expect(submission).toMatchObject({
      tags: ['one', 'two', 'dréi'],
      category: 'billing',
      lane: 'high',
      idempotencyKey: 'order-7',
      scheduledAt: Date.UTC(2026, 10, 23, 9),
      groupId: 'g1',
    });
    expect(await textOf(submission)).not.toMatch(/x-iep/i);
  });

  test('X-IEP-Unsubscribe asks for a link of ours, in place of one that is there', async () => {
    const own = 'List-Unsubscribe:\r\n <https://x.example/u>\r\nlist-unsubscribe-post: List-Unsubscribe=One-Click\r\n';
    const asked = await read(`${BASE}${own}X-IEP-Unsubscribe: news\r\nX-A: b\r\n\r\nx\r\n`);
    expect(asked.unsubscribe).toEqual({ category: 'news' });
    expect(await textOf(asked)).not.toMatch(/unsubscribe/i);
    expect(await textOf(asked)).toContain('X-A: b\r\n\r\nx');
    const kept = await read(`${BASE}${own}\r\nx\r\n`);
    expect(kept.unsubscribe).toBeUndefined();
    expect(await textOf(kept)).toContain(own);
  });

  test('a sender that is the reverse path needs no second mention; the null sender is told', async () => {
    expect((await read(`${BASE}\r\n`, { envelopeFrom: 'app@example.com' })).envelopeFrom).toBeUndefined();
    expect((await read(`${BASE}\r\n`, { envelopeFrom: '' })).envelopeFrom).toBe('');
  });

  test.each([
    ['Subject: x\r\n\r\n', ''],
    ['From:\r\nSubject: x\r\nfrom: \r\n\r\n', ''],
    [' From: a@evil.example\r\nSubject: x\r\n\r\nbody', 'From: a@evil.example'],
    ['hello world\r\nFrom: a@evil.example\r\n\r\nbody', 'From: a@evil.example'],
    ['\xef\xbb\xbf\xef\xbb\xbfFrom: a@evil.example\r\n\r\nbody', 'From: a@evil.example'],
  ])('the reverse path stands in for a From that the header does not have: %j', async (message, inBody) => {
    const submission = await read(message);
    expect(submission.from).toEqual({ email: 'bounces@example.com' });
    const text = await textOf(submission);
    const header = text.slice(0, text.indexOf('\r\n\r\n'));
    expect(header.match(/^from:.*/gim)).toEqual(['From: bounces@example.com']);
    expect(text.slice(header.length)).toContain(inBody);
  });

  test.each(['\n', '\r\n'])('a byte order mark before the header is taken away: %j', async (end) => {
    for (const first of ['', 'From jo Mon Sep 17 00:00:00 2001\r\n']) {
      const message = `\xef\xbb\xbf${first}${BASE}Bcc: c@example.net\r\n\r\nx\r\n`.replaceAll('\r\n', end);
      expect(await textOf(await read(message))).toBe(`${RECEIVED}${BASE}\r\nx\r\n`);
    }
  });

  test('without an envelope the header names the recipients, Bcc included, and there is no client in Received', async () => {
    const submission = await readLocal(
      `${BASE}To: a@example.net\r\nCc: b@example.net\r\nBcc: c@example.net\r\n\r\nx\r\n`,
    );
    expect(submission).toMatchObject({
      to: [{ email: 'a@example.net' }],
      cc: [{ email: 'b@example.net' }],
      bcc: [{ email: 'c@example.net' }],
    });
    expect(submission.rcpt).toBeUndefined();
    expect(submission.envelopeFrom).toBeUndefined();
    expect(await textOf(submission)).toMatch(/^Received: by mail\.example\.com with local id /);
    expect(await textOf(submission)).not.toContain('c@example.net');
  });

  test('a subject with control characters or without end is made fit for a list; the message keeps it', async () => {
    const long = 'x'.repeat(3000);
    const submission = await read(`${BASE}Subject: =?utf-8?Q?a=0Ab?= ${long}\r\n\r\n`);
    expect(submission.subject).toBe(`a b ${long}`.slice(0, 998));
    expect(await textOf(submission)).toContain(long);
  });
});

describe('a mail that names a stored template', () => {
  const NAMED = `${BASE}Subject: ignored\r\nX-IEP-Template: welcome\r\n`;

  test('gives sender, recipients and variables, and neither subject nor body', async () => {
    const rcpt = ['to@example.net', 'cc@example.net', 'hidden@example.net'];
    const fields = 'X-IEP-Template-Version: 3\r\nX-IEP-Locale: de\r\nX-IEP-Tag: a\r\n';
    const shown = 'To: To <to@example.net>, else@example.net\r\nCc: cc@example.net\r\nReply-To: help@example.com\r\n';
    const variables = 'X-IEP-Variables: {"UserName": "Jo",\r\n "Count": 3}\r\n';
    expect(await read(`${NAMED}${fields}${shown}${variables}\r\nthe body`, { rcpt })).toEqual({
      ...{ id: ID, door: 'smtp', from: { email: 'app@example.com', name: 'App' }, envelopeFrom: 'bounces@example.com' },
      ...{ to: [{ email: 'to@example.net', name: 'To' }], cc: [{ email: 'cc@example.net' }] },
      bcc: [{ email: 'hidden@example.net' }],
      ...{ replyTo: 'help@example.com', messageIdHeader: '<1@app>', tags: ['a'], subject: '' },
      content: {
        kind: 'parts',
        template: { name: 'welcome', version: 3, locale: 'de' },
        variables: { UserName: 'Jo', Count: 3 },
      },
    });
  });

  test('is shown to the one it goes to, where its header names nobody', async () => {
    expect(await read(`${NAMED}\r\n`)).toMatchObject({
      to: [{ email: 'user@example.net' }],
      content: { variables: {} },
    });
    const local = await readLocal(`${NAMED}To: a@example.net\r\nBcc: b@example.net\r\n\r\n`);
    expect(local).toMatchObject({ to: [{ email: 'a@example.net' }], bcc: [{ email: 'b@example.net' }] });
  });

  test('leaves nothing of a large body behind', async () => {
    await read(`${NAMED}\r\n${'body\r\n'.repeat(300_000)}`);
    const left: unknown[] = [];
    for await (const blob of blobs.list()) left.push(blob);
    expect(left).toEqual([]);
  });
});

describe('what is refused', () => {
  test.each([
    ['two From fields', 'From: a@example.com\r\nFrom: b@example.org\r\n\r\n'],
    ['two mailboxes', 'From: a@example.com, b@example.org\r\n\r\n'],
    ['two angle addresses', 'From: <a@example.com> <b@example.org>\r\n\r\n'],
    ['an address and another', 'From: a@example.com b@example.org\r\n\r\n'],
    ['text after the address', 'From: <a@example.com> x\r\n\r\n'],
    ['no address', 'From: user@\r\n\r\n'],
    ['an empty group', 'From: nobody@x:;\r\n\r\n'],
    ['an empty group without an address', 'From: g:;\r\n\r\n'],
    ['a name alone', 'From: ceo\r\n\r\n'],
    ['a name with a comment', 'From: root (Cron Daemon)\r\n\r\n'],
    ['an address in words', 'From: ceo AT bank.example\r\n\r\n'],
    ['an address in an encoded word', 'From: =?utf-8?q?ceo=40bank.example?=\r\n\r\n'],
    ['a comment alone', 'From: (ceo@bank.example)\r\n\r\n'],
    ['angles around nothing', 'From: CEO <>\r\n\r\n'],
  ])('a From that could be read in two ways: %s', async (_name, message) => {
    const error = await refusal(read(message));
    expect(error.code).toBe('invalid_request');
    expect(error.errors).toEqual([{ path: 'from', message: expect.stringContaining('one mailbox') }]);
  });

  test.each([
    ['a\0 in From', 'From: a@evil.example\0<a@example.com>', 'from'],
    ['an escape in To', 'To: \x1b[31mx <a@example.com>', 'to'],
    ['a C1 control in Cc', 'Cc: "\xc2\x9b" <a@example.com>', 'cc'],
    ['a form feed in Sender', 'Sender: a@example.com\f', 'sender'],
    ['DEL in Resent-To', 'Resent-To: a\x7f@example.com', 'resent-to'],
  ])('a control character in a field of addresses: %s', async (_name, field, path) => {
    const message = field.startsWith('From') ? `${field}\r\n\r\n` : `${BASE}${field}\r\n\r\n`;
    const { errors = [] } = await refusal(read(message));
    expect(errors).toContainEqual({ path, message: 'must be without control characters' });
  });

  test.each([
    'a@evil.example <a@example.com>',
    '=?utf-8?q?a=40evil.example=00?= <a@example.com>',
    '=?utf-8?b?YUBldmls?=@example.com',
    '<@evil.example:a@example.com>',
    'a@evil.example: a@example.com;',
    '"a@evil.example <a@example.com>',
    'a@example.com(<a@evil.example>)',
    'a@example.com (a@evil.example)',
    '(a@evil.example) App <a@example.com>',
    'App <a@example.com(a@evil.example)>',
    'a@example.com (\\<evil.example>)',
  ])('a From in which readers may see two: %s', async (value) => {
    expect((await refusal(read(`From: ${value}\r\n\r\n`))).errors).toMatchObject([{ path: 'from' }]);
  });

  test('a Sender that could be read in two ways; what one says is checked like From', async () => {
    const wrong = await refusal(read(`${BASE}Sender: a@evil.example <a@example.com>\r\n\r\n`));
    expect(wrong.errors).toMatchObject([{ path: 'sender' }]);
    const fields =
      'Sender: Jo <jo@sender.example>\r\nResent-From: b@one.example, c@two.example\r\nResent-Sender: root\r\n';
    expect((await read(`${BASE}${fields}\r\n`)).otherSenders).toEqual([
      'jo@sender.example',
      'b@one.example',
      'c@two.example',
    ]);
  });

  test.each([
    `${BASE}no field\r\nBcc: secret@example.net\r\n\r\n`,
    `${BASE}Bcc: a@example.net,\r\nsecret@example.net\r\n\r\n`,
    `${BASE}X\0: y\r\nX-IEP-Group: secret\r\n\r\n`,
    ` folded\r\n${BASE}bcc: secret@example.net\r\n\r\n`,
  ])('a header that breaks off before what nobody may see: %j', async (message) => {
    expect((await refusal(read(message))).errors).toMatchObject([
      { path: 'header', message: expect.stringContaining('breaks off at') },
    ]);
  });

  test('no From at all where the sender is null, too', async () => {
    const error = await refusal(read('Subject: x\r\n\r\n', { envelopeFrom: '' }));
    expect(error.errors).toEqual([{ path: 'from', message: 'is missing' }]);
    expect((await refusal(readLocal('hello\r\nFrom: a@example.com\r\n\r\n'))).errors).toEqual(error.errors);
  });

  test('a list that cannot be read where it is the envelope, and only there', async () => {
    const message = `${BASE}To: a@example.net, not an address\r\n\r\n`;
    expect((await refusal(readLocal(message))).errors).toEqual([
      { path: 'to', message: '"not an address" is not an email address such as "user@example.com"' },
    ]);
    expect((await read(message)).to).toEqual([{ email: 'a@example.net' }]);
  });

  test('more than 50 Received fields', async () => {
    const trace = 'Received: from a by b; Sun, 22 Nov 2026 04:00:00 +0000\r\n';
    await expect(read(`${trace.repeat(50)}${BASE}\r\n`)).resolves.toBeDefined();
    expect((await refusal(read(`${trace.repeat(51)}${BASE}\r\n`))).code).toBe('mail_loop');
  });

  test('variables that are no JSON object, or that no template takes', async () => {
    for (const text of ['Jo', '[]', '{"a":']) {
      const error = await refusal(read(`${BASE}X-IEP-Template: welcome\r\nX-IEP-Variables: ${text}\r\n\r\n`));
      expect(error.errors).toMatchObject([{ path: 'X-IEP-Variables' }]);
    }
    expect((await refusal(read(`${BASE}X-IEP-Variables: {}\r\n\r\n`))).errors).toMatchObject([
      { path: 'X-IEP-Template' },
    ]);
  });

  test('X-IEP fields that say nothing, each named', async () => {
    const error = await refusal(read(`${BASE}X-IEP-Priority: urgent\r\nX-IEP-Scheduled-At: tomorrow\r\n\r\n`));
    expect(error.errors?.map(({ path }) => path)).toEqual(['X-IEP-Priority', 'X-IEP-Scheduled-At']);
  });

  test('a time to be sent that is none; how it may be written', async () => {
    const scheduled = (text: string) => read(`${BASE}X-IEP-Scheduled-At: ${text}\r\n\r\n`);
    for (const text of ['2026-02-30T10:00:00Z', '2026-11-23T24:00:00Z', '2026-11-23', '2026-11-23T10:00:00']) {
      expect((await refusal(scheduled(text))).errors).toMatchObject([{ path: 'X-IEP-Scheduled-At' }]);
    }
    for (const text of ['2026-11-23t09:00:00.5z', '2026-11-23 10:00:00.500+0100', '2026-11-23T10:00:00.5+01']) {
      expect((await scheduled(text)).scheduledAt).toBe(Date.UTC(2026, 10, 23, 9, 0, 0, 500));
    }
  });

  test('a message above the limit, but not one at it', async () => {
    const message = `${BASE}\r\n${'x'.repeat(998)}\r\n`;
    await expect(read(message, { maxBytes: message.length })).resolves.toBeDefined();
    expect((await refusal(read(message, { maxBytes: message.length - 1 }))).code).toBe('message_too_large');
  });

  test('a header above 256 KiB, whether or not it ends', async () => {
    const line = `X-Filler: ${'x'.repeat(900)}\r\n`;
    const header = line.repeat(300);
    for (const message of [`${BASE}${header}`, `${BASE}${header}\r\nbody\r\n`, `${BASE}X: ${'x'.repeat(300_000)}`]) {
      expect((await refusal(read(message))).code).toBe('message_too_large');
    }
  });

  test('and a refused message leaves no blob', async () => {
    const reader = createRawMessageReader(blobs, { ...options, maxBytes: INLINE_BYTES * 2 });
    await reader.write(Buffer.from(`${BASE}\r\n`));
    for (let n = 0; n < 3; n++) await reader.write(Buffer.alloc(INLINE_BYTES, 'x'));
    expect((await refusal(reader.finish())).code).toBe('message_too_large');
    expect(await blobFiles()).toEqual([]);
  });
});

describe('large messages', () => {
  const body = Buffer.from(
    randomBytes(INLINE_BYTES * 2)
      .toString('base64')
      .replace(/(.{76})/g, '$1\r\n'),
  );

  test('go to a blob as they come, with the same edit', async () => {
    const message = Buffer.concat([Buffer.from(`${BASE}Bcc: x@example.net\r\n\r\n`), body]);
    const reader = createRawMessageReader(blobs, options);
    for (let at = 0; at < message.length; at += 10_007) await reader.write(message.subarray(at, at + 10_007));
    const submission = await reader.finish();

    if (submission.content.kind !== 'raw') throw new Error('not raw');
    const { raw } = submission.content;
    expect(raw).toHaveProperty('blob');
    const kept = await contentOf(submission);
    expect(kept.length).toBe(raw.size);
    expect(Buffer.compare(kept, Buffer.concat([Buffer.from(`${RECEIVED}${BASE}\r\n`), body]))).toBe(0);
    expect(await blobFiles()).toHaveLength(1);
  });

  test('that are aborted leave nothing', async () => {
    const reader = createRawMessageReader(blobs, options);
    await reader.write(Buffer.from(`${BASE}\r\n`));
    await reader.write(body);
    expect(await blobFiles()).toHaveLength(1);
    await reader.abort();
    expect(await blobFiles()).toEqual([]);
  });

  test('that are aborted while their blob is being made leave nothing, either', async () => {
    const waiting: (() => void)[] = [];
    const slow: Pick<Blobs, 'create'> = {
      create: async () => {
        await new Promise<void>((resolve) => waiting.push(resolve));
        return blobs.create();
      },
    };
    const reader = createRawMessageReader(slow, options);
    const written = reader.write(Buffer.concat([Buffer.from(`${BASE}\r\n`), body]));
    await reader.abort();
    for (const resolve of waiting) resolve();
    await written;
    expect(waiting).toHaveLength(1);
    expect(await blobFiles()).toEqual([]);
  });

  test('that cannot be stored are read to the end and then refused', async () => {
    const full = new IepError('store_unavailable');
    let aborted = 0;
    const broken: Pick<Blobs, 'create'> = {
      create: async () => ({
        write: () => Promise.reject(full),
        finish: () => Promise.reject(new Error('not reached')),
        abort: async () => {
          aborted++;
        },
      }),
    };
    const reader = createRawMessageReader(broken, options);
    await reader.write(Buffer.from(`${BASE}\r\n`));
    await reader.write(body);
    await reader.write(body);
    await expect(reader.finish()).rejects.toBe(full);
    expect(aborted).toBe(1);

    const closed = createRawMessageReader({ create: () => Promise.reject(full) }, options);
    await closed.write(Buffer.concat([Buffer.from(`${BASE}\r\n`), body]));
    await expect(closed.finish()).rejects.toBe(full);
  });
});

/** Blobs whose writer takes one thing at a time, each when it is told to, and remembers what it was given in what order. */
function oneAtATime() {
  let busy: string | undefined;
  const overlaps: string[] = [];
  const written: Buffer[] = [];
  const waiting: (() => void)[] = [];
  const take = async (what: string): Promise<void> => {
    if (busy !== undefined) overlaps.push(`${what} during ${busy}`);
    busy = what;
    await new Promise<void>((resolve) => waiting.push(resolve));
    busy = undefined;
  };
  const writer = {
    async write(chunk: Uint8Array) {
      await take('write');
      written.push(Buffer.from(chunk));
    },
    async finish() {
      await take('finish');
      return { blob: 'x', size: Buffer.concat(written).length };
    },
    abort: () => take('abort'),
  };
  /** Lets one thing after the other end until `work` is done. */
  const until = async <T>(work: Promise<T> | undefined): Promise<T | undefined> => {
    let done = false;
    const ended = (async () => work)().finally(() => {
      done = true;
    });
    ended.catch(() => undefined);
    while (!done) {
      waiting.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    return ended;
  };
  return { blobs: { create: async () => writer }, overlaps, written, until, isBusy: () => busy !== undefined };
}

describe('what goes to a blob', () => {
  const large = `${BASE}\r\n${'x'.repeat(INLINE_BYTES)}\r\n`;

  test('is written in order, one thing after the other, and each is waited for', async () => {
    const slow = oneAtATime();
    const reader = createRawMessageReader(slow.blobs, options);
    await slow.until(reader.write(Buffer.from(large)));
    expect(slow.isBusy()).toBe(false);
    await slow.until(reader.write(Buffer.from('one\r')));
    const submission = await slow.until(reader.finish());
    expect(slow.overlaps).toEqual([]);
    expect(Buffer.concat(slow.written).toString()).toBe(`${RECEIVED}${large}one\r\n`);
    expect(submission?.content).toMatchObject({ raw: { size: RECEIVED.length + large.length + 5 } });
  });

  test('is written so of a message that is in memory, too', async () => {
    const slow = oneAtATime();
    const submission = await slow.until(readRawMessage(slow.blobs, options, Buffer.from(large + large)));
    expect(slow.overlaps).toEqual([]);
    expect(submission?.content).toMatchObject({ raw: { size: RECEIVED.length + 2 * large.length } });
  });

  test('and cannot be removed is a fault of the message, which finish tells', async () => {
    let create = (_writer: BlobWriter): void => undefined;
    const created = new Promise<BlobWriter>((resolve) => {
      create = resolve;
    });
    const reader = createRawMessageReader({ create: () => created }, options);
    const writing = reader.write(Buffer.from(large));
    await reader.abort();
    const fail = async () => {
      throw new Error('no such file');
    };
    create({ write: fail, finish: fail, abort: fail });
    await expect(writing).resolves.toBeUndefined();
    await expect(reader.finish()).rejects.toThrow('aborted');
  });
});

async function blobFiles(): Promise<string[]> {
  const entries = await readdir(join(root, 'blobs'), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

describe('any bytes in any chunks', () => {
  const piece = fc.constantFrom(
    'From: a@example.com\r\n',
    'Bcc: b@example.com\r\n',
    'X-IEP-Tag: t\r\n',
    'Subject: s\r\n',
    ' folded\r\n',
    '\r\n',
    '\n',
    '\r',
    '.',
    ':',
    'x',
    'no field\r\n',
    '\xff',
    'Received: x\r\n',
  );

  test('come out the same as in one chunk, and are either taken or refused', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 20 }),
        fc.array(fc.nat(200), { maxLength: 5 }),
        async (pieces, cuts) => {
          const message = Buffer.from(pieces.join(''), 'latin1');
          const whole = await outcome(() => read(message));
          const reader = createRawMessageReader(blobs, options);
          const ends = [0, ...cuts.map((cut) => Math.min(cut, message.length)).sort((a, b) => a - b), message.length];
          for (const [index, end] of ends.slice(1).entries()) {
            await reader.write(Buffer.from(message.subarray(ends[index], end)));
          }
          const chunked = await outcome(() => reader.finish());
          expect(chunked).toEqual(whole);
          expect(whole.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
          const header = whole.slice(0, whole.indexOf('\r\n\r\n'));
          expect(header).not.toMatch(/^(?:bcc|x-iep-)/im);
        },
      ),
      { numRuns: 1000 },
    );
  });

  /** The message that was made, or the code of the refusal. */
  async function outcome(make: () => Promise<Submission>): Promise<string> {
    try {
      return await textOf(await make());
    } catch (error) {
      if (error instanceof IepError) return error.code;
      throw error;
    }
  }
});
