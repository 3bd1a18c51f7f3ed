/** The refusal of what does not say what it should, field by field. */

import { type FieldError, IepError } from './errors.ts';
import { MAX_NAME_LENGTH, shorten } from './shown.ts';

/** The refusal of a body with these faults. */
export function invalid(errors: readonly FieldError[]): IepError {
  const first = errors[0];
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  const where = first?.path ? `${shorten(first.path, MAX_NAME_LENGTH)}: ` : '';
  return new IepError('invalid_request', first && `${where}${first.message}${more}`, { errors });
}
