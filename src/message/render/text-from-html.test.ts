/** Text made from HTML: what a reader needs of it, and that no HTML makes it take long. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textFromHtml } from './text-from-html.ts';

describe('textFromHtml', () => {
  it('keeps paragraphs, lists, links and characters, and nothing of the markup', () => {
    const html = `<html><head><title>T</title><style>p{color:red}</style></head><body><h1>Hello</h1>
      <p>Click <a href="https://example.com/x?a=1&amp;b=2">here</a> or <a href="https://example.com">https://example.com</a></p>
      <ul><li>one &amp; two</li><li>m&auml;r&#8364;</li></ul>
      <table><tr><td>left</td><td>right</td></tr></table><img src="x.png" alt="logo"><p>a<br>b</p>
      <a href="mailto:help@example.com">help@example.com</a></body></html>`;
    expect(textFromHtml(html)).toBe(
      [
        'Hello',
        '',
        'Click here (https://example.com/x?a=1&b=2) or https://example.com',
        '',
        ' * one & two',
        ' * mär€',
        '',
        'left',
        'right',
        '',
        'a',
        'b',
        '',
        'help@example.com',
      ].join('\n'),
    );
  });

  it.each(['', '<img src="cid:logo">', '<style>p{}</style>', '   \n'])('of %j is empty', (html) => {
    expect(textFromHtml(html)).toBe('');
  });

  it.each([
    ['rows', (at: number) => `<tr><td>${at}<td>x`],
    ['items', (at: number) => `<li>${at}`],
    ['paragraphs', (at: number) => `<p>${at}`],
    ['terms', (at: number) => `<dt>${at}<dd>x`],
    ['options', (at: number) => `<optgroup><option>${at}`],
    ['elements in one another', (at: number) => `<div><blockquote><ul><li><b>${at}`],
    ['rows with end tags', (at: number) => `<tr><td>${at}</td></tr>`],
  ])('keeps all of %s, however many', (_, piece) => {
    const text = textFromHtml(`${Array.from({ length: 20_000 }, (_, at) => piece(at)).join('\n')}<p>LAST: 99 EUR`);
    expect(text.match(/\d+/g)?.map(Number)).toEqual([...Array.from({ length: 20_000 }, (_, at) => at), 99]);
  });

  it.each([
    ['<div style="display:none">a<div>b</div></div>c', 'c'],
    ['<body><span STYLE="color: red; Display : None !important">a &zwnj;&#847;</span><p>b</p>', 'b'],
    ['<p hidden>a<p>b', 'b'],
    ['<div><p hidden>a</div>b', 'b'],
    ['a <a href="https://x" style="display:none">b</a> c', 'a c'],
    ['<div hidden><style>p{}</style><ul><li>a</ul></div><ol><li>b</ol>', ' 1. b'],
    // Shown, or without an end of its own.
    ['<div style="x-display:none;display:nonesuch">a</div><table><tr><td hidden>b<td>c</table>', 'a\n\nb\nc'],
  ])('leaves out what is hidden: %s', (html, text) => {
    expect(textFromHtml(html)).toBe(text);
  });

  it('keeps what stands beside pictures, and the words of links that are pictures', () => {
    const picture = `<img src="data:image/png;base64,${'A'.repeat(300_000)}" alt="Shop">`;
    expect(textFromHtml(`${picture}<p>Your code is 123456</p>`)).toBe('Your code is 123456');
    expect(textFromHtml(`<a href="https://shop.example">${picture}</a>`)).toBe('Shop (https://shop.example)');
  });

  it.each([
    ['99&nbsp;EUR', '99\u00a0EUR'],
    ['<b>a</b><i>b</i> <u>c</u>', 'ab c'],
    ['a<br>b<br><br>c', 'a\nb\n\nc'],
    ['<ol start=3><li>a<li>b<ul><li>c</ul></ol>d', ' 3. a\n 4. b\n    * c\n\nd'],
    ['<blockquote>a<br>b</blockquote>c', '> a\n> b\n\nc'],
    ['<pre>a\n  b</pre>', 'a\n  b'],
    ['<a href=https://a.example>one<a href=https://b.example>two', 'one (https://a.example)two (https://b.example)'],
    ['<a href="https://a.example/?a=1&amp;b" href="c">x</a>', 'x (https://a.example/?a=1&b)'],
    ['<a href="#top">up</a>', 'up'],
    ['a<!-- b -->c<![CDATA[d]]><script>e</script><template>f</template>g', 'acg'],
    ['a<hr>b', `a\n\n${'-'.repeat(40)}\n\nb`],
    ['1 < 2 & 3 > 2', '1 < 2 & 3 > 2'],
  ])('%s', (html, text) => {
    expect(textFromHtml(html)).toBe(text);
  });

  it('takes whatever it is given', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '<p>',
        '</p>',
        '<div>',
        '</div>',
        '<a href="',
        '">',
        '<!--',
        '<table><td>',
        '&',
        '&#x',
        ';',
        '<',
        '\0',
      ),
      fc.string({ unit: 'binary', maxLength: 5 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        expect(typeof textFromHtml(pieces.join(''))).toBe('string');
      }),
    );
  });
});
