/** What a change leaves of a tenant's settings. */

import { expect, it } from 'vitest';
import { changedSettings } from './settings.ts';

const known = { primary: 'relay', anySender: true, suppressAfterHardBounces: 2 };

it('keeps what is not named, sets what is, and removes what is null', () => {
  expect(changedSettings(known)).toEqual(known);
  expect(changedSettings(known, { primary: undefined })).toEqual(known);
  expect(changedSettings(known, { primary: 'other', anySender: null })).toEqual({
    ...{ primary: 'other', suppressAfterHardBounces: 2 },
  });
  expect(changedSettings({}, { primary: null, anySender: false })).toEqual({ anySender: false });
});

it('replaces a setting whole', () => {
  const before = { route: ['a', 'b'] };
  expect(changedSettings(before, { route: ['c'] })).toEqual({ route: ['c'] });
  expect(before).toEqual({ route: ['a', 'b'] });
});
