/**
 * Text that a stranger chose, as an error or the log may repeat it: cut to a length first, then without secrets. In this
 * order, so that what cleaning costs does not grow with what the stranger sent.
 */

import { withoutSecrets } from './secret-names.ts';

/** What a text that was cut ends with. */
export const SHORTENED = '…';

/** Characters of a name, such as that of a field or of a query parameter, that is repeated. */
export const MAX_NAME_LENGTH = 120;

/** The text, or its beginning with an ellipsis: `maxLength` characters at most. */
export function shorten(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  return text.slice(0, maxLength - 1).replace(/[\ud800-\udbff]$/, '') + SHORTENED;
}

export function shown(text: string, maxLength: number): string {
  return withoutSecrets(shorten(text, maxLength));
}
