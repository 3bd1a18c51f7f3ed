/** The refusal of one part of a message that is over its limit. */

import { IepError } from '../../core/errors.ts';

export function tooLarge(path: string, size: number, limit: number, unit: string): never {
  const message = `has ${size} ${unit}; at most ${limit} are taken`;
  throw new IepError('message_too_large', `${path} ${message}`, { errors: [{ path, message }] });
}
