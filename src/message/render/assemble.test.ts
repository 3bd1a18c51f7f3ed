/** Held against nodemailer's own way of writing a message out: byte for byte the same. */

import fc from 'fast-check';
import MailComposer from 'nodemailer/lib/mail-composer';
import { expect, it } from 'vitest';
import { assemble } from './assemble.ts';

const line = fc.oneof(
  fc.string({ maxLength: 120 }),
  fc.string({ unit: 'grapheme', maxLength: 120 }),
  fc.constantFrom('', '.', ' ', 'ends in blanks  \t', `${'x'.repeat(1200)}`, 'ü'.repeat(100), '='.repeat(90)),
  fc.constantFrom(
    'a \rb\t\nc ',
    `<a href="#">${'words, words '.repeat(20)} </a>\t`,
    `${'1234 '.repeat(30)}\x7f`,
    '7 '.repeat(60),
  ),
);
const body = fc.array(line, { maxLength: 12 }).map((lines) => lines.join('\r\n'));
const attachment = fc.record({
  filename: fc.constantFrom('a.pdf', 'Ü berlang.txt', 'b.bin'),
  contentType: fc.constantFrom('application/pdf', 'text/plain', 'image/png', 'application/octet-stream'),
  content: fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
  cid: fc.option(fc.constant('image-1'), { nil: undefined }),
});

it('writes what nodemailer writes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        subject: line,
        text: fc.option(body, { nil: undefined }),
        html: fc.option(body, { nil: undefined }),
        attachments: fc.array(attachment, { maxLength: 3 }),
      }),
      async (mail) => {
        const compose = () =>
          new MailComposer({
            ...mail,
            from: { name: 'Ä', address: 'a@example.com' },
            to: 'b@example.com',
            date: new Date(0),
            messageId: '<x@example.com>',
            baseBoundary: 'x',
          }).compile();
        expect(assemble(compose())?.toString('latin1')).toBe((await compose().build()).toString('latin1'));
      },
    ),
    { numRuns: 300 },
  );
});
