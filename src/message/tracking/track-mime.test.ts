import { expect, it } from 'vitest';
import { createIds } from '../../core/ids.ts';
import { tokenReader } from '../../core/signed-token.ts';
import { readMail } from '../preview/mail.ts';
import { readHit, type TrackedCopy } from './links.ts';
import { decodeQuotedPrintable, encodeQuotedPrintable } from './quoted-printable.ts';
import { trackMime } from './track-mime.ts';

const key = new Uint8Array(32).fill(7);
const base = 'https://mail.example';
const copy: TrackedCopy = {
  ...{ base, key, messageId: createIds({ now: () => 1 })(), position: 0, opens: true, clicks: true, kept: [] },
};
const urls = (html = '') =>
  [...html.matchAll(/\/t\/c\/([\w-]+)/g)].map(([, token = '']) => readHit(tokenReader([key]), 'clicked', token)?.url);
const crlf = (text: string) => text.replaceAll('\n', '\r\n');
const track = (text: string) => {
  const tracked = trackMime(Buffer.from(crlf(text), 'latin1'), copy);
  return tracked && Buffer.from(tracked).toString('latin1');
};

const HEAD = 'From: a@x.example\nSubject: s\nMIME-Version: 1.0\n';
const HTML = '<body><a href="https://example.com/a">x</a></body>';

const OTHER = '<a href="https://example.com/other">x</a>';

const mixed = (html: string) => `${HEAD}Content-Type: multipart/mixed; boundary="outer"

preamble
--outer
Content-Type: multipart/alternative;
 boundary=inner

--inner
Content-Type: text/plain

https://example.com/a
--inner
Content-Type: text/html; charset=utf-8
${html}
--inner--
--outer
Content-Type: text/html
Content-Disposition: attachment; filename=page.html

${OTHER}
--outer
Content-Type: message/rfc822

Content-Type: text/html

${OTHER}
--outer--
epilogue
`;

it.each([
  ['as it is', `\n${HTML}`],
  ['in 8 bits', `Content-Transfer-Encoding: 8bit\n\n${HTML}`],
  [
    'quoted-printable',
    `Content-Transfer-Encoding: quoted-printable\n\n<body><a href=3D"https://exam=\nple.com/a">x</a></body>`,
  ],
  ['base64', `Content-Transfer-Encoding: base64\n\n${Buffer.from(HTML).toString('base64')}`],
])('tracks the HTML that readers see, which came %s, and nothing else', async (_how, html) => {
  const before = mixed(html);
  const tracked = track(before) ?? '';
  const [head = '', tail = ''] = before.split(html).map(crlf);
  expect(tracked.startsWith(head)).toBe(true);
  expect(tracked.endsWith(tail)).toBe(true);
  const mail = await readMail(Buffer.from(tracked, 'latin1'));
  // The link, and the one that nobody sees.
  expect(urls(mail?.html)).toEqual(['https://example.com/a', 'https://example.com/a']);
  expect(mail?.html).toContain(`${base}/t/o/`);
  for (const line of tracked.split('\r\n')) expect(line.length).toBeLessThan(500);
});

it('tracks a message that is HTML alone, and keeps what is not ASCII', async () => {
  const html = '<body>\xfc <a href="https://example.com/\xc3\xbc">\xc3\xbc</a></body>\n';
  const text = `${HEAD}Content-Type: text/html; charset="UTF-8"\nContent-Transfer-Encoding: 8bit\n\n${html}`;
  const tracked = track(text) ?? '';
  expect(tracked).toContain('\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n');
  expect(tracked).not.toContain('8bit');
  const body = decodeQuotedPrintable(tracked.slice(tracked.indexOf('\r\n\r\n') + 4));
  expect(body).toMatch(/^<body>\xfc <a href="https:\/\/mail\.example\/t\/c\/[\w-]+">\xc3\xbc<\/a>/);
  expect(urls(body)[0]).toBe('https://example.com/%C3%BC');
  expect(body.endsWith('</body>\r\n')).toBe(true);
});

it.each([
  ['signed by DKIM', `DKIM-Signature: v=1; b=x\n${HEAD}Content-Type: text/html\n\n${HTML}\n`],
  [
    'signed by S/MIME',
    `${HEAD}Content-Type: multipart/signed; boundary=s\n\n--s\nContent-Type: text/html\n\n${HTML}\n--s\nContent-Type: application/pkcs7-signature\n\nx\n--s--\n`,
  ],
  [
    'signed inside',
    `${HEAD}Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: text/html\n\n${HTML}\n--o\nContent-Type: multipart/signed; boundary=s\n\n--s\n\nx\n--s--\n--o--\n`,
  ],
  [
    'encrypted',
    `${HEAD}Content-Type: multipart/encrypted; boundary=s\n\n--s\nContent-Type: text/html\n\n${HTML}\n--s--\n`,
  ],
  ['encrypted by S/MIME', `${HEAD}Content-Type: application/pkcs7-mime\n\nx\n`],
  ['signed by PGP in its text', `${HEAD}Content-Type: text/html\n\n-----BEGIN PGP SIGNED MESSAGE-----\n${HTML}\n`],
  ['of an odd charset', `${HEAD}Content-Type: text/html; charset=utf-16\n\n${HTML}\n`],
  ['of an odd encoding', `${HEAD}Content-Type: text/html\nContent-Transfer-Encoding: x-uuencode\n\n${HTML}\n`],
  ['text alone', `${HEAD}\nhttps://example.com/a\n`],
  ['nested without end', `${HEAD}${'Content-Type: multipart/mixed; boundary=b\n\n--b\n'.repeat(300)}`],
])('leaves what is %s', (_what, text) => {
  expect(track(text)).toBeUndefined();
});

it('writes and reads quoted-printable', () => {
  for (const text of ['', 'a=b \r\n\t\r\n \xff', 'x'.repeat(200), `${' '.repeat(100)}\r\n`, '='.repeat(80)]) {
    const encoded = encodeQuotedPrintable(text);
    expect(decodeQuotedPrintable(encoded)).toBe(text);
    for (const line of encoded.split('\r\n')) expect(line).toMatch(/^(?:[\x20-\x7e]{0,76})$/);
  }
  expect(decodeQuotedPrintable('a  \r\nb=\r\nc=3d')).toBe('a\r\nbc=');
});
