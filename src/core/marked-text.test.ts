import { expect, it } from 'vitest';
import { marked, unmarked, writeMarked } from './marked-text.ts';

it('tells values from the text around them, whatever marks the values hold', () => {
  const text = `a & ${marked('b & c')} d ${marked('\ufdd1 e & \ufdd0')}`;
  expect(writeMarked(text, (value) => value.replaceAll('&', 'and'))).toBe('a & b and c d  e and ');
  expect(unmarked(text)).toBe('a & b & c d  e & ');
});

it('leaves no mark of text that lost its other half', () => {
  expect(writeMarked('\ufdd0a', () => 'x')).toBe('a');
});
