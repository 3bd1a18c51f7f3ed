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

  it('ends early, and says so, where the HTML is endless', () => {
    const text = textFromHtml('<p>line</p>\n'.repeat(100_000));
    expect(text).toMatch(/^line\n\nline\n/);
    expect(text).toMatch(/\n…$/);
    expect(text.length).toBeLessThan(100_000);
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

  it.each(['<div>', '<ul><li>', '<table><tr><td>', '<b>', '</p>', '<a ', '<', '&', ' ', '<!--', '<p>a</b>'])(
    'is done with 5 MiB of %j within a second',
    (piece) => {
      const html = piece.repeat((5 * 1024 * 1024) / piece.length);
      const before = process.cpuUsage();
      textFromHtml(html);
      expect(process.cpuUsage(before).user / 1000).toBeLessThan(1000);
    },
  );
});
