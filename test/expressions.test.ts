/** The scanner of `npm run check` sees every regular expression of src/, and knows one that is not linear. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { expressionsOf, findExpressions } from '../scripts/expressions/find.ts';
import { isMarked } from '../scripts/expressions/marked.ts';

const list = join(import.meta.dirname, '../scripts/expressions/linear.json');

test('each expression was looked at, or is marked with a reason', () => {
  const looked: readonly string[] = JSON.parse(readFileSync(list, 'utf8'));
  const open = findExpressions().filter((one) => !isMarked(one) && !looked.includes(one.expression));
  expect(open, 'run `npm run fix`').toEqual([]);
});

test('an expression is seen wherever it stands', () => {
  const source = `
    const one: RegExp = /a/g;
    export class C { #field = { deep: [(text: string) => text.replace(/b\\/c/, '')] }; }
    type Not = '/d/';
    const made = [new RegExp('e'), RegExp(\`f\`)]; // /g/
  `;
  expect(expressionsOf(source)).toEqual(['/a/g', '/b\\/c/', 'new RegExp', 'new RegExp']);
});
