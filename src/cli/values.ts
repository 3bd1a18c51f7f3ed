/** Parsers for option values. Each throws commander's InvalidArgumentError, which becomes a usage error (64). */

import { InvalidArgumentError } from 'commander';
import { isDate, readTime } from '../core/time-text.ts';

/** For options that may be given several times, each time with one value or several between commas. */
export function collectList(value: string, before: readonly string[] | undefined): string[] {
  const items = value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  return [...(before ?? []), ...items];
}

/** Texts that each name one mailbox or several; what they name is read where the message is. Empty ones name nobody. */
export function collectAddresses(value: string, before: readonly string[] = []): readonly string[] {
  return value.trim() === '' ? before : [...before, value];
}

/** For options that may be given several times and whose values may hold commas. */
export function collect(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}

export function wholeNumber(value: string): number {
  if (!/^\d+$/.test(value)) throw new InvalidArgumentError('It takes a whole number.');
  return Number(value);
}

const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `90s`, `15m`, `2h`, `1d` in milliseconds. */
export function duration(value: string): number {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(value) ?? [];
  const factor = Object.entries(UNITS).find(([name]) => name === unit)?.[1];
  if (count === undefined || factor === undefined) {
    throw new InvalidArgumentError('It takes a number with a unit: 90s, 15m, 2h or 1d.');
  }
  return Number(count) * factor;
}

/** A time that was now when the command was written is not in the past. */
const GRACE_MS = 60_000;

/** Where a span of time in the past ends: a date is included, as the HTTP API has it. */
export function spanEnd(now: number): (value: string) => number {
  const parse = moment(now, 'past');
  return (value) => {
    const at = new Date(parse(value));
    if (isDate(value)) at.setDate(at.getDate() + 1);
    return at.getTime();
  };
}

/**
 * Makes a parser of moments: a time, a date, or a span from now (`2h`) in the direction given; local where it has no offset.
 * Returns epoch ms. What is to come must not have passed.
 */
export function moment(now: number, direction: 'past' | 'future'): (value: string) => number {
  return (value) => {
    if (/^\+?\d+[smhd]$/.test(value)) {
      const span = duration(value.replace('+', ''));
      return direction === 'past' ? now - span : now + span;
    }
    const at = readTime(value, 'local');
    if (at === undefined) {
      throw new InvalidArgumentError('It takes a time such as 2027-01-31T09:00:00Z, or a span such as 30m, 2h, 1d.');
    }
    if (direction === 'future' && at < now - GRACE_MS) {
      throw new InvalidArgumentError(`It takes a time to come, and ${new Date(at).toISOString()} has passed.`);
    }
    return at;
  };
}

/** `Name: value` of `--header`. */
export function headerField(value: string, before: Readonly<Record<string, string>> | undefined) {
  const [, name, content] = /^([!-9;-~]+):\s*(.*)$/s.exec(value) ?? [];
  if (name === undefined || content === undefined) throw new InvalidArgumentError("It takes 'Name: value'.");
  return { ...before, [name]: content };
}

/** `name=value` of `--var`; the value is text. */
export function assignment(value: string, before: Readonly<Record<string, string>> | undefined) {
  const equals = value.indexOf('=');
  if (equals < 1) throw new InvalidArgumentError('It takes name=value.');
  return { ...before, [value.slice(0, equals)]: value.slice(equals + 1) };
}
