/** Dates, numbers and money as people of a locale write them, by the engine's own tables (Intl). */

import { readTime } from '../../../core/time-text.ts';
import { SourceFault } from '../tree.ts';
import type { Value } from './values.ts';

const STYLES = ['short', 'medium', 'long', 'full'] as const;
/** Formats that are kept made: each is some kilobytes, and dear to make. */
const KEPT = 200;

/** A part of a pattern: letters of one kind, or a text in single quotes; two quotes are a quote. */
const PATTERN = /'[^']*'|([a-zA-Z])\1*/g;
/** What each run of letters is made of: the options of Intl, and the part of what that gives. */
const FIELDS: Readonly<
  Record<string, readonly [Intl.DateTimeFormatOptions, Intl.DateTimeFormatPartTypes, pad?: number]>
> = {
  yyyy: [{ year: 'numeric' }, 'year', 4],
  y: [{ year: 'numeric' }, 'year'],
  yy: [{ year: '2-digit' }, 'year', 2],
  MMMM: [{ month: 'long', day: 'numeric' }, 'month'],
  MMM: [{ month: 'short', day: 'numeric' }, 'month'],
  MM: [{ month: 'numeric' }, 'month', 2],
  M: [{ month: 'numeric' }, 'month'],
  dd: [{ day: 'numeric' }, 'day', 2],
  d: [{ day: 'numeric' }, 'day'],
  EEEE: [{ weekday: 'long' }, 'weekday'],
  EEE: [{ weekday: 'short' }, 'weekday'],
  HH: [{ hour: 'numeric', hourCycle: 'h23' }, 'hour', 2],
  H: [{ hour: 'numeric', hourCycle: 'h23' }, 'hour', 1],
  hh: [{ hour: 'numeric', hourCycle: 'h12' }, 'hour', 2],
  h: [{ hour: 'numeric', hourCycle: 'h12' }, 'hour'],
  mm: [{ minute: 'numeric' }, 'minute', 2],
  m: [{ minute: 'numeric' }, 'minute'],
  ss: [{ second: 'numeric' }, 'second', 2],
  s: [{ second: 'numeric' }, 'second'],
  SSS: [{ fractionalSecondDigits: 3 }, 'fractionalSecond', 3],
  a: [{ hour: 'numeric', hourCycle: 'h12' }, 'dayPeriod'],
  z: [{ timeZoneName: 'short' }, 'timeZoneName'],
};
/** Digits are the same in every locale, so that a pattern gives what a program may read. */
const WORDS: readonly string[] = ['MMMM', 'MMM', 'EEEE', 'EEE', 'a', 'z'];

interface When {
  readonly locale: string;
  readonly timeZone: string;
}

/** `format`: a pattern, or short, medium, long, full. What is no time comes back as it is. */
export function dateText(value: Value, format: string, when: When): string {
  const at = typeof value === 'number' ? value : typeof value === 'string' ? readTime(value, 'UTC') : undefined;
  if (at === undefined || !Number.isFinite(at) || Math.abs(at) > 8.64e15) return typeof value === 'string' ? value : '';
  const date = new Date(at);
  const style = STYLES.find((one) => one === format);
  if (style !== undefined) {
    const isDay = typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value);
    return dateFormat(when, { dateStyle: style, ...(!isDay && { timeStyle: 'short' }) }).format(date);
  }
  return format.replace(PATTERN, (run) => {
    if (run === "''") return "'";
    if (run.startsWith("'")) return run.slice(1, -1);
    if (run === 'xxx' || run === 'XXX') return offsetOf(date, when, run === 'XXX');
    const field = Object.hasOwn(FIELDS, run) ? FIELDS[run] : undefined;
    if (field === undefined) {
      throw new SourceFault(`date: a pattern has no "${run.slice(0, 20)}"; put text in single quotes, such as 'at'`);
    }
    const [options, part, pad = 0] = field;
    const locale = WORDS.includes(run) ? when.locale : 'en-US-u-nu-latn';
    const parts = dateFormat({ ...when, locale }, options).formatToParts(date);
    return (parts.find(({ type }) => type === part)?.value ?? '').padStart(pad, '0');
  });
}

function offsetOf(date: Date, when: When, withZ: boolean): string {
  const parts = dateFormat({ ...when, locale: 'en' }, { timeZoneName: 'longOffset' }).formatToParts(date);
  const offset = (parts.find(({ type }) => type === 'timeZoneName')?.value ?? '').replace('GMT', '');
  return offset === '' ? (withZ ? 'Z' : '+00:00') : offset;
}

/** `digits`: after the point, at least and at most; absent: as many as there are, up to three. */
export function numberText(value: Value, locale: string, digits?: number): string {
  const number = numberOf(value);
  if (number === undefined) return typeof value === 'string' ? value : '';
  const options = digits === undefined ? {} : { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return numberFormat(locale, options).format(number);
}

/** `code`: ISO 4217, such as EUR. */
export function moneyText(value: Value, code: string, locale: string): string {
  const number = numberOf(value);
  if (number === undefined) return typeof value === 'string' ? value : '';
  if (!/^[A-Za-z]{3}$/.test(code)) throw new SourceFault(`currency: "${code.slice(0, 20)}" is not a code such as EUR`);
  return numberFormat(locale, { style: 'currency', currency: code }).format(number);
}

/** `one` where the language of the locale has its singular for that number. */
export function pluralForm(value: Value, forms: { one: string; other: string }, locale: string): string {
  const rules = kept(`plural ${locale}`, () => new Intl.PluralRules(known(locale)));
  return rules.select(numberOf(value) ?? 0) === 'one' ? forms.one : forms.other;
}

function numberOf(value: Value): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

function dateFormat({ locale, timeZone }: When, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return kept(`date ${locale} ${timeZone} ${JSON.stringify(options)}`, () => {
    try {
      return new Intl.DateTimeFormat(known(locale), { ...options, timeZone });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new SourceFault(`date: "${timeZone.slice(0, 40)}" is not a time zone such as Europe/Berlin`);
    }
  });
}

function numberFormat(locale: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  return kept(`number ${locale} ${JSON.stringify(options)}`, () => new Intl.NumberFormat(known(locale), options));
}

/** English where a locale is none. */
function known(locale: string): string {
  try {
    return Intl.getCanonicalLocales(locale.slice(0, 40))[0] ?? 'en';
  } catch {
    return 'en';
  }
}

const formats = new Map<string, unknown>();

function kept<T>(key: string, make: () => T): T {
  const found = formats.get(key) as T | undefined;
  const made = found ?? make();
  formats.delete(key);
  formats.set(key, made);
  if (formats.size > KEPT) formats.delete(formats.keys().next().value as string);
  return made;
}
