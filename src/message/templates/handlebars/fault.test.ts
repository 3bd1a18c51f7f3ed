import { expect, it } from 'vitest';
import { SourceFault } from '../tree.ts';
import { readHandlebars } from './parse.ts';

const limits = { maxTemplateLength: 10_000, maxExpressions: 100, maxExpressionsLength: 1_000, maxNesting: 10 };

function faultOf(source: string): unknown {
  try {
    return readHandlebars(source, 'html', limits);
  } catch (error) {
    if (!(error instanceof SourceFault)) throw error;
    return [error.place.line, error.place.column, error.message];
  }
}

it.each([
  [
    '<style>\n  .b{color:{{c}}}\n</style>',
    2,
    15,
    'a tag that begins with {{ ends with }}}; put a space before a } that is no part of it',
  ],
  ['{{#if a}}b{{else}}c\r\n\r\n{{else}}d{{/if}}', 3, 1, 'an {{else}} stands where no block takes one'],
  ['a\n\n  {{}} b', 3, 5, 'a tag is empty or ends too early'],
  ['a {{l.0}}', 1, 7, 'a number is not expected there; in a path it stands in brackets, such as {{list.[0]}}'],
  ['a {{/if}}', 1, 3, 'a block is closed that is not open'],
  ['{{#if a}}\nb', 2, 2, 'a tag or a block is not closed'],
  [
    `${'long words before it '.repeat(9)}\n${'and more of them '.repeat(9)}{{a "b}}`,
    2,
    158,
    'a tag has a character that is not expected there, or is not closed',
  ],
])('%j is at fault in line %i, column %i', (source, line, column, message) => {
  expect(faultOf(source)).toEqual([line, column, message]);
});

it('names no column where what the parser shows is there twice', () => {
  expect(faultOf('{{}}\n'.repeat(20))).toEqual([1, undefined, 'a tag is empty or ends too early']);
});
