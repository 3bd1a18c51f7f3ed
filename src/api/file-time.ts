/** Times as files of other services have them. */

import { readTime } from '../core/time-text.ts';

const UNIX_SECONDS = /^\d{9,10}(?:\.\d+)?$/;
const UNIX_MS = /^\d{12,13}$/;
const ZONE = / ?(UTC|GMT|Z|[+-]\d\d:?\d\d)$/;
/** RFC 5322: `Thu, 11 Dec 2025 01:49:40 UTC`. */
const MAIL_DATE = /^(?:[A-Z][a-z]{2}, )?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d\d:\d\d:\d\d) (UTC|GMT|Z|[+-]\d\d:?\d\d)$/;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Epoch ms; UTC where no offset is said. Undefined for a text that is not a time, also for a day that does not exist. */
export function fileTime(text: string): number | undefined {
  if (UNIX_SECONDS.test(text)) return Math.round(Number(text) * 1000);
  if (UNIX_MS.test(text)) return Number(text);
  return readTime(asIso(text), 'UTC');
}

/** Its offset may stand apart, and have a name. */
function asIso(text: string): string {
  const [, day = '', month = '', year, time, zone] = MAIL_DATE.exec(text) ?? [];
  const number = String(MONTHS.indexOf(month) + 1).padStart(2, '0');
  const whole = year === undefined ? text : `${year}-${number}-${day.padStart(2, '0')}T${time}${zone}`;
  return whole.replace(ZONE, (_, name: string) => (/^[+-]/.test(name) ? name : 'Z'));
}
