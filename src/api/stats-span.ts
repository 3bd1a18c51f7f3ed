/** The time that counts are asked for, and what they are added up by. */

import * as z from 'zod';
import { counted } from '../core/counted.ts';
import { invalid } from '../core/invalid.ts';
import { parseTime } from './time.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** What one answer may cover. */
const MAX_SPAN_MS = { hour: 31 * DAY_MS, day: 400 * DAY_MS } as const;
/** Up to here the buckets are hours where the caller does not say. */
const HOURLY_UP_TO_MS = 2 * DAY_MS;

export const spanFields = {
  from: z.string().optional().describe('A date or an RFC 3339 time; left out: a day before `to`'),
  to: z.string().optional().describe('A date, which is included, or an RFC 3339 time; left out: now'),
  bucket: z.enum(['hour', 'day']).optional().describe('Left out: hours up to two days, days beyond'),
};

export interface StatsSpan {
  /** Epoch ms. */
  readonly from: number;
  /** Exclusive. */
  readonly until: number;
  readonly bucket: 'hour' | 'day';
}

/** Throws `invalid_request` where a time is none, or the span is too long for its buckets. */
export function readSpan(
  { from, to, bucket: wanted }: z.output<z.ZodObject<typeof spanFields>>,
  now: number,
): StatsSpan {
  const until = to === undefined ? now : timeOf('to', to).endsAt;
  const since = from === undefined ? until - DAY_MS : timeOf('from', from).startsAt;
  if (since >= until) throw invalid([{ path: 'from', message: 'must lie before `to`' }]);
  const bucket = wanted ?? (until - since <= HOURLY_UP_TO_MS ? 'hour' : 'day');
  if (until - since > MAX_SPAN_MS[bucket]) {
    const days = counted(MAX_SPAN_MS[bucket] / DAY_MS, 'day');
    throw invalid([{ path: 'from', message: `must be at most ${days} before \`to\`, by the ${bucket}` }]);
  }
  return { from: since, until, bucket };
}

function timeOf(path: string, text: string) {
  const span = parseTime(text);
  if (span === undefined) throw invalid([{ path, message: 'must be a date or an RFC 3339 time' }]);
  return span;
}
