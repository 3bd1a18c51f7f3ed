/** An address that is put on the list again: what stays of its entry, and what changes. */

import { describe, expect, it } from 'vitest';
import type { Suppression } from '../verbs/suppressions.ts';
import { changed, changeOf, strengthened } from './suppression-merge.ts';

const email = 'a@x.example';
const entry = (more: Partial<Suppression> = {}): Suppression => ({ email, reason: 'manual', createdAt: 5, ...more });

describe('changed', () => {
  it('keeps reason and note where nothing is said of them, and the end never', () => {
    const known = entry({ reason: 'complaint', note: 'n', expiresAt: 9, createdAt: 1 });
    expect(changed(known, { email, createdAt: 5 })).toEqual(entry({ reason: 'complaint', note: 'n' }));
    expect(changed(known, { email, createdAt: 5, reason: 'manual', note: 'm', expiresAt: 7 })).toEqual(
      entry({ note: 'm', expiresAt: 7 }),
    );
  });

  it('is manual where there was none', () => {
    expect(changed(undefined, { email, createdAt: 5 })).toEqual(entry());
  });
});

describe('strengthened', () => {
  const put = (known: Partial<Suppression> | undefined, given: Partial<Suppression>) =>
    strengthened(known && entry(known), entry(given));

  it('keeps the reason that weighs more, with its note', () => {
    expect(put({ reason: 'complaint', note: 'old' }, { reason: 'unsubscribe', note: 'new' })).toMatchObject({
      ...{ reason: 'complaint', note: 'old' },
    });
    expect(put({ reason: 'unsubscribe', note: 'old' }, { reason: 'hard_bounce', note: 'new' })).toMatchObject({
      ...{ reason: 'hard_bounce', note: 'new' },
    });
    expect(put({ reason: 'unsubscribe', note: 'old' }, { reason: 'hard_bounce' }).note).toBe('old');
    expect(put({ reason: 'complaint' }, { reason: 'manual', note: 'new' }).note).toBe('new');
  });

  it('ends when the later of both ends, and never where one of them never does', () => {
    expect(put({ expiresAt: 9 }, { expiresAt: 7 }).expiresAt).toBe(9);
    expect(put({ expiresAt: 7 }, { expiresAt: 9 }).expiresAt).toBe(9);
    expect(put({ expiresAt: 7 }, {})).not.toHaveProperty('expiresAt');
    expect(put({}, { expiresAt: 7 })).not.toHaveProperty('expiresAt');
    expect(put(undefined, { expiresAt: 7 }).expiresAt).toBe(7);
  });
});

it('tells what is new, what differs, and what the list said already', () => {
  expect(changeOf(undefined, entry())).toBe('added');
  expect(changeOf(entry({ createdAt: 1 }), entry())).toBe('unchanged');
  for (const more of [{ reason: 'complaint' as const }, { note: 'n' }, { expiresAt: 9 }]) {
    expect(changeOf(entry(), entry(more))).toBe('changed');
  }
});
