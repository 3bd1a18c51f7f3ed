/** When the bounces or complaints of a tenant are too many for its mail, and when that is told. Pure. */

import { type AlertedRate, addTallies, alertedRates, emptyTally, type Tally } from '../../core/tally.ts';

/** Per rate. */
type ForEach<T> = { readonly [rate in AlertedRate]: T };

/** Where the tenant says nothing. */
const DEFAULT_LIMITS: ForEach<number> = { bounced: 0.05, complained: 0.001 };
/** A rate is that of a day, and further back of as many messages as this where a day had fewer; but never of more than a month. */
const HOURS = 24;
const MESSAGES = 1_000;
export const MOST_HOURS = 30 * 24;
/** Of fewer recipients nothing is a rate. */
const FEWEST = 20;

/** What was counted in an hour of the epoch. */
export interface HourTally {
  readonly hour: number;
  readonly tally: Tally;
}

/** What a rate is made of; `from`: the hour with which it begins. */
export interface AlertWindow extends Pick<Tally, 'recipients' | AlertedRate> {
  readonly from: number;
}

/** `hours`: those of the tenant, newest first; only as many of them are looked at as it takes. */
export function alertWindow(hours: Iterable<HourTally>, now: number): AlertWindow {
  let sum = emptyTally;
  let from = now;
  for (const { hour, tally } of hours) {
    const isEnough = sum.recipients >= MESSAGES || hour <= now - MOST_HOURS;
    if (hour <= now - HOURS && isEnough) break;
    sum = addTallies(sum, tally);
    from = hour;
  }
  return { from, recipients: sum.recipients, bounced: sum.bounced, complained: sum.complained };
}

/**
 * Whether a part of the recipients is at its limit or above. One alone means nothing among fewer than it would take to be just at
 * the limit, such as 1,000 at 0.001.
 */
export function isTooHigh(count: number, recipients: number, limit: number): boolean {
  if (recipients < FEWEST || count / recipients < limit) return false;
  return count > 1 || recipients * limit >= 1;
}

/** What a tenant says of it; absent: the default. */
export interface RateSettings {
  readonly bounceRateAlert?: number | undefined;
  readonly complaintRateAlert?: number | undefined;
}

export function limitsOf({ bounceRateAlert, complaintRateAlert }: RateSettings): ForEach<number> {
  return {
    bounced: bounceRateAlert ?? DEFAULT_LIMITS.bounced,
    complained: complaintRateAlert ?? DEFAULT_LIMITS.complained,
  };
}

export interface Alerts {
  /** Which are too high now. */
  readonly standing: ForEach<boolean>;
  /** Which were not before, and are to be told. */
  readonly raised: readonly AlertedRate[];
}

/**
 * `standing`: what was found the last time. `before`: as it was just before what is recorded now; nobody asks for it where nothing
 * stands. `after`: with it. A rate that is
 * too high is told once; what fell below its limit in between is told anew.
 */
export function nextAlerts(
  standing: ForEach<boolean>,
  { before, after, limits }: { before: AlertWindow | undefined; after: AlertWindow; limits: ForEach<number> },
): Alerts {
  const isHigh = (rate: AlertedRate, window: AlertWindow | undefined) =>
    window !== undefined && isTooHigh(window[rate], window.recipients, limits[rate]);
  const isNow = (rate: AlertedRate) => isHigh(rate, after);
  return {
    standing: { bounced: isNow('bounced'), complained: isNow('complained') },
    raised: alertedRates.filter((rate) => isNow(rate) && !(standing[rate] && isHigh(rate, before))),
  };
}
