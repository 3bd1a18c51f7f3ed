import { expect, it } from 'vitest';
import { accepts } from './accepts.ts';

it.each([
  ['text/html', true],
  ['TEXT/HTML', true],
  ['application/xml;q=0.9, Text/Html ;Q=0.1', true],
  ['text/html;q=0', false],
  ['text/html; q=0.000', false],
  ['text/html;level=0', true],
  ['text/html;charset=', true],
  ['text/html5, x/text/html', false],
  ['*/*', false],
  ['', false],
  [undefined, false],
])('accepts %j: %s', (field, is) => {
  expect(accepts(field, 'text/html')).toBe(is);
});
