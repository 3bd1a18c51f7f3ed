import { describe, expect, it } from 'vitest';
import { completeHeader, qualify, recipientFields } from './complete-header.ts';
import { decodeText } from './header.ts';

const here = { from: 'www-data@host.example', domain: 'host.example' };
const complete = (text: string) => Buffer.from(completeHeader(Buffer.from(text), here)).toString();
const crlf = (text: string) => text.replace(/\r?\n/g, '\r\n');

describe('completing a header', () => {
  it('adds From where it is missing', () => {
    expect(complete('To: jo@example.com\n\nhello\n')).toBe(
      crlf('From: www-data@host.example\nTo: jo@example.com\n\nhello\n'),
    );
  });

  it.each([
    ['"Jörg Müller" <jo@example.com>', '=?UTF-8?Q?J=C3=B6rg_M=C3=BCller?= <jo@example.com>'],
    ['"Doe, Jane" <jo@example.com>', '"Doe, Jane" <jo@example.com>'],
    ['ü@example.com', 'ü@example.com'],
  ])('writes the sender %s in ASCII as far as it goes', (from, expected) => {
    expect(completeHeader(Buffer.from('Subject: x\n\n'), { ...here, from }).toString()).toBe(
      crlf(`From: ${expected}\nSubject: x\n\n`),
    );
  });

  it('folds a long name, which no line could hold', () => {
    const from = `${'ü'.repeat(200)} <jo@example.com>`;
    const header = completeHeader(Buffer.from('\n'), { ...here, from }).toString();
    expect(Math.max(...header.split('\r\n').map((line) => line.length))).toBeLessThan(100);
    expect(decodeText(header.replace(/\r\n /g, ' '))).toContain('ü'.repeat(200));
  });

  it('makes a header for a text that has none', () => {
    expect(complete('disk is full\n')).toBe('From: www-data@host.example\r\n\r\ndisk is full\r\n');
    expect(complete('\nafter an empty line\n')).toBe('From: www-data@host.example\r\n\r\nafter an empty line\r\n');
    expect(complete('')).toBe('From: www-data@host.example\r\n');
  });

  it.each([
    ['From: root (Cron Daemon)', 'From: root@host.example (Cron Daemon)'],
    ['From: "Cron Daemon" <root>', 'From: "Cron Daemon" <root@host.example>'],
    ['From: root', 'From: root@host.example'],
  ])('gives %s a domain', (given, expected) => {
    expect(complete(`${given}\nSubject: x\n\nroot\n`)).toBe(crlf(`${expected}\nSubject: x\n\nroot\n`));
  });

  it('gives only those of a list a domain that have none', () => {
    expect(complete('From: a@b.example\nTo: root, "Doe, J" <jo@c.example>,\n\tops <ops>\nCc: x@y.example\n\n')).toBe(
      crlf(
        'From: a@b.example\nTo: root@host.example, "Doe, J" <jo@c.example>,\n\tops <ops@host.example>\nCc: x@y.example\n\n',
      ),
    );
  });

  it.each([
    'From: a@b.example\r\nTo: undisclosed-recipients:;\r\nSubject: From: root\r\n\r\nTo: root\r\n',
    'From: =?utf-8?q?J=C3=BCrgen?= <j@b.example>\nTo: "root" <r@b.example>\n\n.\n',
    'From: a@b.example\nTo:\n root@b.example\n\n\u00e4\u00f6\n',
  ])('leaves what is complete as it is', (text) => {
    expect(complete(text)).toBe(crlf(text));
  });

  it('keeps bytes that are not text', () => {
    const raw = Buffer.concat([Buffer.from('From: root\n\n'), Buffer.from([0xff, 0x00, 0x80])]);
    expect(Buffer.from(completeHeader(raw, here)).subarray(-3)).toEqual(Buffer.from([0xff, 0x00, 0x80]));
  });
});

describe('whatever the line ends are', () => {
  const lines = ['To: jo@example.com', 'Bcc: secret@example.org', 'Subject: x', '', 'hi', ''];

  it.each(['\r\n', '\n', '\r', '\r\r\n'])('the header is the same: %j', (end) => {
    expect(complete(lines.join(end))).toBe(`From: www-data@host.example\r\n${lines.join('\r\n')}`);
    expect(recipientFields(Buffer.from(lines.join(end)))).toBe('jo@example.com, secret@example.org');
  });

  it('a byte order mark is not part of it, and an empty From is none', () => {
    expect(complete('\ufeffFrom: a@b.example\n\nhi\n')).toBe('From: a@b.example\r\n\r\nhi\r\n');
    expect(complete('From:\nTo: a@b.example\n\n')).toMatch(/^From: www-data@host\.example\r\nFrom:\r\nTo/);
  });

  it('a header that breaks off before Bcc is refused, not closed above it', () => {
    for (const text of [
      'To: a@x\nno field\nBcc: secret@x\n\nhi\n',
      ' odd\nBcc: secret@x\n\n',
      'Bcc: a@x,\nsecret@x\n\n',
    ]) {
      expect(() => complete(text)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
    }
  });
});

describe('recipients of the header', () => {
  it('are To, Cc and Bcc, unless it is sent again', () => {
    expect(recipientFields(Buffer.from('To: a@x,\n b@x\nBcc: c@x\n\nTo: d@x\n'))).toBe('a@x, b@x, c@x');
    expect(recipientFields(Buffer.from('To: a@x\nResent-To: e@x\n\n'))).toBe('e@x');
  });

  it('get this domain where they have none', () => {
    expect(qualify('root', 'host.example')).toBe('root@host.example');
    expect(qualify('a@b.example', 'host.example')).toBe('a@b.example');
    expect(qualify('', 'host.example')).toBe('');
  });
});
