/** Composed messages, read back by another's parser; and that nothing a caller says can change their shape. */

import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import libmime from 'libmime';
import { type AddressObject, simpleParser } from 'mailparser';
import { describe, expect, it } from 'vitest';
import type { Attachment, Mailbox, Message, Rendered } from '../../core/message.ts';
import { composeMime } from './mime.ts';
import { sampleMessage } from './sample.testing.ts';

/** Blobs in memory, by name. */
function blobsOf(files: Record<string, Uint8Array>) {
  const read = (blob: string): Uint8Array => {
    const file = files[blob];
    if (file === undefined) throw new Error(`No blob ${blob}`);
    return file;
  };
  return {
    read: async (blob: string) => read(blob),
    stream: (blob: string) => Readable.from([Buffer.from(read(blob))]),
  };
}

async function compose(message: Message, rendered?: Rendered, files: Record<string, Uint8Array> = {}): Promise<Buffer> {
  const mime = await composeMime({ blobs: blobsOf(files) }, { message, ...(rendered && { rendered }) });
  return mime instanceof Readable ? buffer(mime) : Buffer.from(mime);
}

const headerLines = (mime: Buffer): string[] => mime.subarray(0, mime.indexOf('\r\n\r\n')).toString().split('\r\n');
const mailboxesOf = (field: AddressObject | AddressObject[] | undefined): Mailbox[] =>
  [field ?? []]
    .flat()
    .flatMap(({ value }) =>
      value.map(({ address = '', name }) => ({ email: address, ...(name && { name: spaced(name) }) })),
    );
const file = (bytes: Uint8Array, more: Partial<Attachment> = {}): Attachment => ({
  filename: 'a.bin',
  contentType: 'application/octet-stream',
  content: { bytes, size: bytes.length },
  ...more,
});

describe('a composed message', () => {
  const rendered = { subject: 'Hello', html: '<p>Grüße</p>\n', text: 'Grüße\n' };

  it('has the header it should, and no more', async () => {
    const message = sampleMessage(
      {
        headers: [
          ['X-Campaign', 'c1'],
          ['List-Unsubscribe', '<https://acme.example/u>'],
        ],
      },
      { cc: [{ email: 'cc@example.com', name: 'C, C' }], replyTo: '"Help, Desk" <help@acme.example>' },
    );
    const mime = await compose(message, rendered);
    expect(headerLines(mime)).toEqual([
      'X-Campaign: c1',
      'List-Unsubscribe: <https://acme.example/u>',
      'From: Acme <noreply@acme.example>',
      'To: user@example.com',
      'Cc: "C, C" <cc@example.com>',
      'Reply-To: "Help, Desk" <help@acme.example>',
      'Subject: Hello',
      'Message-ID: <0193e1f0-1111-7222-8333-444455556666@acme.example>',
      'Date: Sun, 22 Nov 2026 09:30:00 +0000',
      'MIME-Version: 1.0',
      'Content-Type: multipart/alternative;',
      ' boundary="--_iep-0193e1f0-1111-7222-8333-444455556666-Part_1"',
    ]);
  });

  it('is the same every time', async () => {
    const blob = Buffer.alloc(300_000, 'blob');
    const attachments = [file(Buffer.from('a')), file(blob, { content: { blob: 'b', size: blob.length } })];
    const message = sampleMessage({}, { attachments });
    const first = await compose(message, rendered, { b: blob });
    const second = await compose(structuredClone(message), rendered, { b: blob });
    expect(second.equals(first)).toBe(true);
    expect(first.includes('Part_2')).toBe(true);
  });

  it('is 7-bit in lines of at most 998 octets that end in CRLF', async () => {
    const attachments = [
      file(Buffer.from([0, 255, 13, 10, 10])),
      file(Buffer.from('Subject: ü\n\nü'), { contentType: 'message/rfc822' }),
      file(Buffer.from('Subject: a\n\nb\n'), { contentType: 'message/rfc822' }),
    ];
    const text = `${'x'.repeat(3000)}\nlone\rreturn\n日本語 ${'語'.repeat(600)}`;
    const message = sampleMessage({}, { attachments });
    const mime = await compose(message, { subject: `${'s'.repeat(1990)}`, html: text, text });
    expectSevenBit(mime);
  });

  it('carries attachments from memory and from blobs', async () => {
    const large = Buffer.alloc(400_000, 'large \0\xff', 'latin1');
    const attachments = [
      file(Buffer.from('%PDF'), { filename: 'Rechnung März.pdf', contentType: 'application/pdf' }),
      file(large, { filename: 'large.bin', content: { blob: 'l', size: large.length } }),
      file(Buffer.alloc(0), { filename: 'empty.txt', contentType: 'text/plain; charset=utf-8' }),
    ];
    const mail = await simpleParser(await compose(sampleMessage({}, { attachments }), rendered, { l: large }));
    expect(mail.attachments.map(({ filename, contentType, size }) => [filename, contentType, size])).toEqual([
      ['Rechnung März.pdf', 'application/pdf', 4],
      ['large.bin', 'application/octet-stream', 400_000],
      ['empty.txt', 'text/plain', 0],
    ]);
    expect(mail.attachments[1]?.checksum).toBe(createHash('md5').update(large).digest('hex'));
  });

  it('puts images that the HTML names beside it', async () => {
    const image = file(Buffer.from('PNG'), { filename: 'logo.png', contentType: 'image/png', contentId: 'logo' });
    const mime = await compose(sampleMessage({}, { attachments: [image] }), {
      subject: 'x',
      html: '<img src="cid:logo">',
    });
    expect(mime.toString()).toMatch(/multipart\/related/);
    expect(mime.toString()).toMatch(/Content-ID: <logo>\r\n/i);
    expect(mime.toString()).toMatch(/Content-Disposition: inline; filename=logo.png/);
  });

  it('keeps an attached message a message where it can', async () => {
    const inner = 'From: a@example.com\nSubject: inner\n\nHello\n';
    const attached = file(Buffer.from(inner), { filename: 'm.eml', contentType: 'message/rfc822' });
    const mime = (await compose(sampleMessage({}, { attachments: [attached] }), rendered)).toString();
    expect(mime).toContain('Content-Type: message/rfc822');
    expect(mime).toContain('From: a@example.com\r\nSubject: inner\r\n\r\nHello\r\n');

    const eightBit = file(Buffer.from('Subject: ü\n\n'), { filename: 'm.eml', contentType: 'message/rfc822' });
    const encoded = await compose(sampleMessage({}, { attachments: [eightBit] }), rendered);
    expect(encoded.toString()).toContain('Content-Type: application/octet-stream; name=m.eml');
    expect((await simpleParser(encoded)).attachments[0]?.content.toString()).toBe('Subject: ü\n\n');
  });

  it('writes IDN domains as A-labels, except after a UTF-8 local part', async () => {
    const to = [{ email: 'a@xn--bcher-kva.example', name: 'Bücher' }, { email: 'jörg@xn--bcher-kva.example' }];
    const mime = await compose(sampleMessage({}, { to }), rendered);
    expect(headerLines(mime).find((line) => line.startsWith('To:'))).toBe(
      'To: =?UTF-8?Q?B=C3=BCcher?= <a@xn--bcher-kva.example>, jörg@bücher.example',
    );
  });

  it('quotes local parts that are not a dot-atom', async () => {
    const to = [
      { email: '"John Doe"@x.example' },
      { email: 'a..b@x.example', name: 'A, B' },
      { email: 'ü.@x.example' },
    ];
    const from = { email: 'ilo.@x.example' };
    const replyTo = '"Jo" <"a@b, c"@x.example>, "user."@x.example';
    const mime = await compose(sampleMessage({}, { to, from, replyTo }), rendered);
    const mail = await simpleParser(mime);
    const lines = headerLines(mime).join('\n').replaceAll('\n ', ' ').split('\n');
    expect(lines).toContain('To: <"John Doe"@x.example>, "A, B" <"a..b"@x.example>, <"ü."@x.example>');
    expect(lines).toContain('From: <"ilo."@x.example>');
    expect(lines).toContain('Reply-To: Jo <"a@b, c"@x.example>, <"user."@x.example>');
    expect(mailboxesOf(mail.to)).toHaveLength(3);
  });

  it('has a body where there is none', async () => {
    const mail = await simpleParser(await compose(sampleMessage(), { subject: '', text: '' }));
    expect(mail.text).toBeUndefined();
    expect(mail.headers.get('content-type')).toMatchObject({ value: 'text/plain' });
  });

  it('is not composed before it was rendered', async () => {
    await expect(compose(sampleMessage())).rejects.toThrow(/not rendered/);
  });
});

it('hands a raw message out as it came in', async () => {
  const bytes = Buffer.from('Subject: raw\r\n\r\n\xff\0', 'latin1');
  const raw = (content: { bytes: Uint8Array; size: number } | { blob: string; size: number }): Message => ({
    ...sampleMessage(),
    content: { kind: 'raw', raw: content, utf8Header: false },
  });
  expect(await compose(raw({ bytes, size: bytes.length }))).toEqual(bytes);
  expect(await compose(raw({ blob: 'r', size: bytes.length }), undefined, { r: bytes })).toEqual(bytes);
});

it('puts what one copy has besides into its header, and in front of a raw message', async () => {
  const added = [
    ['List-Unsubscribe', '<https://a.example/u>, <mailto:u@a.example>'],
    ['List-Unsubscribe-Post', 'List-Unsubscribe=One-Click'],
  ] as const;
  const bytes = Buffer.from('Subject: raw\r\n\r\n\xff', 'latin1');
  const lines =
    'List-Unsubscribe: <https://a.example/u>,\r\n <mailto:u@a.example>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n';
  for (const raw of [
    { bytes, size: bytes.length },
    { blob: 'r', size: bytes.length },
  ]) {
    const message = { ...sampleMessage(), content: { kind: 'raw', raw, utf8Header: false } } as const;
    const made = await composeMime({ blobs: blobsOf({ r: bytes }) }, { message, added });
    const whole = made instanceof Readable ? await buffer(made) : Buffer.from(made);
    expect(whole.toString('latin1')).toBe(lines + bytes.toString('latin1'));
  }
  const rendered = { subject: 's', text: 't' };
  const made = await composeMime({ blobs: blobsOf({}) }, { message: sampleMessage(), rendered, added });
  const parsed = await simpleParser(Buffer.from(made as Uint8Array));
  expect(parsed.headers.get('list')).toMatchObject({
    unsubscribe: { url: 'https://a.example/u', mail: 'u@a.example' },
  });
});

const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).map((text) => text.replace(/\p{Cc}/gu, ''));
const line = fc
  .array(fc.oneof(word, fc.constantFrom('"', '\\', '<x@y.example>', ',', ';', 'ü', '日本語', 'x'.repeat(80), '     ')))
  .map((words) => words.join(' ').trim())
  // A caller's own encoded words are left to the reader, as ever.
  .filter((text) => !text.includes('=?') && text.length < 250);
const block = fc
  .array(fc.oneof(line, fc.constantFrom('', '.', '--', 'From x', '--_iep-0193e1f0', 'x'.repeat(1200), '=3D=')), {
    maxLength: 8,
  })
  .map((lines) => lines.join('\n'));
const email = fc.constantFrom('a@example.com', '"a b"@example.com', '"a@b"@example.com', 'x+y@xn--bcher-kva.example');
const mailbox = fc
  .record({ email, name: line })
  .map(({ email: address, name }): Mailbox => ({ email: address, ...(name && { name }) }));
const attachment = fc
  .record({ bytes: fc.uint8Array({ maxLength: 300 }), name: word.filter((name) => name.trim() !== '') })
  .map(({ bytes, name }) => file(bytes, { filename: `${name.replace(/[/\\"]/g, '_').trim()}.bin` }));

it('reads back as what was put in', async () => {
  const message = fc.record({
    from: mailbox,
    to: fc.array(mailbox, { minLength: 1, maxLength: 5 }),
    cc: fc.array(mailbox, { maxLength: 3 }),
    attachments: fc.array(attachment, { maxLength: 3 }),
  });
  const given = fc.record({ subject: line, text: block, html: block.map((text) => `<pre>${text}</pre>`), value: line });
  await fc.assert(
    fc.asyncProperty(message, given, async (envelope, { subject, text, html, value }) => {
      const headers: [string, string][] = value === '' ? [] : [['X-Test', value]];
      const mime = await compose(sampleMessage({ headers }, envelope), { subject, text, html });
      expectSevenBit(mime);
      const mail = await simpleParser(mime, { skipHtmlToText: true, skipTextToHtml: true });
      expect(mailboxesOf(mail.from)).toEqual([envelope.from].map(shown));
      expect(mailboxesOf(mail.to)).toEqual(envelope.to.map(shown));
      expect(mailboxesOf(mail.cc)).toEqual(envelope.cc.map(shown));
      expect(spaced(mail.subject ?? '')).toBe(spaced(subject));
      expect(spaced(libmime.decodeWords(String(mail.headers.get('x-test') ?? '')))).toBe(spaced(value));
      expect((mail.text ?? '').trimEnd()).toBe(text.trimEnd());
      expect((mail.html || '').trimEnd()).toBe(html);
      expect(mail.attachments.map(({ filename, content }) => [filename, content.toString('hex')])).toEqual(
        envelope.attachments.map(({ filename, content }) => [
          filename,
          'bytes' in content ? Buffer.from(content.bytes).toString('hex') : '',
        ]),
      );
    }),
    { numRuns: 150 },
  );
});

/** What a parser shows of a mailbox: domains as they are read. */
function shown({ email: address, name }: Mailbox): Mailbox {
  const visible = address.replace('xn--bcher-kva', 'bücher');
  return { email: visible, ...(name && { name: spaced(name) }) };
}

const spaced = (text: string) => text.replace(/\s+/g, ' ').trim();

function expectSevenBit(mime: Buffer): void {
  const text = mime.toString('latin1');
  expect(text).not.toMatch(/[\u0080-\u00ff]/);
  expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n\0]/);
  expect(text.endsWith('\r\n')).toBe(true);
  for (const one of text.split('\r\n')) expect(one.length).toBeLessThanOrEqual(998);
  for (const one of headerLines(mime)) expect(one.trim()).not.toBe('');
}

it('has no header field that a caller did not ask for, whatever the fields hold', async () => {
  const evil = fc.constantFrom(
    'a\r\nBcc: evil@example.com',
    'a\nX-Evil: 1',
    'a\rX-Evil: 1',
    'a\r\n\r\nbody',
    'a\0b',
    '\u2028X-Evil: 1',
    `${' '.repeat(300)}x`,
    'x'.repeat(5000),
    '"<evil@example.com>, "',
    '=?utf-8?Q?=0D=0AX-Evil:_1?=',
  );
  const fields = fc.record({
    subject: evil,
    name: evil,
    value: evil,
    replyTo: evil,
    filename: evil,
    contentId: evil,
    text: evil,
  });
  await fc.assert(
    fc.asyncProperty(fields, async ({ subject, name, value, replyTo, filename, contentId, text }) => {
      const message = sampleMessage(
        { headers: [['X-Test', value]] },
        {
          from: { email: 'a@acme.example', name },
          to: [{ email: 'user@example.com', name }],
          replyTo,
          attachments: [file(Buffer.from('x'), { filename, contentId })],
        },
      );
      const mime = await compose(message, { subject, html: text, text });
      const names = headerLines(mime)
        .filter((one) => !/^[ \t]/.test(one))
        .map((one) => one.slice(0, one.indexOf(':')).toLowerCase());
      const expected = [
        'content-type',
        'date',
        'from',
        'message-id',
        'mime-version',
        'reply-to',
        'subject',
        'to',
        'x-test',
      ];
      expect(names.toSorted().filter((one) => one !== 'reply-to')).toEqual(
        expected.filter((one) => one !== 'reply-to'),
      );
      for (const one of headerLines(mime)) expect(one.trim()).not.toBe('');
    }),
  );
});
