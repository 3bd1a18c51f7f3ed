/** No value of a variable leaves its place, in both syntaxes: judged by a parser of HTML and one of MIME that share nothing with ours. */

import * as fc from 'fast-check';
import { type DefaultTreeAdapterTypes, parse } from 'parse5';
import PostalMime from 'postal-mime';
import { describe, expect, it } from 'vitest';
import { composeMime } from '../render/mime.ts';
import { sampleMessage } from '../render/sample.testing.ts';
import { createTestEngine } from './templates.testing.ts';

const { render } = createTestEngine();

/** What attackers write, in any order. */
const hostile = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .array(
        fc.oneof(
          fc.constantFrom(
            '<',
            '>',
            '"',
            "'",
            '&',
            '`',
            '=',
            '/',
            '\\',
            '-->',
            '<!--',
            '--!>',
            ']]>',
            '{{x}}',
            '}}',
            '{{{',
            ' ',
            '\n',
            '\r',
            '\t',
            '\0',
            '\f',
          ),
          fc.constantFrom(
            '</style>',
            '</script>',
            '</title>',
            '</textarea>',
            '<script>',
            '<img src=x onerror=alert(1)>',
            '" onclick="x',
            "' x='",
          ),
          fc.constantFrom(
            'javascript:',
            'JaVaScRiPt:',
            'data:',
            'vbscript:',
            'https://',
            'mailto:',
            '//',
            '?',
            '#',
            ':',
            '@',
            '%',
            '%3a',
            '&colon;',
            '&#58;',
            '\u2028',
            '\u202e',
          ),
          fc.constantFrom(
            'expression(',
            'url(',
            ');',
            '}',
            '{',
            ';',
            '/*',
            '*/',
            '@import',
            '\r\nBcc: evil@x.example',
            '\n\n',
            '=?utf-8?q?x?=',
          ),
          fc.string({ maxLength: 4, unit: 'binary' }),
        ),
        { maxLength: 6 },
      )
      .map((parts) => parts.join('')),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 20 }) },
);

type Node = DefaultTreeAdapterTypes.Node;

/** The tree without what may be another: texts, values of attributes, comments. */
function shape(node: Node): unknown {
  const children =
    'childNodes' in node ? node.childNodes.filter(({ nodeName }) => nodeName !== '#text').map(shape) : [];
  const content = 'content' in node ? shape(node.content) : undefined;
  const names = 'attrs' in node ? node.attrs.map(({ name }) => name) : [];
  return [node.nodeName, names, children, content];
}

function find(node: Node, id: string): DefaultTreeAdapterTypes.Element | undefined {
  if ('attrs' in node && node.attrs.some(({ name, value }) => name === 'id' && value === id)) return node;
  if (!('childNodes' in node)) return undefined;
  for (const child of node.childNodes) {
    const found = find(child, id);
    if (found !== undefined) return found;
  }
  return undefined;
}

function textIn(node: Node): string {
  if ('value' in node) return node.value;
  return 'childNodes' in node ? node.childNodes.map(textIn).join('') : '';
}

const asParsed = (text: string) => text.replaceAll('\0', '\ufffd').replace(/\r\n?/g, '\n');

/** Places, with `X` for the value in the syntax at hand. */
const spots = {
  text: '<p id="p">a X b</p><b>c</b>',
  quoted: '<p id="p" title="a X b" class="c">d</p>',
  single: `<p id="p" title='a X b' class="c">d</p>`,
  unquoted: '<p id="p" title=X class="c">d</p>',
  url: '<a id="p" href="X" class="c">d</a>',
  urlUnquoted: '<a id="p" href=X class="c">d</a>',
  path: '<a id="p" href="https://x.example/a/X/b" class="c">d</a>',
  query: '<a id="p" href="https://x.example/a?b=X&amp;c=d" class="c">d</a>',
  two: '<a id="p" href="XX" class="c">d</a>',
  srcset: '<img id="p" srcset="X 2x, https://x.example/b 3x" alt="">',
  css: '<p id="p" style="color: X; width: 1px" class="c">d</p>',
  cssText: `<p id="p" style="font-family: 'X', serif" class="c">d</p>`,
  cssUrl: `<p id="p" style="background: url('X'); width: 1px" class="c">d</p>`,
  style: '<style data-embed>p { color: X; } a { content: "X" }</style><p id="p">d</p>',
  title: '<title>X</title><p id="p">d</p>',
  textarea: '<textarea>X</textarea><p id="p">d</p>',
  comment: '<!-- X --><p id="p">d</p>',
  conditional: '<!--[if mso]><td width="X"><a href="X">X</a><![endif]--><p id="p">d</p>',
  json: '<script type="application/ld+json">{"a": X, "b": "X"}</script><p id="p">d</p>',
  branch: '<p id="p" IFtitle="ELSEclass="ENDX">d</p>',
} as const;

const syntaxes = {
  handlebars: { X: '{{x}}', IF: '{{#if y}}', ELSE: '{{else}}', END: '{{/if}}' },
  go: { X: '{{.x}}', IF: '{{if .y}}', ELSE: '{{else}}', END: '{{end}}' },
} as const;

const isMailUrl = (url: string) =>
  url === '#' || !/^[\s\0-\x20]*[a-z][a-z\d+.-]*:/i.test(url) || /^(?:https?|mailto):/i.test(url);

for (const syntax of ['handlebars', 'go'] as const) {
  const words = syntaxes[syntax];
  const source = (spot: keyof typeof spots) =>
    spots[spot].replaceAll(/X|IF|ELSE|END/g, (word) => words[word as keyof typeof words]);
  const given = async (spot: keyof typeof spots, x: string) => {
    const rendered = await render({ syntax, html: source(spot) }, { variables: { x, y: true } });
    if (typeof rendered === 'string') throw new Error(rendered);
    return parse(rendered.html ?? '');
  };

  describe(`in ${syntax}`, () => {
    it.each(Object.keys(spots) as (keyof typeof spots)[])('a value stays in its place: %s', async (spot) => {
      const usual = shape(await given(spot, 'v'));
      await fc.assert(
        fc.asyncProperty(hostile, async (x) => {
          const tree = await given(spot, x);
          expect(shape(tree)).toEqual(usual);
          const element = find(tree, 'p');
          const attribute = (name: string) => element?.attrs.find((one) => one.name === name)?.value;
          if (spot === 'text') expect(element && textIn(element)).toBe(`a ${asParsed(x)} b`);
          if (spot === 'quoted' || spot === 'single') expect(attribute('title')).toBe(`a ${asParsed(x)} b`);
          if (spot.startsWith('url') || spot === 'two') expect(isMailUrl(attribute('href') ?? '')).toBe(true);
          if (spot === 'path' || spot === 'query') {
            const url = new URL(attribute('href') ?? '');
            expect(url.host).toBe('x.example');
            if (spot === 'query')
              expect([...url.searchParams]).toEqual([
                ['b', x.toWellFormed()],
                ['c', 'd'],
              ]);
          }
          if (spot === 'css') expect(attribute('style')?.split(';')).toHaveLength(2);
        }),
        { numRuns: 150 },
      );
    });

    it('a value stays in its header and in the text part', async () => {
      await fc.assert(
        fc.asyncProperty(hostile, async (x) => {
          const rendered = await render(
            { syntax, subject: `a ${words.X} b`, text: `a ${words.X} b` },
            { variables: { x } },
          );
          if (typeof rendered === 'string') throw new Error(rendered);
          const bytes = await composeMime({ blobs: {} as never }, { message: sampleMessage(), rendered });
          const mail = await PostalMime.parse(bytes as Uint8Array<ArrayBuffer>);
          expect(mail.headers.map(({ key }) => key).sort()).toEqual([
            'content-transfer-encoding',
            'content-type',
            'date',
            'from',
            'message-id',
            'mime-version',
            'subject',
            'to',
          ]);
          expect(mail.bcc).toBeUndefined();
          expect(mail.subject?.startsWith('a ')).toBe(true);
          expect(mail.attachments).toEqual([]);
          expect(mail.text?.startsWith('a ')).toBe(true);
        }),
        { numRuns: 150 },
      );
    });
  });
}
