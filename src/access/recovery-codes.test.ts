/** Recovery codes are long enough to be hashed as they are, and are read as they are typed. */

import { expect, it } from 'vitest';
import { newRecoveryCodes, recoveryHash } from './recovery-codes.ts';

it('are ten, of 80 bits each', () => {
  const codes = newRecoveryCodes();
  expect(new Set(codes).size).toBe(10);
  for (const code of codes) expect(code).toMatch(/^[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){3}$/);
});

it('are the same in any case, with and without hyphens, and where a letter was read for a digit', () => {
  const hash = recoveryHash('ada', '01ab-cdef-ghjk-mnpq');
  for (const typed of ['01AB CDEF GHJK MNPQ', '01abcdefghjkmnpq', ' OIab-cdef-ghjk-mnpq ', 'olab-cdef-ghjk-mnpq']) {
    expect(recoveryHash('ada', typed)).toBe(hash);
  }
  expect(recoveryHash('bob', '01ab-cdef-ghjk-mnpq')).not.toBe(hash);
});
