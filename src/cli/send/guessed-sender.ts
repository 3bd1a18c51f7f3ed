/** Tells a caller that named no sender why the one that was taken instead is refused, and what to do about it in the shell. */

import { IepError } from '../../core/errors.ts';

export function aboutGuessedSender(error: unknown, from: string): unknown {
  if (!(error instanceof IepError)) return error;
  const isAboutSender =
    error.code === 'sender_domain_not_allowed' ||
    error.code === 'sender_domain_not_verified' ||
    error.errors?.some(({ path }) => path === 'from') === true;
  if (!isAboutSender) return error;
  return new IepError(error.code, `no sender was named, and ${from} cannot be it: ${error.message}`, {
    ...(error.errors && { errors: error.errors }),
    extra: {
      hint: 'Name one: --from ADDRESS. For all mail that names none: `iep tenant set SLUG --default-from ADDRESS`.',
    },
    cause: error,
  });
}
