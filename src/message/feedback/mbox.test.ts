/** An mbox file is parted where mails begin, in whatever pieces it comes; a mail alone is one. */

import { expect, it } from 'vitest';
import { createMailParter, joinMails, partMails } from './mbox.ts';
import { MAX_REPORT_BYTES } from './read-report.ts';

const texts = (mails: readonly Buffer[]) => mails.map(String);
const of = (text: string) => texts(partMails(Buffer.from(text)));

const FILE = `From MAILER-DAEMON Mon Mar  4 09:58:12 2024
Subject: one

From here on it is text.

From a friend, who says hello at noon.
>From quoted

From - Mon Mar 04 09:58:12 2024
Subject: two

From:
the end 09:58
`;
const MAILS = [
  'Subject: one\n\nFrom here on it is text.\n\nFrom a friend, who says hello at noon.\n>From quoted',
  'Subject: two\n\nFrom:\nthe end 09:58',
];

it('parts a file, also with line ends of the wire', () => {
  expect(of(FILE)).toEqual(MAILS);
  expect(of(FILE.replaceAll('\n', '\r\n'))).toEqual(MAILS.map((mail) => mail.replaceAll('\n', '\r\n')));
});

it.each([1, 2, 7, 64])('parts it alike in pieces of %i bytes', (length) => {
  const parter = createMailParter();
  const mails: Buffer[] = [];
  for (let at = 0; at < FILE.length; at += length) mails.push(...parter.push(Buffer.from(FILE.slice(at, at + length))));
  expect(texts([...mails, ...parter.end()])).toEqual(MAILS);
});

it('takes what does not begin as a file for one mail', () => {
  const mail = `Subject: one\n\n${FILE}`;
  expect(of(mail)).toEqual([mail.trimEnd()]);
});

it.each(['', '\n', '\r\n\r\n', 'From x 10:00\n', 'From x 10:00\n\n\nFrom y 10:00\n\n'])(
  'finds no mail in %j',
  (text) => {
    expect(of(text)).toEqual([]);
  },
);

it('joins mails so that they are parted alike', () => {
  expect(texts(partMails(joinMails(MAILS.map((mail) => Buffer.from(mail)))))).toEqual(MAILS);
});

it('keeps the beginning of a mail of any size, and finds the next one', () => {
  const large = Buffer.alloc(3 * MAX_REPORT_BYTES, 'x');
  const file = Buffer.concat([Buffer.from('From x 10:00\n'), large, Buffer.from('\n\nFrom y 10:00\nSubject: two\n')]);
  expect(partMails(file).map(({ length }) => length)).toEqual([MAX_REPORT_BYTES, 'Subject: two'.length]);
});
