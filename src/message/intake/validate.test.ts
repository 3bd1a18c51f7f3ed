/** The rules that a submission keeps, whichever door it came in by. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IepError } from '../../core/errors.ts';
import type { Attachment, Json, Parts, Submission } from '../../core/message.ts';
import { defaultAcceptLimits } from './limits.ts';
import { NOW, sampleRaw, sampleSubmission } from './sample.testing.ts';
import { validate } from './validate.ts';

const limits = defaultAcceptLimits;

function refusalOf(submission: Submission, within = limits): IepError | undefined {
  try {
    validate(submission, within, NOW);
  } catch (error) {
    if (error instanceof IepError) return error;
    throw error;
  }
  return undefined;
}

const pathsOf = (submission: Submission) => refusalOf(submission)?.errors?.map(({ path }) => path);
const parts = (more: Omit<Parts, 'kind'>): Partial<Submission> => ({ content: { kind: 'parts', text: 't', ...more } });
const mailboxes = (count: number) => Array.from({ length: count }, (_, n) => ({ email: `u${n}@example.com` }));
const attachment = (more: Partial<Attachment> = {}): Attachment => ({
  filename: 'a.pdf',
  contentType: 'application/pdf',
  content: { bytes: Buffer.from('x'), size: 1 },
  ...more,
});
const ofSize = (size: number) => attachment({ content: { blob: 'b', size } });

describe('takes', () => {
  it.each<[string, Partial<Submission>]>([
    ['a plain submission', {}],
    ['the null sender', { envelopeFrom: '' }],
    ['another reverse path', { envelopeFrom: 'bounces+1@Acme.example' }],
    ['as many recipients as may be', { to: mailboxes(500), cc: mailboxes(300), bcc: mailboxes(200) }],
    ['a tab in the subject', { subject: 'a\tb' }],
    [
      'headers',
      parts({
        headers: [
          ['X-A', 'ü b'],
          ['list-unsubscribe', '<https://a.example>'],
          ['Precedence', 'bulk'],
        ],
      }),
    ],
    [
      'attachments',
      { attachments: [attachment({ contentType: 'text/csv; charset=utf-8; x="a b"', contentId: 'a@b' })] },
    ],
    ['as much as may be attached', { attachments: [ofSize(10 * 2 ** 20), ofSize(10 * 2 ** 20), ofSize(5 * 2 ** 20)] }],
    ['a time in a year', { scheduledAt: NOW + 366 * 24 * 3600_000 }],
    ['a time in the past', { scheduledAt: 0 }],
  ])('%s', (_what, more) => {
    expect(refusalOf(sampleSubmission(more))).toBeUndefined();
  });

  it('whatever the header of a raw message shows', () => {
    const shown = { to: [{ email: 'root' }], cc: [{ email: '', name: 'a\nb' }], replyTo: 'a@b.example, c@d.example' };
    expect(refusalOf(sampleRaw('To: root\n\n', shown))).toBeUndefined();
  });
});

describe('refuses', () => {
  it.each<[string, Partial<Submission>, string[]]>([
    ['no recipient', { to: [] }, ['to']],
    [
      'wrong addresses',
      { from: { email: 'x' }, cc: [{ email: 'a b@c' }], envelopeFrom: '<>' },
      ['from', 'envelopeFrom', 'cc.0'],
    ],
    ['addresses in another spelling', { to: [{ email: 'a@EXAMPLE.com' }] }, ['to.0']],
    ['a line break in a name', { to: [{ email: 'a@b.example', name: 'a\r\nBcc: c@d.example' }] }, ['to.0.name']],
    ['a wrong RCPT', { rcpt: ['ok@example.com', 'x\r\nDATA'] }, ['rcpt.1']],
    ['a line break in replyTo', { replyTo: 'a@b.example\r\nBcc: c@d.example' }, ['replyTo']],
    ['a line break in the subject', { subject: 'a\r\nBcc: c@d.example' }, ['subject']],
    ['a NUL in the subject', { subject: 'a\0' }, ['subject']],
    ['a lone surrogate in the subject', { subject: 'a\ud800' }, ['subject']],
    ['a long subject', { subject: 'x'.repeat(2001) }, ['subject']],
    ['no content', { content: { kind: 'parts' } }, ['htmlBody']],
    ['deep variables', parts({ variables: { a: nested(21) } }), ['variables']],
    ['many variables', parts({ variables: { a: Array<Json>(100_001).fill(0) } }), ['variables']],
    ['large variables', parts({ variables: { a: 'x'.repeat(2 ** 20 + 1) } }), ['variables']],
    ['an endless number in variables', parts({ variables: { a: [Infinity] } }), ['variables']],
    ['an endless number in metadata', { metadata: { a: -Infinity } }, ['metadata']],
    ['deep metadata', { metadata: { a: nested(11) } }, ['metadata']],
    ['many headers', parts({ headers: Array.from({ length: 51 }, (_, n) => [`X-${n}`, 'v'] as const) }), ['headers']],
    ['a long header', parts({ headers: [['X-A', 'x '.repeat(2001)]] }), ['headers.X-A']],
    ['many attachments', { attachments: Array.from({ length: 11 }, () => attachment()) }, ['attachments']],
    [
      'a file name with a line break',
      { attachments: [attachment({ filename: 'a\r\nb' })] },
      ['attachments.0.filename'],
    ],
    ['no file name', { attachments: [attachment({ filename: '' })] }, ['attachments.0.filename']],
    ['a wrong Content-ID', { attachments: [attachment({ contentId: 'a>\r\nX: y' })] }, ['attachments.0.contentId']],
    [
      'a Content-ID twice',
      { attachments: [attachment({ contentId: 'a' }), attachment({ contentId: 'a' })] },
      ['attachments.1.contentId'],
    ],
    ['an empty idempotency key', { idempotencyKey: '' }, ['idempotencyKey']],
    [
      'a line break in labels',
      { category: 'a\nb', tags: ['ok', 'a\0'], groupId: '\r' },
      ['metadata.category', 'groupId', 'metadata.tags.1'],
    ],
    ['many tags', { tags: Array<string>(51).fill('t') }, ['metadata.tags']],
    ['a time too far ahead', { scheduledAt: NOW + 366 * 24 * 3600_000 + 1 }, ['scheduledAt']],
  ])('%s', (_what, more, paths) => {
    const refusal = refusalOf(sampleSubmission(more));
    expect(refusal?.code).toBe('invalid_request');
    expect(refusal?.errors?.map(({ path }) => path)).toEqual(paths);
  });

  it('the fields of a whole message by the names that they have in its header', () => {
    const faults = { category: '', tags: ['ok', ''], groupId: '', idempotencyKey: '', scheduledAt: NOW * 2 };
    const paths = pathsOf(sampleRaw('To: b@example.com\n\n', faults)) ?? [];
    const names = ['Category', 'Group', 'Idempotency-Key', 'Scheduled-At', 'Tag'];
    expect([...paths].sort()).toEqual(names.map((name) => `X-IEP-${name}`));
  });

  it.each(['pdf', 'application/', 'a/b; x', 'a/b\r\nX: y', 'multipart/mixed', 'a/b; c="d', `a/${'b'.repeat(300)}`, ''])(
    'the MIME type %j',
    (contentType) => {
      expect(pathsOf(sampleSubmission({ attachments: [attachment({ contentType })] }))).toEqual([
        'attachments.0.contentType',
      ]);
    },
  );

  it.each([
    'From',
    'SENDER',
    'to',
    'Cc',
    'bcc',
    'Reply-To',
    'Subject',
    'Date',
    'Message-ID',
    'MIME-Version',
    'Received',
    'Return-Path',
    'DKIM-Signature',
    'Content-Type',
    'content-anything',
    'X-IEP-Tag',
    'Resent-Bcc',
    'ARC-Seal',
    'Delivered-To',
    'Authentication-Results',
    'X A',
    'X:A',
    'X-Ü',
    '',
    'X-A\r\nBcc',
    'x'.repeat(77),
  ])('the header %j', (name) => {
    expect(pathsOf(sampleSubmission(parts({ headers: [[name, 'v']] })))).toEqual([`headers.${name}`]);
  });

  it.each(['', ' ', 'a\r\nBcc: b@c.example', 'a\nb', 'a\0', 'x'.repeat(901)])('the header value %j', (value) => {
    expect(pathsOf(sampleSubmission(parts({ headers: [['X-A', value]] })))).toEqual(['headers.X-A']);
  });

  it.each([
    ['List-Unsubscribe', '<https://x.example/d\u00e9sabonner>', '<https://x.example/d%C3%A9sabonner>'],
    ['in-reply-to', '<\u00fcn\u00ef@example.com>', '<uni@example.com>'],
    ['References', '<a@example.com> <\u00fc@example.com>', '<a@example.com> <b@example.com>'],
    ['OTP-Token', 'c\u00f6de', 'code'],
    ['Disposition-Notification-To', 'J\u00f6 <jo@example.com>', 'Jo <jo@example.com>'],
  ])('the header %s unless it is ASCII: no reader decodes it', (name, wrong, right) => {
    expect(pathsOf(sampleSubmission(parts({ headers: [[name, wrong]] })))).toEqual([`headers.${name}`]);
    expect(refusalOf(sampleSubmission(parts({ headers: [[name, right]] })))).toBeUndefined();
    expect(refusalOf(sampleSubmission(parts({ headers: [['List-Id', 'B\u00fccher <b.example>']] })))).toBeUndefined();
  });

  it('a message that can be turned off where nobody reaches a page of ours, or that has a link of its own', () => {
    const unsubscribe = { category: 'news' };
    const isPublic = { ...defaultAcceptLimits, isPublic: true };
    const refused = (more: Partial<Submission>, limits = isPublic) =>
      refusalOf(sampleSubmission({ unsubscribe, ...more }), limits)?.errors;
    expect(refused({})).toBeUndefined();
    expect(refused({}, defaultAcceptLimits)).toEqual([
      { path: 'unsubscribe.category', message: expect.stringContaining('`http.publicUrl`') },
    ]);
    const headers = [['list-UNSUBSCRIBE', '<https://x.example/>'] as const];
    expect(refused(parts({ headers }))).toMatchObject([{ path: 'headers.list-UNSUBSCRIBE' }]);
    for (const category of ['', 'a\r\nBcc: b@c.example', 'x'.repeat(256)]) {
      expect(refused({ unsubscribe: { category } })).toMatchObject([{ path: 'unsubscribe.category' }]);
    }
    const raw = { ...sampleRaw('To: b@example.com\n\n'), unsubscribe: { category: '' } };
    expect(refusalOf(raw, isPublic)?.errors).toMatchObject([{ path: 'X-IEP-Unsubscribe' }]);
  });

  it('too many recipients, by their number alone', () => {
    expect(refusalOf(sampleSubmission({ to: mailboxes(1000), cc: mailboxes(1) }))?.code).toBe('too_many_recipients');
    const rcpt = mailboxes(1001).map(({ email }) => email);
    expect(refusalOf(sampleSubmission({ rcpt }))).toMatchObject({
      code: 'too_many_recipients',
      errors: [{ path: '', message: 'has 1001 recipients; a message may have 1000' }],
    });
  });

  it.each<[string, Partial<Submission>]>([
    ['htmlBody', parts({ html: 'x'.repeat(10 * 2 ** 20 + 1) })],
    ['textBody', parts({ text: 'x'.repeat(2 ** 20 + 1), variables: {} })],
    ['attachments.1', { attachments: [ofSize(1), ofSize(10 * 2 ** 20 + 1)] }],
    ['attachments', { attachments: [ofSize(9 * 2 ** 20), ofSize(9 * 2 ** 20), ofSize(9 * 2 ** 20)] }],
  ])('as message_too_large what is too large in %s', (path, more) => {
    const refusal = refusalOf(sampleSubmission(more));
    expect(refusal?.code).toBe('message_too_large');
    expect(refusal?.errors?.map((error) => error.path)).toEqual([path]);
  });
});

function nested(depth: number): Json {
  return depth === 0 ? 0 : { a: nested(depth - 1) };
}

it('lets no line break through in any field that becomes a header', () => {
  const evil = fc
    .tuple(
      fc.string({ maxLength: 5 }),
      fc.constantFrom('\r', '\n', '\r\n', '\0', '\u0085', '\u2028'),
      fc.string({ maxLength: 5 }),
    )
    .map((texts) => texts.join(''));
  const put = fc.constantFrom<(text: string) => Partial<Submission>>(
    (text) => ({ subject: text }),
    (text) => ({ from: { email: 'a@b.example', name: text } }),
    (text) => ({ from: { email: `a@b.example${text}` } }),
    (text) => ({ to: [{ email: 'a@b.example', name: text }] }),
    (text) => ({ to: [{ email: `${text}@b.example` }] }),
    (text) => ({ envelopeFrom: `${text}@b.example` }),
    (text) => ({ rcpt: [`"${text}"@b.example`] }),
    (text) => ({ replyTo: `"${text}" <a@b.example>` }),
    (text) => parts({ headers: [['X-A', `a${text}`]] }),
    (text) => parts({ headers: [[`X-A${text}`, 'a']] }),
    (text) => ({ attachments: [attachment({ filename: text })] }),
    (text) => ({ attachments: [attachment({ contentType: `a/b${text}` })] }),
    (text) => ({ attachments: [attachment({ contentType: `a/b; x="${text}"` })] }),
    (text) => ({ attachments: [attachment({ contentId: text })] }),
  );
  fc.assert(
    fc.property(evil, put, (text, into) => {
      expect(refusalOf(sampleSubmission(into(text)))?.code).toBe('invalid_request');
    }),
    { numRuns: 500 },
  );
});
