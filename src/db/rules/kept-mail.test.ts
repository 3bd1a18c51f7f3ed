import { expect, it } from 'vitest';
import { hasAttachments } from './kept-mail.ts';

const mail = (...lines: string[]) =>
  Buffer.from(`Subject: s\r\n${lines.join('\r\n')}\r\n\r\nContent-Type: multipart/mixed\r\n`);

it.each([
  [false, mail()],
  [false, mail('Content-Type: text/plain; charset=utf-8')],
  [false, mail('Content-Type: multipart/alternative; boundary=b')],
  [false, mail('Content-Type: multipart/related; boundary=b')],
  [true, mail('content-type:', ' multipart/mixed; boundary=b')],
  [true, mail('Content-Type : application/pdf')],
])('%s: %s', (wanted, bytes) => {
  expect(hasAttachments(bytes)).toBe(wanted);
});

it('looks at the beginning of a header that does not end', () => {
  expect(hasAttachments(Buffer.alloc(1_000_000, 'a'))).toBe(false);
});
