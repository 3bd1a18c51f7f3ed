/**
 * Times that people and programs write, read alike wherever they come in. RFC 3339, and what ISO 8601 allows besides: a space for
 * the T, no seconds, and the offsets `+0200`, which `date` prints, and `+02`.
 */

const TIME =
  /^(\d{4}-\d\d-\d\d)(?:[T ]((?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?)(Z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)?)?$/i;

/**
 * Epoch ms. A date, or a time without an offset, is one of the zone `bare`, and none where that is absent. Undefined for what is
 * no time, and for a day that no month has, which the engine would take for another.
 */
export function readTime(text: string, bare?: 'UTC' | 'local'): number | undefined {
  const [, day = '', time = '00:00', offset] = TIME.exec(text) ?? [];
  if (!isDay(day) || (offset === undefined && bare === undefined)) return undefined;
  const zone = offset === undefined ? (bare === 'UTC' ? 'Z' : '') : asRfc3339(offset);
  return Date.parse(`${day}T${time}${zone}`);
}

/** A whole day. */
export function isDate(text: string): boolean {
  return text.length === 10 && isDay(text);
}

function isDay(text: string): boolean {
  const [year, month, day] = text.split('-').map(Number);
  const date = new Date(Date.UTC(year ?? 0, (month ?? 0) - 1, day));
  return /^\d{4}-\d\d-\d\d$/.test(text) && date.getUTCMonth() + 1 === month && date.getUTCDate() === day;
}

function asRfc3339(offset: string): string {
  const [, hours, minutes = '00'] = /^([+-]\d\d):?(\d\d)?$/.exec(offset) ?? [];
  return hours === undefined ? 'Z' : `${hours}:${minutes}`;
}

/** Local time without fractions, for people; JSON keeps RFC 3339. */
export function localTime(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return '';
  const at = new Date(value);
  const two = (n: number) => String(n).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** `95 s`, `12 min`, `3 h`, `4 d`: an age at a glance. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}
