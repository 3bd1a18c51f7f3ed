import { Parser } from 'htmlparser2';
import { describe, expect, it } from 'vitest';
import { hostileMails } from '../../../test/hostile-mail.ts';
import { cleanHtml, TooDeep } from './clean-html.ts';
import { framePage } from './frame.ts';

const nothing = { pictureOf: () => undefined, scheme: 'light' } as const;
const bodyOf = (html: string) => cleanHtml(html, nothing).body;

describe('what mail is made of stays', () => {
  it.each([
    '<p>Hello <b>you</b></p>',
    '<table width="600" cellpadding="0" align="center"><tbody><tr><td bgcolor="#fff" colspan="2">x</td></tr></tbody></table>',
    '<p style="color:red">x</p>',
    '<a href="#part">x</a>',
    'a &amp; b &lt; c',
  ])('%s', (html) => {
    expect(bodyOf(html)).toBe(html);
  });

  it('links open elsewhere, and tell nothing of where they stood', () => {
    expect(bodyOf('<a href="https://example.com/?a=1&b=2">x</a>')).toBe(
      '<a href="https://example.com/?a=1&amp;b=2" target="_blank" rel="noopener noreferrer">x</a>',
    );
    expect(bodyOf('<a href="/v1/admin/keys">x</a><a href="page">y</a>')).toBe('<a>x</a><a>y</a>');
  });

  it('the body gives its colours to the page, and its sheets stand in the head', () => {
    const cleaned = cleanHtml(
      '<html><head><style>p{color:red}</style></head><body bgcolor="#000" onload="x()" style="color:blue"><p>x</p></body></html>',
      nothing,
    );
    expect(cleaned).toEqual({
      ...{ body: '<p>x</p>', css: expect.stringContaining('p{color:red}') },
      bodyAttributes: { bgcolor: '#000', style: 'color:blue' },
    });
  });

  it('pictures are those that are given', () => {
    const rules = { pictureOf: (url: string) => (url === 'cid:a' ? 'data:image/png;base64,AA==' : undefined) };
    const { body } = cleanHtml('<img src="cid:a" alt="A"><img src="cid:b" alt="B">', { ...rules, scheme: 'light' });
    expect(body).toBe('<img alt="A" src="data:image/png;base64,AA==" /><img alt="B" />');
  });
});

describe('of hostile mail nothing is left that runs, loads or leads away', () => {
  it.each(hostileMails('evil.example'))('$name', ({ html }) => {
    const before = process.threadCpuUsage();
    let page: string;
    try {
      page = framePage(cleanHtml(html, nothing), { title: '</title><script>', scheme: 'light' });
    } catch (error) {
      expect(error).toBeInstanceOf(TooDeep);
      return;
    } finally {
      expect(process.threadCpuUsage(before).user).toBeLessThan(5_000_000);
    }
    expect(faultsOf(page)).toEqual([]);
    expect(cleanHtml(html, nothing).css).not.toMatch(/evil\.example|</);
  });
});

/** What a page has that it must not have, as a parser reads it. */
function faultsOf(page: string): readonly string[] {
  const faults: string[] = [];
  const parser = new Parser({
    onopentag(name, attributes) {
      if (FORBIDDEN.has(name)) faults.push(name);
      for (const [attribute, value] of Object.entries(attributes)) {
        const isRead = attribute === 'alt' || attribute === 'title' || (name === 'a' && attribute === 'href');
        if (/^on|^(?:srcset|action|formaction|xlink:href|ping)$/.test(attribute)) faults.push(`${name} ${attribute}`);
        if (!isRead && /evil\.example|script:|position/i.test(value)) faults.push(`${name} ${attribute}=${value}`);
        if (name === 'a' && attribute === 'href' && !/^(?:https?:\/\/|#)/.test(value)) faults.push(`a ${value}`);
      }
    },
  });
  parser.end(page);
  return faults;
}

const FORBIDDEN = new Set([
  ...[
    'script',
    'iframe',
    'frame',
    'object',
    'embed',
    'applet',
    'form',
    'input',
    'button',
    'base',
    'link',
    'svg',
    'math',
  ],
  ...['video', 'audio', 'source', 'track', 'template', 'noscript', 'portal', 'layer', 'isindex', 'xml', 'bgsound'],
]);
