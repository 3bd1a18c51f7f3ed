import { expect, test } from 'vitest';
import { createLine } from './line.ts';

function lineOf(...items: string[]) {
  const line = createLine<string>();
  for (const item of items) line.push(item.charAt(0), item);
  const rest = () => {
    const taken: string[] = [];
    for (let item = line.next(); item !== undefined; item = line.next()) taken.push(item);
    return taken;
  };
  return { line, rest };
}

test('owners have their turn one after the other, and each its own in the order in which they came', () => {
  const { line, rest } = lineOf('a1', 'a2', 'a3', 'b1', 'c1', 'c2');
  expect([line.size, line.sizeOf('a'), line.sizeOf('d'), line.first()]).toEqual([6, 3, 0, 'a1']);
  expect(rest()).toEqual(['a1', 'b1', 'c1', 'a2', 'c2', 'a3']);
  expect([line.size, line.first()]).toEqual([0, undefined]);
});

test('an owner who may not go keeps its turn', () => {
  const { line, rest } = lineOf('a1', 'b1', 'b2');
  expect(line.next((owner) => owner !== 'a')).toBe('b1');
  expect(line.next(() => false)).toBeUndefined();
  expect([line.size, rest()]).toEqual([2, ['a1', 'b2']]);
});

test('what is taken out early is out, once', () => {
  const { line, rest } = lineOf('b1', 'a1', 'a2');
  line.remove('a', 'a1');
  line.remove('a', 'a1');
  line.remove('b', 'b1');
  line.remove('c', 'c1');
  expect([line.size, rest()]).toEqual([1, ['a2']]);
});
