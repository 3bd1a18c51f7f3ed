/** What a header field of a request says. */

import { isUtf8 } from 'node:buffer';

const ASCII = /^[\0-\x7f]*$/;

/** Node reads a field as ISO 8859-1, and clients of today write UTF-8. What is not UTF-8 stays as it was read. */
export function headerText(value: string | undefined): string | undefined {
  if (value === undefined || ASCII.test(value)) return value;
  const bytes = Buffer.from(value, 'latin1');
  return isUtf8(bytes) ? bytes.toString() : value;
}
