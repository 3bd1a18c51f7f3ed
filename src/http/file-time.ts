/** Times as files of other services have them. */

import { parseTime } from './time.ts';

const UNIX_SECONDS = /^\d{9,10}(?:\.\d+)?$/;
const UNIX_MS = /^\d{12,13}$/;
/** `2026-11-22 09:30:00`, with or without a fraction, an offset, `T` and `UTC`. */
const SPACED = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(?: ?(UTC|GMT|Z|[+-]\d\d:?\d\d))?$/;
/** RFC 5322: `Thu, 11 Dec 2025 01:49:40 UTC`. */
const MAIL_DATE = /^(?:[A-Z][a-z]{2}, )?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d\d:\d\d:\d\d) (UTC|GMT|Z|[+-]\d\d:?\d\d)$/;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Epoch ms; UTC where no offset is said. Undefined for anything that is no time, a day that does not exist included. */
export function fileTime(text: string): number | undefined {
  if (UNIX_SECONDS.test(text)) return Math.round(Number(text) * 1000);
  if (UNIX_MS.test(text)) return Number(text);
  return parseTime(asRfc3339(text))?.startsAt;
}

function asRfc3339(text: string): string {
  const spaced = SPACED.exec(text);
  if (spaced !== null) return `${spaced[1]}T${spaced[2]}${offset(spaced[3])}`;
  const mail = MAIL_DATE.exec(text);
  if (mail === null) return text;
  const month = String(MONTHS.indexOf(mail[2] ?? '') + 1).padStart(2, '0');
  return `${mail[3]}-${month}-${(mail[1] ?? '').padStart(2, '0')}T${mail[4]}${offset(mail[5])}`;
}

/** As RFC 3339 has it. */
function offset(text = 'Z'): string {
  return /^[+-]/.test(text) ? text.replace(/^(...)(\d\d)$/, '$1:$2') : 'Z';
}
