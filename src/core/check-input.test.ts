/** What is said of bodies that are wrong in general, and that saying it stays cheap. */

import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { parseBody } from './check-input.ts';
import { IepError } from './errors.ts';

const schema = z.strictObject({
  tags: z.array(z.string()).optional(),
  limit: z.int().min(1).max(10).optional(),
  big: z.int().optional(),
  on: z.boolean().optional(),
  from: z.string().optional(),
  inner: z.strictObject({ list: z.array(z.string()) }).optional(),
});

function errorsOf(input: unknown) {
  try {
    parseBody(schema, input);
  } catch (error) {
    if (error instanceof IepError) return error.errors;
    throw error;
  }
  return undefined;
}

describe('parseBody', () => {
  it('gives what the schema makes of the input', () => {
    expect(parseBody(schema, { limit: 3 })).toEqual({ limit: 3 });
  });

  it.each([
    [{ limit: 0 }, 'limit', 'must be at least 1'],
    [{ limit: 11 }, 'limit', 'must be at most 10'],
    [{ limit: 1.5 }, 'limit', 'must be a whole number'],
    [{ big: 1e20 }, 'big', `must be at most ${Number.MAX_SAFE_INTEGER}`],
    [{ on: 'yes' }, 'on', 'must be true or false'],
    [{ inner: {} }, 'inner.list', 'is required'],
    [{ inner: { list: [], lists: 1 } }, 'inner.lists', 'is not a known field; did you mean `list`?'],
    [{ tag: [] }, 'tag', 'is not a known field; did you mean `tags`?'],
    [{ fra: 1 }, 'fra', 'is not a known field'],
    [JSON.parse('{"__proto__": 1}'), '__proto__', expect.stringContaining('is not a known field')],
  ])('of %j', (input, path, message) => {
    expect(errorsOf(input)).toEqual([{ path, message }]);
  });

  it('names at most fifty faults', () => {
    expect(errorsOf({ tags: Array.from({ length: 9000 }, () => 0) })).toHaveLength(50);
    expect(errorsOf(Object.fromEntries(Array.from({ length: 9000 }, (_, n) => [`x${n}`, 0])))).toHaveLength(50);
  });

  it.each([
    [{ tags: Array(10_001).fill(0) }, 'tags'],
    [{ inner: { list: Array(2_000_000).fill(0) } }, 'inner.list'],
  ])('does not look into endless lists', (input, path) => {
    expect(errorsOf(input)).toEqual([{ path, message: 'must have at most 10000 items' }]);
  });
});
