import { expect, it } from 'vitest';
import { idempotencyKeyOf } from './idempotency-key.ts';
import { parcelFor } from './provider.suite.ts';

const keyFor = (positions: readonly number[], messageId = '0193f2f0-0000-7000-8000-000000000001') =>
  idempotencyKeyOf({ messageId, recipients: positions.map((position) => ({ position, address: 'x@example.com' })) });

it('is the same for the same recipients, in whatever order, and another for others or another message', () => {
  expect(keyFor([1, 2])).toBe(keyFor([2, 1]));
  expect(new Set([keyFor([1, 2]), keyFor([1]), keyFor([12]), keyFor([]), keyFor([1, 2], 'another')]).size).toBe(5);
});

it('fits what vendors take, however many recipients there are', () => {
  const many = Array.from({ length: 1_000 }, (_, n) => `r${n}@example.com`);
  expect(idempotencyKeyOf(parcelFor(many))).toMatch(/^[\w-]{1,256}$/);
});
