/** How mail fared: recipients by what became of them, and the rates of these. Pure. */

/** What may become of a recipient once its mail was handed over; it is counted once for each. */
export const fates = [
  ...(['delivered', 'bounced', 'complained', 'opened', 'clicked'] as const),
  // By a scanner or a proxy, as far as the provider tells; `opened` and `clicked` are people.
  ...(['openedByMachine', 'clickedByMachine'] as const),
] as const;
export type Fate = (typeof fates)[number];

/** Those whose rates are watched. */
export const alertedRates = ['bounced', 'complained'] as const satisfies readonly Fate[];
export type AlertedRate = (typeof alertedRates)[number];

/** `recipients`: those whose mail a provider took, or turned away for good because of the address. */
export type Tally = { readonly [name in 'recipients' | Fate]: number };

const counted = ['recipients', ...fates] as const;

function tallyOf(count: (name: keyof Tally) => number): Tally {
  return Object.fromEntries(counted.map((name) => [name, count(name)])) as Tally;
}

export const emptyTally: Tally = tallyOf(() => 0);

export function addTallies(one: Tally, other: Partial<Tally>): Tally {
  return tallyOf((name) => one[name] + (other[name] ?? 0));
}

/** Parts of `recipients`, from 0; null where there were none. What comes back later than its mail went may make one exceed 1. */
export function ratesOf(tally: Tally): { readonly [name in Fate]: number | null } {
  const rate = (fate: Fate) => (tally.recipients === 0 ? null : tally[fate] / tally.recipients);
  return Object.fromEntries(fates.map((fate) => [fate, rate(fate)])) as { [name in Fate]: number | null };
}

/** Categories of a tenant that are counted by themselves in an hour: a category is whatever its caller wrote. */
export const MAX_CATEGORIES = 50;
/** Templates in categories of a tenant that are counted by themselves in an hour. */
export const MAX_TEMPLATE_PAIRS = 100;
/** What the others are counted as. No name of a category or template holds a control character. */
export const OTHER_NAMES = '\t';

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
