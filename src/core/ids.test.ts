import { describe, expect, test } from 'vitest';
import { createIds, isId } from './ids.ts';

/** Ids made one after the other, each at its time in milliseconds. */
function idsAt(times: readonly number[]): string[] {
  let now = 0;
  const newId = createIds({ now: () => now });
  return times.map((time) => {
    now = time;
    return newId();
  });
}

const timeOf = (id: string) => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
const START = Date.UTC(2026, 0, 1);

describe('an id', () => {
  test('is a UUIDv7 of its time', () => {
    for (const id of idsAt([START, START, START + 1])) {
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(isId(id)).toBe(true);
    }
    expect(idsAt([START, START + 5]).map(timeOf)).toEqual([START, START + 5]);
  });

  test.each([0, -1, -86_400_000])('is one also on a clock that says %i', (time) => {
    const ids = idsAt([time, time, time + 1]);
    expect(ids.every(isId)).toBe(true);
    expect(ids.toSorted()).toEqual(ids);
  });
});

test('many of one millisecond sort as they were made, and none is there twice', () => {
  const ids = idsAt(Array(3 * 4096 + 1).fill(START));
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
  expect(timeOf(ids.at(4095) ?? '')).toBe(START);
  expect(timeOf(ids.at(4096) ?? '')).toBe(START + 1);
});

test('none goes back where the clock does, nor where the counter was ahead of it', () => {
  const full = Array(5000).fill(START);
  const ids = idsAt([...full, START + 1, START - 1000, START - 999, START + 1, START + 2, START + 3]);
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
  expect(timeOf(ids.at(-1) ?? '')).toBe(START + 3);
});
