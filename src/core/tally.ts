/** How mail fared: recipients by what became of them, and the rates of these. Pure. */

/** What may become of a recipient once its mail was handed over; it is counted once for each. */
export const fates = ['delivered', 'bounced', 'complained', 'opened', 'clicked'] as const;
export type Fate = (typeof fates)[number];

/** Those whose rates are watched. */
export const alertedRates = ['bounced', 'complained'] as const satisfies readonly Fate[];
export type AlertedRate = (typeof alertedRates)[number];

/** `recipients`: those whose mail a provider took, or turned away for good because of the address. */
export type Tally = { readonly [name in 'recipients' | Fate]: number };

export const emptyTally: Tally = { recipients: 0, delivered: 0, bounced: 0, complained: 0, opened: 0, clicked: 0 };

export function addTallies(one: Tally, other: Partial<Tally>): Tally {
  const sum = (name: keyof Tally) => one[name] + (other[name] ?? 0);
  return {
    recipients: sum('recipients'),
    delivered: sum('delivered'),
    bounced: sum('bounced'),
    complained: sum('complained'),
    opened: sum('opened'),
    clicked: sum('clicked'),
  };
}

/** Parts of `recipients`, from 0; null where there were none. What comes back later than its mail went may make one exceed 1. */
export function ratesOf(tally: Tally): { readonly [name in Fate]: number | null } {
  const rate = (fate: Fate) => (tally.recipients === 0 ? null : tally[fate] / tally.recipients);
  return {
    delivered: rate('delivered'),
    bounced: rate('bounced'),
    complained: rate('complained'),
    opened: rate('opened'),
    clicked: rate('clicked'),
  };
}

/** Limits of a tenant that refuse its mail. */
export const refusingLimits = ['rateLimited', 'tooManyRecipients', 'tooLarge'] as const;
export type RefusingLimit = (typeof refusingLimits)[number];

/** Messages that a limit refused. */
export type RefusedCounts = { readonly [limit in RefusingLimit]: number };

export function sumOfRefused(
  counts: readonly { readonly limit: RefusingLimit; readonly count: number }[],
): RefusedCounts {
  const sum = (limit: RefusingLimit) => counts.reduce((all, one) => (one.limit === limit ? all + one.count : all), 0);
  return {
    rateLimited: sum('rateLimited'),
    tooManyRecipients: sum('tooManyRecipients'),
    tooLarge: sum('tooLarge'),
  };
}

const HOUR_MS = 3_600_000;

/** What is counted is counted by the hour: those that a span lies in, in epoch ms. */
export function wholeHours({ from, until }: { readonly from: number; readonly until: number }) {
  return { from: Math.floor(from / HOUR_MS) * HOUR_MS, until: Math.ceil(until / HOUR_MS) * HOUR_MS };
}

/** Of the epoch. */
export function hourOf(time: number): number {
  return Math.floor(time / HOUR_MS);
}
