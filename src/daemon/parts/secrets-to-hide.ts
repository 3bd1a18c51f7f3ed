/** The secrets that this daemon was given and knows word for word: what its log looks for besides all that has the form of one. */

import type { Environment } from '../../config/environment.ts';
import type { Config } from '../../config/schema.ts';
import { secretsIn } from '../../core/known-secrets.ts';

/** A shorter one stands in words that are none. */
const MIN_LENGTH = 6;

export function secretsToHide(config: Config, env: Environment): readonly string[] {
  return [...secretsIn(config), env.IEP_MASTER_KEY, env.IEP_MASTER_KEY_PREVIOUS].filter(
    (text): text is string => text !== undefined && text.length >= MIN_LENGTH,
  );
}
