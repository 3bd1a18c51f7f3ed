/** Odd messages as they come whole, each of a kind that programs really send; all for ann@example.com. */

const fields =
  'From: App <app@example.com>\r\nTo: Ann <ann@example.com>\r\nDate: Mon, 30 Nov 2026 06:00:00 +0000\r\nMessage-ID: <1@app.example.com>\r\n';
const subject = 'Subject: odd\r\n';
const plain = 'Content-Type: text/plain; charset=utf-8\r\n';
const mime = 'MIME-Version: 1.0\r\n';
const eightBit = (text: string) => Buffer.from(text).toString('latin1');

/** `text`: one byte a character. */
function message(header: string, body: string, more: { readonly bare?: true } = {}): Buffer {
  return Buffer.from(`${more.bare ? '' : fields + subject}${header}\r\n${body}`, 'latin1');
}

function parts(type: string, ...each: readonly string[]): Buffer {
  return message(`${mime}Content-Type: ${type}; boundary="=_b"\r\n`, multipart('=_b', ...each));
}

function multipart(boundary: string, ...each: readonly string[]): string {
  return `${each.map((part) => `--${boundary}\r\n${part}\r\n`).join('')}--${boundary}--\r\n`;
}

const text = `${plain}\r\nhello`;
const html = 'Content-Type: text/html; charset=utf-8\r\n\r\n<p>hello <img src="cid:logo@x"></p>';
const image =
  'Content-Type: image/png\r\nContent-ID: <logo@x>\r\nContent-Disposition: inline; filename=logo.png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=';
const file = (disposition: string, type = 'application/octet-stream') =>
  `Content-Type: ${type}\r\nContent-Disposition: attachment; ${disposition}\r\nContent-Transfer-Encoding: base64\r\n\r\nZGF0YQ==`;
const invitation = `Content-Type: text/calendar; charset=utf-8; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1@x\r\nEND:VEVENT\r\nEND:VCALENDAR`;
const nested = 'Content-Type: message/rfc822\r\n\r\nFrom: x@example.com\r\nSubject: inner\r\n\r\ninner text';

export const wholeMessages: Readonly<Record<string, Buffer>> = {
  'without MIME': message('', 'hello\r\n'),
  'without a body': message('', ''),
  'without a line end at its end': message('', 'hello'),
  'dots at the beginnings of lines': message(mime + plain, '.\r\n..\r\n.hello\r\n\r\n.\r\n'),
  'a line of 998 octets': message('', `${'x'.repeat(998)}\r\nend\r\n`),
  'a line that is longer than allowed': message('', `${'y'.repeat(5_000)}\r\nend\r\n`),
  'a line that begins with From': message('', 'From here on\r\n>From there\r\n'),
  'blanks at the ends of lines': message(mime + plain, 'a \r\nb\t\r\n \r\n'),
  'UTF-8 in 8 bits': message(`${mime}${plain}Content-Transfer-Encoding: 8bit\r\n`, eightBit('Grüße, 日本語 😀\r\n')),
  'ISO-8859-1 in 8 bits': message(`${mime}Content-Type: text/plain; charset=iso-8859-1\r\n`, 'Gr\xfc\xdfe\r\n'),
  'ISO-2022-JP': message(`${mime}Content-Type: text/plain; charset=iso-2022-jp\r\n`, '\x1b$B%F%9%H\x1b(B\r\n'),
  'quoted-printable with soft breaks': message(
    `${mime}${plain}Content-Transfer-Encoding: quoted-printable\r\n`,
    'Gr=C3=BC=C3=\r\n=9Fe=20\r\n=3D\r\n',
  ),
  'encoded words, folded': message(
    `${fields}Subject: =?UTF-8?B?R3LDvMOfZQ==?=\r\n =?UTF-8?Q?_und_mehr?=\r\n`,
    'x\r\n',
    { bare: true },
  ),
  'an 8-bit subject': message(`${fields}Subject: ${eightBit('Grüße')}\r\n`, 'x\r\n', { bare: true }),
  'a subject that goes over many lines': message(
    `${fields}Subject: ${'word '.repeat(40).trim().replaceAll('word word', 'word\r\n word')}\r\n`,
    'x\r\n',
    { bare: true },
  ),
  'an empty subject': message(`${fields}Subject: \r\n`, 'x\r\n', { bare: true }),
  'no subject at all': message(fields, 'x\r\n', { bare: true }),
  'field names in odd letters': message(`${fields}SUBJECT: odd\r\nx-custom : a\r\nX-CUSTOM: b\r\n`, 'x\r\n', {
    bare: true,
  }),
  'a name in quotes with a comma': message(
    `From: "Doe, \\"Joe\\"" <app@example.com>\r\n${fields.slice(fields.indexOf('To:'))}${subject}`,
    'x\r\n',
    { bare: true },
  ),
  'a list of its own, with its fields': message(
    'List-Id: <l.example.com>\r\nList-Unsubscribe: <https://example.com/u>,\r\n <mailto:u@example.com>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nPrecedence: bulk\r\n',
    'x\r\n',
  ),
  'a signature of its own': message(
    'DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=x; h=from;\r\n\tbh=abc=; b=def\r\n =\r\n',
    'x\r\n',
  ),
  'an answer in a thread': message(
    `In-Reply-To: <0@x>\r\nReferences: ${'<12345678901234567890@example.com>\r\n '.repeat(30)}<0@x>\r\n`,
    'x\r\n',
  ),
  'text and HTML': parts('multipart/alternative', text, html),
  'HTML with an image in it': parts('multipart/related', html, image),
  'an attachment': parts('multipart/mixed', text, file('filename=report.pdf', 'application/pdf')),
  'a name by RFC 2231': parts('multipart/mixed', text, file("filename*=UTF-8''r%C3%A4port%20%E2%82%AC.pdf")),
  'a name by RFC 2231 in pieces': parts(
    'multipart/mixed',
    text,
    file("filename*0*=UTF-8''very%20long%20;\r\n filename*1*=n%C3%A4me;\r\n filename*2=.pdf"),
  ),
  'a name as an encoded word': parts('multipart/mixed', text, file('filename="=?UTF-8?B?csOkcG9ydC5wZGY=?="')),
  'a name with odd characters': parts('multipart/mixed', text, file('filename="a; b, c \\"d\\".pdf"')),
  'two attachments of one name': parts('multipart/mixed', text, file('filename=a.bin'), file('filename=a.bin')),
  'an attachment without a name': parts(
    'multipart/mixed',
    text,
    'Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nZGF0YQ==',
  ),
  'an empty attachment': parts(
    'multipart/mixed',
    text,
    'Content-Type: text/csv\r\nContent-Disposition: attachment; filename=empty.csv\r\n\r\n',
  ),
  'a part without a header': parts('multipart/mixed', '\r\nhello', text),
  'parts in parts in parts': parts(
    'multipart/mixed',
    `Content-Type: multipart/related; boundary=r\r\n\r\n${multipart('r', `Content-Type: multipart/alternative; boundary=a\r\n\r\n${multipart('a', text, html)}`, image)}`,
    file('filename=x.bin'),
  ),
  'text before and after its parts': message(
    `${mime}Content-Type: multipart/mixed; boundary=p\r\n`,
    `This is MIME.\r\n\r\n${multipart('p', text)}afterwards\r\n`,
  ),
  'a boundary with odd characters': message(
    `${mime}Content-Type: multipart/mixed;\r\n boundary="'()+_,-./:=? b"\r\n`,
    multipart("'()+_,-./:=? b", text),
  ),
  'a last boundary that is missing': message(
    `${mime}Content-Type: multipart/mixed; boundary=m\r\n`,
    `--m\r\n${text}\r\n`,
  ),
  'an invitation': parts('multipart/alternative', text, invitation),
  'an invitation alone': message(
    `${mime}${invitation.slice(0, invitation.indexOf('\r\n') + 2)}`,
    invitation.slice(invitation.indexOf('BEGIN')),
  ),
  'a message in it': parts('multipart/mixed', text, nested),
  'a report of delivery': message(
    `${mime}Auto-Submitted: auto-replied\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=d\r\n`,
    multipart(
      'd',
      text,
      'Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; y@example.com\r\nAction: failed\r\nStatus: 5.1.1',
      nested,
    ),
  ),
  'signed by S/MIME': message(
    `${mime}Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary=s\r\n`,
    multipart('s', text, file('filename=smime.p7s', 'application/pkcs7-signature')),
  ),
  'base64 in lines of odd length': message(
    `${mime}${plain}Content-Transfer-Encoding: base64\r\n`,
    'aGVs\r\nbG8g\r\nd29y\r\nbGQ=\r\n',
  ),
  'a charset that nobody knows': message(`${mime}Content-Type: text/plain; charset=x-none\r\n`, 'hello\r\n'),
  'a type that is wrong': message(`${mime}Content-Type: text\r\n`, 'hello\r\n'),
  'control characters in its text': message(mime + plain, 'a\x07b\x0cc\x1bd\r\n'),
};
