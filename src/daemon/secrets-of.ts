/** The secrets that this daemon was given and knows word for word: what its log looks for beside all that has the form of one. */

import type { Config } from '../config/schema.ts';
import { isSecretName } from '../core/secret-names.ts';
import type { Environment } from './master-key.ts';

/** A shorter one stands in words that are none. */
const MIN_LENGTH = 6;

export function secretsOf(config: Config, env: Environment): readonly string[] {
  const texts = [...valuesOf(config), env.IEP_MASTER_KEY, env.IEP_MASTER_KEY_PREVIOUS].filter(
    (text): text is string => text !== undefined && text.length >= MIN_LENGTH,
  );
  // As SMTP logins and basic authentication carry them.
  return [...new Set(texts.flatMap((text) => [text, Buffer.from(text).toString('base64')]))];
}

function valuesOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    typeof inner === 'string' && isSecretName(name) ? [inner] : valuesOf(inner),
  );
}
