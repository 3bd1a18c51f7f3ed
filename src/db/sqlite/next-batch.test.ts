import { expect, test } from 'vitest';
import type { VerbCall } from './engine.ts';
import { createNextBatch } from './next-batch.ts';

const callOf = (name: string) => {
  const items = Array.from({ length: name.startsWith('long') ? 1_000 : 1 });
  const call = name.endsWith('feedback')
    ? { verb: 'feedback.record', input: { feedback: items } }
    : { verb: 'outbox.accept', input: { messages: items } };
  return { name, call: call as unknown as VerbCall };
};

/** The batches, each as the names of its calls. */
function batches(names: readonly string[], max = 500): string[] {
  const waiting = names.map(callOf);
  const next = createNextBatch(max);
  const found: string[] = [];
  while (waiting.length > 0)
    found.push(
      next(waiting)
        .map(({ name }) => name)
        .join(' '),
    );
  return found;
}

test('calls are committed together, in their order, up to a number', () => {
  expect(batches(['a', 'b', 'c'])).toEqual(['a b c']);
  expect(batches(['a', 'b', 'c'], 2)).toEqual(['a b', 'c']);
});

test('a long call is committed alone, after what came before it', () => {
  expect(batches(['a', 'long', 'b'])).toEqual(['a b', 'long']);
  expect(batches(['long', 'a', 'b'])).toEqual(['long', 'a b']);
});

test('between two long calls everybody else comes', () => {
  expect(batches(['long 1', 'long 2', 'long 3', 'a', 'b'])).toEqual(['long 1', 'a b', 'long 2', 'long 3']);
  expect(batches(['long 1', 'long 2', 'a', 'b', 'c'], 2)).toEqual(['long 1', 'a b', 'long 2', 'c']);
});

test('much feedback is a long call too', () => {
  expect(batches(['long feedback', 'long feedback', 'a', 'feedback'])).toEqual([
    'long feedback',
    'a feedback',
    'long feedback',
  ]);
});
