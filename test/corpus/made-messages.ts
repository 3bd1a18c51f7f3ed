/** Odd messages as callers put them together from parts. */

import type { Attachment, Mailbox, Rendered } from '../../src/core/message.ts';

export interface MadeMessage {
  readonly rendered: Rendered;
  readonly from?: Mailbox;
  readonly to?: readonly Mailbox[];
  readonly cc?: readonly Mailbox[];
  readonly replyTo?: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly attachments?: readonly Attachment[];
  /** Types that refuse it, with a sentence, before anything is sent. */
  readonly refusedBy?: readonly string[];
}

const file = (filename: string, contentType: string, content = 'data', contentId?: string): Attachment => ({
  ...{ filename, contentType, content: { bytes: Buffer.from(content), size: Buffer.byteLength(content) } },
  ...(contentId !== undefined && { contentId }),
});
const hello: Rendered = { subject: 'Hello', text: 'hello' };
const vendors = ['sendgrid', 'resend', 'postmark'];

export const madeMessages: Readonly<Record<string, MadeMessage>> = {
  'text alone': { rendered: hello },
  'HTML alone': { rendered: { subject: 'Hello', html: '<p>hello</p>' } },
  'text and HTML in all letters': {
    rendered: { subject: 'Grüße 日本語 😀', text: 'Grüße 😀', html: '<p>日本語 &amp; מזל</p>' },
  },
  'a subject of 900 letters': { rendered: { subject: 'wörter '.repeat(128).trim(), text: 'x' } },
  'a subject like an encoded word': { rendered: { subject: '=?UTF-8?Q?x?=', text: 'x' } },
  'lines of dots and From': { rendered: { subject: 'x', text: '.\n..\nFrom here\n.end' } },
  'a line of 10,000 letters': { rendered: { subject: 'x', text: 'ü'.repeat(10_000) } },
  'a line of HTML that is as long': { rendered: { subject: 'x', html: `<p>${'word '.repeat(5_000)}</p>` } },
  'blanks at the ends of lines': { rendered: { subject: 'x', text: 'a \nb\t\n\n  c' } },
  'names with punctuation': {
    ...{ rendered: hello, from: { email: 'app@example.com', name: 'App, "Inc." (EU)' } },
    to: [{ email: 'ann@example.com', name: "O'Neil; Ann <boss>" }],
  },
  'names in all letters': {
    ...{ rendered: hello, from: { email: 'app@example.com', name: 'Größe 日本' } },
    ...{ to: [{ email: 'ann@example.com', name: 'Änn' }], cc: [{ email: 'cleo@example.com', name: 'Клео' }] },
  },
  'a name like an address': { rendered: hello, to: [{ email: 'ann@example.com', name: 'bob@example.net' }] },
  'an address in all letters': {
    ...{ rendered: hello, to: [{ email: 'jörg@example.com', name: 'Jörg' }] },
    refusedBy: [...vendors, 'ses'],
  },
  'answers to two': { rendered: hello, replyTo: '"Help, Desk" <help@example.com>, b@example.com' },
  'fields of a list': {
    rendered: hello,
    headers: [
      ['List-Unsubscribe', '<https://example.com/u?a=1&b=2>'],
      ['List-Unsubscribe-Post', 'List-Unsubscribe=One-Click'],
      ['X-Custom', 'plain'],
    ],
  },
  'a field in all letters': { rendered: hello, headers: [['X-Custom', 'größe 日本']] },
  'a field twice': {
    rendered: hello,
    headers: [
      ['X-A', '1'],
      ['X-A', '2'],
    ],
    refusedBy: ['sendgrid', 'resend'],
  },
  'an attachment': { rendered: hello, attachments: [file('report.pdf', 'application/pdf')] },
  'a name of a file in all letters': { rendered: hello, attachments: [file('räport € 日本.pdf', 'application/pdf')] },
  'a name of a file with punctuation': {
    rendered: hello,
    attachments: [file('a; b, "c".pdf', 'application/pdf')],
    refusedBy: ['sendgrid'],
  },
  'two files of one name': {
    rendered: hello,
    attachments: [file('a.bin', 'application/octet-stream'), file('a.bin', 'application/octet-stream', 'other')],
  },
  'an empty file': { rendered: hello, attachments: [file('empty.csv', 'text/csv', '')], refusedBy: ['sendgrid'] },
  'an image in the HTML': {
    rendered: { subject: 'x', html: '<img src="cid:logo">' },
    attachments: [file('logo.png', 'image/png', 'png', 'logo')],
  },
  'an invitation': {
    rendered: hello,
    attachments: [file('invite.ics', 'text/calendar', 'BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n')],
  },
  'a text file with a long line': { rendered: hello, attachments: [file('long.txt', 'text/plain', 'x'.repeat(3_000))] },
  'bytes of every kind': {
    rendered: hello,
    attachments: [
      {
        ...file('all.bin', 'application/octet-stream'),
        content: { bytes: Buffer.from(Array.from({ length: 256 }, (_, n) => n)), size: 256 },
      },
    ],
  },
  'a long subject like encoded words': { rendered: { subject: `=?x?= ${'y'.repeat(1_000)} =?`, text: 'x' } },
  'no subject': { rendered: { subject: '', text: 'x' }, refusedBy: vendors },
  'no content': { rendered: { subject: 'x', text: '' }, refusedBy: vendors },
};
