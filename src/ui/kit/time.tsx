/** Times: as long ago as they are, ticking; local at the pointer, with UTC. */

import { signal } from '@preact/signals';

const now = signal(Date.now());
setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, 10_000);

const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto', style: 'short' });
const local = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const units = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;

export function Ago({ at }: { at: string }) {
  return (
    <time dateTime={at} title={bothOf(at)}>
      {agoText(Date.parse(at), now.value)}
    </time>
  );
}

/** Without seconds to count, for what lies in a table of settings. */
export function At({ at }: { at: string }) {
  return (
    <time dateTime={at} title={bothOf(at)}>
      {local.format(new Date(at))}
    </time>
  );
}

const MOMENT = /(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z)/;

/** A sentence of the API, whose times are UTC, with those of the reader. */
export function Sentence({ text }: { text: string }) {
  return <>{text.split(MOMENT).map((part) => (MOMENT.test(part) ? <At key={part} at={part} /> : part))}</>;
}

function bothOf(at: string): string {
  return `${local.format(new Date(at))} · ${at.replace('T', ' ').replace(/\.\d+Z$|Z$/, '')} UTC`;
}

export function agoText(at: number, from: number): string {
  const seconds = (at - from) / 1_000;
  if (Math.abs(seconds) < 10) return 'now';
  if (Math.abs(seconds) < 60) return seconds < 0 ? 'under a minute ago' : 'in under a minute';
  const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) ?? units[2];
  return relative.format(Math.trunc(seconds / size), unit);
}

const counts = new Intl.NumberFormat();
export const countText = (count: number): string => counts.format(count);

const sizes = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;
export function sizeText(bytes: number): string {
  const step = bytes < 1_000 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), sizes.length - 1);
  const unit = sizes[step] ?? 'byte';
  const form = step === 0 ? ({ unitDisplay: 'long' } as const) : { maximumFractionDigits: 1 };
  const format = new Intl.NumberFormat(undefined, { style: 'unit', unit, ...form });
  return format.format(bytes / 1_000 ** step);
}
