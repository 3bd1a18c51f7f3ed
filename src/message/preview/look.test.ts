import { describe, expect, it } from 'vitest';
import { clientSupport } from './client-support.ts';
import { clientWarnings } from './features.ts';
import { type Ask, type Looked, look } from './look.ts';
import { pictureProof } from './pictures.ts';

const PNG = 'iVBORw0KGgo=';

function mail(html: string, more: { header?: string; parts?: string } = {}): Buffer {
  const { header = '', parts = '' } = more;
  return Buffer.from(
    [
      ...['From: Ada <ada@example.com>', 'To: bob@example.org', 'Subject: Hello', 'MIME-Version: 1.0'],
      ...(header === '' ? [] : [header]),
      ...['Content-Type: multipart/mixed; boundary=b', '', '--b', 'Content-Type: text/html; charset=utf-8', '', html],
      ...[parts, '--b--', ''],
    ].join('\r\n'),
  );
}

async function ask<K extends Ask['kind']>(bytes: Uint8Array, wanted: Ask & { kind: K }) {
  return (await look(bytes, wanted)) as Looked & { kind: K };
}
const known = { envelopeFrom: 'ada@example.com', signsFor: undefined, at: Date.UTC(2026, 10, 22) };
const viewOf = async (bytes: Uint8Array) => (await ask(bytes, { kind: 'view', known })).view;
const frameOf = async (bytes: Uint8Array, more: Omit<Ask & { kind: 'frame' }, 'kind' | 'scheme'> = {}) =>
  (await ask(bytes, { kind: 'frame', scheme: 'light', ...more })).page;

const attached = [
  ...['--b', 'Content-Type: image/png', 'Content-ID: <logo@x>', 'Content-Disposition: inline; filename="logo.png"'],
  ...['Content-Transfer-Encoding: base64', '', PNG, '--b', 'Content-Type: image/svg+xml', 'Content-ID: <evil@x>'],
  ...['Content-Transfer-Encoding: base64', '', PNG, '--b', 'Content-Type: application/pdf', ''],
  ...["Content-Disposition: attachment; filename*=UTF-8''%C3%9Cber.pdf", '', 'pdf'],
].join('\r\n');

describe('a view of a message', () => {
  it('has its fields, links, attachments and text', async () => {
    const view = await viewOf(
      mail(
        '<p>Hi <a href="https://example.com/a">read <b>on</b></a><a href="mailto:x@example.com"><img alt="mail"></a></p>',
        {
          header: 'X-Other: =?utf-8?q?=C3=9C?=',
          parts: attached,
        },
      ),
    );
    expect(view).toMatchObject({
      subject: 'Hello',
      from: 'Ada <ada@example.com>',
      to: 'bob@example.org',
      hasHtml: true,
    });
    expect(view.links).toEqual([
      { url: 'https://example.com/a', text: 'read on' },
      { url: 'mailto:x@example.com', text: 'mail' },
    ]);
    expect(view.attachments[0]).toEqual({
      ...{ filename: 'logo.png', contentType: 'image/png', size: 8, contentId: 'logo@x', isInline: true },
    });
    expect(view.headers.map(({ name }) => name)).toContain('X-Other');
  });

  it('counts pictures from outside', async () => {
    const html =
      '<img src="https://example.com/a.png"><img src="https://example.com/a.png"><p style="background:url(http://example.com/b)">';
    expect((await viewOf(mail(html))).remotePictures).toBe(2);
  });

  it('is refused where parts are nested deeper than anybody nests them', async () => {
    const deep = Array.from(
      { length: 200 },
      (_, at) => `Content-Type: multipart/mixed; boundary=b${at}\r\n\r\n--b${at}\r\n`,
    );
    expect(await look(Buffer.from(deep.join('')), { kind: 'view', known })).toEqual({ kind: 'unreadable' });
  });
});

describe('the frame', () => {
  it('shows pictures of the mail itself, but no SVG', async () => {
    const page = await frameOf(
      mail('<img src="cid:logo@x"><img src="cid:evil@x"><img src="cid:none">', { parts: attached }),
    );
    expect(page.match(/src="[^"]*"/g)).toEqual([`src="data:image/png;base64,${PNG}"`]);
  });

  it('shows none from outside until it is asked', async () => {
    const bytes = mail('<img src="https://example.com/a.png?b=1&c=2"><p style="background:url(//example.com/x)">');
    expect(await frameOf(bytes)).not.toContain('example.com');
    const key = Buffer.alloc(32, 1);
    const page = await frameOf(bytes, { pictures: { path: '/v1/preview/T/picture', key } });
    const url = 'https://example.com/a.png?b=1&c=2';
    const proof = pictureProof(url, key);
    expect(page).toContain(`src="/v1/preview/T/picture?url=${encodeURIComponent(url)}&amp;proof=${proof}"`);
    expect(page).not.toContain('//example.com/x');
  });

  it('shows text where there is no HTML, and where that is nested too deep', async () => {
    const plain = Buffer.from('Subject: s\r\n\r\na <b> & c\r\n');
    expect(await frameOf(plain)).toContain('a &lt;b&gt; &amp; c');
    const deep = await frameOf(mail(`${'<div>'.repeat(10_000)}deep text`));
    expect(deep).toContain('nested too deep');
  });
});

describe('checks of a header', () => {
  const checksOf = async (header: string, more: { signsFor?: string; envelopeFrom?: string } = {}) => {
    const { view } = await ask(mail('<p>x</p>', { header }), { kind: 'view', known: { ...known, ...more } });
    return Object.fromEntries(view.checks.map(({ about, state }) => [about, state]));
  };

  it('finds what receivers look for', async () => {
    const header = [
      ...['Date: Sun, 22 Nov 2026 10:00:00 +0000', 'Message-ID: <a@example.com>'],
      ...['List-Unsubscribe: <https://example.com/u>', 'List-Unsubscribe-Post: List-Unsubscribe=One-Click'],
      'DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=a; b=x',
    ].join('\r\n');
    expect(await checksOf(header)).toEqual({
      ...{ From: 'good', To: 'good', Subject: 'good', Date: 'good', 'Message-ID': 'good', 'List-Unsubscribe': 'good' },
      ...{ DKIM: 'good', SPF: 'good', Parts: 'warn' },
    });
  });

  it('finds what is missing, twice or not aligned', async () => {
    expect(
      await checksOf('From: eve@example.net\r\nDKIM-Signature: d=other.example', { envelopeFrom: 'x@other.example' }),
    ).toMatchObject({
      ...{ From: 'bad', Date: 'bad', 'Message-ID': 'warn', 'List-Unsubscribe': 'warn', DKIM: 'warn', SPF: 'warn' },
    });
    expect(
      await checksOf('Date: never', { signsFor: 'example.com', envelopeFrom: 'a@bounces.example.com' }),
    ).toMatchObject({
      ...{ Date: 'bad', DKIM: 'good', SPF: 'good' },
    });
  });
});

describe('warnings about mail clients', () => {
  it.each(clientSupport)('$feature', ({ sample, source }) => {
    expect(clientWarnings(sample).map((row) => row.source)).toContain(source);
  });

  it('are none for a mail of tables and plain styles', () => {
    expect(clientWarnings('<table width="600"><tr><td style="color:#333;padding:8px">x</td></tr></table>')).toEqual([]);
  });
});
