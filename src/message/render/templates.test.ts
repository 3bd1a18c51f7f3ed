/** What templates can do, cannot do, and may cost. */

import fc from 'fast-check';
import Handlebars from 'handlebars';
import { describe, expect, it, vi } from 'vitest';
import type { Json } from '../../core/message.ts';
import { defaultRenderLimits } from './limits.ts';
import { TemplateError } from './template-error.ts';
import { createTemplates, type Variables } from './templates.ts';

const { renderHtml, renderText } = createTemplates(defaultRenderLimits);
const variables = (json: string): Variables => JSON.parse(json) as Variables;

describe('a template', () => {
  it.each<[string, string, Record<string, Json>]>([
    ['{{#if a}}A{{else if b}}B{{else}}C{{/if}}', 'B', { a: [], b: 1 }],
    ['{{#if n includeZero=true}}zero{{/if}}', 'zero', { n: 0 }],
    ['{{#unless a}}none{{/unless}}', 'none', {}],
    ['{{#with o}}{{x}}{{../y}}{{/with}}', '12', { o: { x: 1 }, y: 2 }],
    ['{{#with o as |p|}}{{p.x}}{{/with}}', '1', { o: { x: 1 } }],
    ['{{#each l}}{{@index}}{{this}}{{#unless @last}}, {{/unless}}{{else}}none{{/each}}', '0a, 1b', { l: ['a', 'b'] }],
    ['{{#each l}}x{{else}}none{{/each}}', 'none', { l: [] }],
    ['{{#each l as |item i|}}{{i}}{{item.n}}{{/each}}', '0112', { l: [{ n: 1 }, { n: 2 }] }],
    ['{{#each o}}{{@key}}={{this}};{{/each}}', 'a=1;b=2;', { o: { a: 1, b: 2 } }],
    ['{{#items}}{{n}}{{/items}}{{^items}}none{{/items}}', '12', { items: [{ n: 1 }, { n: 2 }] }],
    ['{{#o}}{{x}}{{/o}}', '1', { o: { x: 1 } }],
    ['{{lookup l 1}}{{lookup (lookup m "k") "v"}}', 'b9', { l: ['a', 'b'], m: { k: { v: 9 } } }],
    [
      '{{#each rows}}{{lookup ../names @index}} {{@root.t}};{{/each}}',
      'x T;y T;',
      { rows: [0, 0], names: ['x', 'y'], t: 'T' },
    ],
    ['{{true}}{{"a b"}}{{12}}{{[c d]}}', 'T128', { true: 'T', 'a b': 1, 12: 2, 'c d': 8 }],
    ['{{f}} {{z}} {{n}} {{l}}', 'false 0  1,2', { f: false, z: 0, n: null, l: [1, [2]] }],
    ['a {{~x~}} b {{! note }}{{!-- {{x}} --}}\\{{x}}', 'a1b {{x}}', { x: 1 }],
    ['{{{{if x}}}}{{raw}}{{{{/if}}}}', '{{raw}}', { x: 1 }],
    ['{ {x} }}', '{ {x} }}', {}],
  ])('%s', (source, output, data) => {
    expect(renderText(source, data)).toBe(output);
  });

  it('agrees with plain Handlebars', () => {
    const statement = fc.letrec((tie) => ({
      any: fc.oneof({ maxDepth: 3 }, tie('leaf'), tie('block')),
      leaf: fc.constantFrom(
        'x',
        '<',
        '{{a}}',
        '{{{a}}}',
        '{{b.c}}',
        '{{this}}',
        '{{@index}}',
        '{{../a}}',
        '{{lookup l 0}}',
        '{{"a"}}',
        '{{&a}}',
        ' {{~a}} ',
      ),
      block: fc
        .tuple(
          fc.constantFrom('if a', 'unless b', 'each l', 'each b', 'with b', 'l', 'b', 'missing'),
          fc.array(tie('any'), { maxLength: 3 }),
          fc.boolean(),
        )
        .map(
          ([open, body, hasElse]) =>
            `{{#${open}}}${body.join('')}${hasElse ? '{{else}}E' : ''}{{/${open.split(' ')[0]}}}`,
        ),
    })).any;
    const data = { a: '<&>', b: { c: 1, a: [2] }, l: ['p', { a: 'q' }, 0] };
    const plain = { ...data, a: 'plain' };
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 4 }), (parts) => {
        const source = parts.join('');
        expect(renderHtml(source, data)).toBe(Handlebars.compile(source)(data));
        // Not with its `noEscape`, which adds up numbers that are printed side by side.
        expect(renderText(source, plain)).toBe(Handlebars.compile(source)(plain));
      }),
      { numRuns: 300 },
    );
  });
});

describe('nothing is reached but the variables', () => {
  it.each([
    '{{constructor}}',
    '{{constructor.constructor}}',
    '{{this.constructor.name}}',
    '{{__proto__}}',
    '{{__proto__.toString}}',
    '{{#with __proto__}}in{{/with}}',
    '{{#with constructor}}in{{/with}}',
    '{{#each __proto__}}in{{/each}}',
    '{{lookup this "constructor"}}',
    '{{lookup (lookup this "__proto__") "constructor"}}',
    '{{toString}}',
    '{{hasOwnProperty}}',
    '{{a.constructor}}{{a.length.constructor}}',
    '{{@root.constructor}}{{@level}}',
    '{{[__proto__]}}{{"constructor"}}',
  ])('%s prints nothing', (source) => {
    const silent = vi.spyOn(console, 'error');
    const log = vi.spyOn(console, 'log');
    expect(renderText(source, { a: 'text' })).toBe('');
    expect(silent).not.toHaveBeenCalled();
    expect(log).not.toHaveBeenCalled();
  });

  it('prints own members, whatever they are called', () => {
    expect(renderText('{{constructor}} {{__proto__.x}}', variables('{"constructor":1,"__proto__":{"x":2}}'))).toBe(
      '1 2',
    );
  });

  it.each([
    ['{{> partial}}', 'line 1: partials are not supported'],
    ['a\n{{#> layout}}{{/layout}}', 'line 2: partials are not supported'],
    ['{{#*inline "p"}}{{/inline}}', 'line 1: decorators and inline partials are not supported'],
    ['{{* decorate}}', 'line 1: decorators and inline partials are not supported'],
    ['\n\n{{log "x"}}', 'line 3: no helper is called "log"; there are if, unless, each, with, lookup'],
    ['{{upper name}}', 'line 1: no helper is called "upper"; there are if, unless, each, with, lookup'],
    ['{{#repeat 5}}{{/repeat}}', 'line 1: no helper is called "repeat"; there are if, unless, each, with, lookup'],
    ['{{lookup (upper name) 0}}', 'line 1: no helper is called "upper"; there are if, unless, each, with, lookup'],
    ['{{if x a=(upper b)}}', 'line 1: no helper is called "upper"; there are if, unless, each, with, lookup'],
    ['{{a.b c}}', 'line 1: no helper is called "a.b"; there are if, unless, each, with, lookup'],
    ['{{[print value] a}}', 'line 1: no helper is called "print value"; there are if, unless, each, with, lookup'],
    ['{{"print value" a}}', 'line 1: no helper is called "print value"; there are if, unless, each, with, lookup'],
    ['{{#if}}{{/if}}', '#if requires exactly one argument'],
    ['{{#each}}{{/each}}', 'Must pass iterator to #each'],
  ])('%s is refused', (source, reason) => {
    expect(() => renderText(source, {})).toThrow(new TemplateError(reason));
  });
});

describe('values that cannot be printed', () => {
  it.each(['{"o":{"toString":1}}', '{"o":[{"toString":1,"valueOf":2}]}', '{"o":{"toHTML":1}}'])('%s', (json) => {
    const print = () => renderHtml('{{o}}', variables(json));
    if (json.includes('toHTML')) expect(print()).toBe('[object Object]');
    else expect(print).toThrow(TemplateError);
  });
});

describe('the limits', () => {
  const list = Array.from({ length: 1000 }, (_, n) => n);
  const nest = (open: string, inside: string, times: number) =>
    `{{#${open}}}`.repeat(times) + inside + `{{/${open.split(' ')[0]}}}`.repeat(times);

  it.each<[string, string, Variables, RegExp]>([
    ['loops in loops', '{{#each a}}{{#each ../a}}{{#each ../../a}}{{/each}}{{/each}}{{/each}}', { a: list }, /steps/],
    ['sections in sections', '{{#a}}{{#../a}}{{#../../a}}{{/../../a}}{{/../a}}{{/a}}', { a: list }, /steps/],
    ['conditions in loops', `{{#each a}}${'{{#if x}}{{/if}}'.repeat(400)}{{/each}}`, { a: list }, /steps/],
    ['much output from a loop', '{{#each a}}{{../s}}{{/each}}', { a: list, s: 'x'.repeat(10_000) }, /characters/],
    ['much output from its text', `{{#each a}}${'x'.repeat(10_000)}{{/each}}`, { a: list }, /characters/],
    ['much output from one value', '{{s}}'.repeat(900), { s: '&'.repeat(1_000_000) }, /characters/],
    ['much output unescaped', '{{{s}}}'.repeat(900), { s: 'x'.repeat(1_000_000) }, /characters/],
    ['much output from lists', '{{#each a}}{{../a}}{{/each}}'.repeat(9), { a: list }, /characters/],
    ['blocks in one another', nest('if a', '', 101), { a: 1 }, /line 1: more than 100 blocks/],
    ['blocks beyond any stack', nest('if a', '', 400), { a: 1 }, /blocks/],
    ['many expressions', '{{a}}'.repeat(1001), {}, /more than 1000 expressions/],
    ['many that are not closed', '{{'.repeat(100_000), {}, /expressions/],
    ['many that are escaped', '\\{{ '.repeat(100_000), {}, /expressions/],
    ['long expressions', `{{${'a'.repeat(40_000)}}}`, {}, /expressions of more than/],
    ['long paths', `{{${'a.'.repeat(20)}a}}`, {}, /path of more than 20 names/],
    ['long paths in sub-expressions', `{{lookup (lookup ${'a.'.repeat(20)}a 1) 1}}`, {}, /path of more than 20 names/],
    ['sub-expressions', `{{lookup ${'(lookup '.repeat(11)}a 1${') 1'.repeat(11)}}}`, {}, /sub-expressions/],
    ['a long template', `${'x'.repeat(1024 * 1024)}{{a}}`, {}, /longer than/],
  ])('stop %s', (_what, source, data, reason) => {
    const before = process.threadCpuUsage();
    expect(() => renderHtml(source, data)).toThrow(reason);
    expect(() => renderHtml(source, data)).toThrow(TemplateError);
    expect(process.threadCpuUsage(before).user / 1000).toBeLessThan(10_000);
  });

  it('begin anew with every template', () => {
    const source = '{{#each a}}{{#each ../a}}x{{/each}}{{/each}}';
    const a = list.slice(0, 300);
    for (let n = 0; n < 3; n++) expect(renderText(source, { a })).toHaveLength(90_000);
  });

  it('let a long mail through', () => {
    const row = '<tr><td>{{this.name}}</td>{{#if this.paid}}<td>paid</td>{{/if}}</tr>\n';
    const source = `<p>Hello {{name}}</p><table>{{#each rows}}${row}{{/each}}</table>${'{{name}} text '.repeat(500)}`;
    const rows = list.map((n) => ({ name: `row ${n}`, paid: n % 2 === 0 }));
    expect(renderHtml(source, { name: 'Saif', rows }).length).toBeGreaterThan(30_000);
  });
});

it('throws nothing but TemplateErrors, whatever the template is', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '{{',
      '}}',
      '{{{',
      '}}}',
      '{{#if a}}',
      '{{/if}}',
      '{{else}}',
      '{{#each l}}',
      '{{/each}}',
      '{{a.b}}',
      '{{~',
      '~}}',
      '(',
      ')',
      '|',
      '{{>',
      '{{!--',
      '--}}',
      '\\',
      '"',
      '@index',
      ' as |x|',
      '=',
      '&',
      '^',
      '../..',
      '/',
      'this',
    ),
    fc.string({ maxLength: 3 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      try {
        renderHtml(pieces.join(''), { a: { b: 1 }, l: [1, { a: 2 }] });
      } catch (error) {
        expect(error).toBeInstanceOf(TemplateError);
      }
    }),
    { numRuns: 1000 },
  );
});

it.each([
  [`{{lookup "${'\\"'.repeat(3)}"}}`, 'lookup takes a value and a name'],
  ['{{lookup}}', 'lookup takes a value and a name'],
  ['{{lookup a "b" "c"}}', 'lookup takes a value and a name'],
  ['{{a}}', 'uses a value in a way'],
  ['{{#each}}x{{/each}}', 'each'],
  ['{{#with}}x{{/with}}', 'with'],
  ['{{#if}}x{{/if}}', 'if'],
])('what %s fails with is a sentence about the template', (source, reason) => {
  const render = () => renderText(source, { a: { toString: 1, valueOf: 1 } });
  expect(render).toThrow(TemplateError);
  expect(render).toThrow(reason);
  expect(render).not.toThrow(/undefined|Cannot/);
});

it('forgets the templates that were used least lately', () => {
  const parse = vi.spyOn(Handlebars, 'parse');
  const { renderText: renderFew } = createTemplates({ ...defaultRenderLimits, cachedBytes: 11_000 });
  for (const source of ['{{a}} one', '{{a}} two', '{{a}} one', '{{a}} three', '{{a}} one', '{{a}} two']) {
    renderFew(source, { a: 1 });
  }
  expect(parse.mock.calls.map(([source]) => source)).toEqual(['{{a}} one', '{{a}} two', '{{a}} three', '{{a}} two']);
  parse.mockRestore();
});
