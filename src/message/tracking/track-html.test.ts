import { expect, it } from 'vitest';
import { createIds } from '../../core/ids.ts';
import { tokenReader } from '../../core/signed-token.ts';
import { readHit, type TrackedCopy } from './links.ts';
import { trackHtml, webUrl } from './track-html.ts';

const key = new Uint8Array(32).fill(7);
const messageId = createIds({ now: () => 1 })();
const base = 'https://mail.example';
const copy: TrackedCopy = { ...{ base, key, messageId, position: 3 }, opens: true, clicks: true, kept: [] };
const clicksOnly: TrackedCopy = { ...copy, opens: false };

const read = tokenReader([key]);
const tokensIn = (html: string, path: 'o' | 'c') =>
  [...html.matchAll(new RegExp(`${base}/t/${path}/([\\w-]+)`, 'g'))].map(([, token = '']) => token);
/** The HTML with what each of our links leads to in its place. */
const resolved = (html: string) =>
  html.replaceAll(new RegExp(`${base}/t/c/([\\w-]+)`, 'g'), (_, token: string) => {
    const hit = readHit(read, 'clicked', token);
    return `[${hit?.isDecoy ? 'decoy ' : ''}${hit?.url}]`;
  });
const DECOY = / ?<a href="\[decoy [^"]*" style="display:none[^"]*" aria-hidden="true" tabindex="-1"><\/a>/;
const links = (html: string, tracked = clicksOnly) => resolved(trackHtml(html, tracked)).replace(DECOY, '');

it('puts a pixel at the end of the body, which names the copy', () => {
  const html = '<!DOCTYPE html>\n<html><body class=x>\n<p>Hi</p >\n</BODY>\n</html>\n';
  const tracked = trackHtml(html, copy);
  const [token = ''] = tokensIn(tracked, 'o');
  expect(readHit(read, 'opened', token)).toEqual({ messageId, position: 3, url: '', isDecoy: false });
  const pixel = `<img src="${base}/t/o/${token}" width="1" height="1" alt="" style="border:0">`;
  expect(tracked).toBe(html.replace('</BODY>', `${pixel}</BODY>`));
});

it.each([
  ['<p>no body', '<p>no body|'],
  ['<html><p>a</html>', '<html><p>a|</html>'],
  ['<body>a</body><body>b</body>c', '<body>a</body><body>b|</body>c'],
  [
    '<body>a<!-- </body> --><script>"</body>"</script></body>',
    '<body>a<!-- </body> --><script>"</body>"</script>|</body>',
  ],
  ['', '|'],
])('finds the end of %j', (html, wanted) => {
  expect(trackHtml(html, { ...copy, clicks: false }).replace(/<img [^>]*>$|<img src="https:\/\/mail[^>]*>/, '|')).toBe(
    wanted,
  );
});

it('leads links through ours, and leaves all else as it was', () => {
  const html = [
    '<P>A&nbsp;<A  class="b" HREF = "https://example.com/a?b=1&amp;c=2"  title=\'>\'>x</A>',
    "<a href='http://example.com/q' >y</a> <a href=https://example.com/u>z</a>",
    '<map><area href="https://example.com/map"></map> é <br/> &lt;a href="https://example.com/no"&gt;',
    '<!-- <a href="https://example.com/comment"> --> <link href="https://example.com/style.css"><a\nhref="https://example.com/&quot;">q</a>',
  ].join('\r\n');
  expect(links(html)).toBe(
    html
      .replace('https://example.com/a?b=1&amp;c=2', '[https://example.com/a?b=1&c=2]')
      .replace('http://example.com/q', '[http://example.com/q]')
      .replace('=https://example.com/u>', '="[https://example.com/u]">')
      .replace('https://example.com/map', '[https://example.com/map]')
      .replace('https://example.com/&quot;', '[https://example.com/"]'),
  );
});

it.each([
  ['mailto:jo@example.com'],
  ['#top'],
  ['tel:+41'],
  ['/relative'],
  ['//example.com/x'],
  ['javascript:alert(1)'],
  ['https://'],
  ['https://exa mple.com/'],
  ['https://example.com/unsubscribe?id=1'],
  ['https://example.com/email/Unsubscribe'],
  [`${base}/u/token`],
  [`${base}/p/token`],
  ['https://example.com/list-header'],
  [`https://example.com/${'a'.repeat(4_000)}`],
])('leaves %s', (href) => {
  const html = `<body><a href="${href}">x</a></body>`;
  expect(trackHtml(html, { ...clicksOnly, kept: ['https://example.com/list-header'] })).toBe(html);
});

it('leaves a link that says so, wherever it says it', () => {
  const html =
    '<a data-iep-no-track href="https://example.com/a">x</a><a href="https://example.com/b" DATA-IEP-NO-TRACK="">x</a>';
  expect(trackHtml(html, clicksOnly)).toBe(html);
});

it('of two addresses of one link takes the first, as browsers do', () => {
  expect(links('<a href="https://example.com/1" href="https://example.com/2">x</a>')).toBe(
    '<a href="[https://example.com/1]" href="https://example.com/2">x</a>',
  );
});

it('has a link that no person sees, which leads where the first does', () => {
  const tracked = resolved(trackHtml('<body><a href="https://example.com/a">x</a></body>', clicksOnly));
  expect(tracked).toMatch(DECOY);
  expect(tracked).toContain('[decoy https://example.com/a]');
  expect(trackHtml('<body>no link</body>', clicksOnly)).toBe('<body>no link</body>');
});

it('writes an address as a header can carry it', () => {
  expect(webUrl(' https://exämple.com/ü?q=a\nb ')).toBe('https://xn--exmple-cua.com/%C3%BC?q=ab');
  expect(webUrl('https://example.com')).toBe('https://example.com');
});

it.each([
  '<a href="https://example.com/',
  '<',
  '<a ',
  '<a href=',
  '<a href="https://example.com/" x="',
  '</body',
  '<!-- ',
])('goes over %j many times in time', (piece) => {
  const html = piece.repeat(200_000);
  const begun = performance.now();
  trackHtml(html, { ...copy, clicks: false });
  expect(performance.now() - begun).toBeLessThan(60_000);
});

it('a token of a pixel is none of a link, and none of another key', () => {
  const [token = ''] = tokensIn(trackHtml('x', copy), 'o');
  expect(readHit(read, 'clicked', token)).toBeUndefined();
  expect(readHit(tokenReader([new Uint8Array(32)]), 'opened', token)).toBeUndefined();
});
