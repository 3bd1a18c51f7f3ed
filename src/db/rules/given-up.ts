/** The refusal of a call that was given up before it began. */

import { IepError } from '../../core/errors.ts';

export function givenUp(): IepError {
  return new IepError('store_unavailable', 'The store did not come to it before its caller stopped waiting.', {
    retryAfterMs: 10_000,
    extra: {
      hint: 'Nothing of it was done. Try again; if it lasts, the operator should look at the disk with `iep doctor`.',
    },
  });
}
