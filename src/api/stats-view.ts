/** Counts over time as JSON: messages by status, and recipients by what became of them. */

import type { z } from 'zod';
import { rfc3339 } from '../core/rfc3339.ts';
import { addTallies, emptyTally, OTHER_NAMES, ratesOf, sumOfRefused, type Tally, wholeHours } from '../core/tally.ts';
import type { Stats } from '../db/verbs/messages.ts';
import type { RefusedByLimit, SeriesRow, TallyRow } from '../db/verbs/tallies.ts';
import type { analyticsShape, statsShape } from './shapes.ts';
import type { StatsSpan } from './stats-span.ts';

export interface Division {
  readonly bucket: 'hour' | 'day';
  readonly by?: 'tenant' | 'provider' | 'template' | undefined;
  /** Of a tenant's id. */
  readonly slugOf: (id: string) => string;
}

interface Counted {
  readonly rows: readonly TallyRow[];
  readonly refused: readonly RefusedByLimit[];
  /** Of each template, where it is divided by that. */
  readonly series: readonly SeriesRow[];
}

export function statsView(
  stats: Stats,
  { rows, refused, series }: Counted,
  { bucket, by, slugOf }: Division,
): z.output<typeof statsShape> {
  return {
    from: rfc3339(stats.from),
    to: rfc3339(stats.until),
    bucket,
    total: stats.total,
    byStatus: stats.byStatus,
    buckets: stats.buckets.map(({ at, byStatus }) => ({ at: rfc3339(at), byStatus })),
    counted: countedView(stats),
    ...sumView(rows),
    refused: sumOfRefused(refused),
    ...(by === 'provider' && {
      byProvider: divided(rows, (row) => row.provider).map(([provider, tally]) => ({ provider, ...tally })),
    }),
    ...(by === 'tenant' && {
      byTenant: dividedByTenant(rows, refused, slugOf),
    }),
    ...(by === 'template' && {
      byTemplate: divided(series, ({ name }) => shownName(name)).map(([template, tally]) => ({ template, ...tally })),
    }),
  };
}

function dividedByTenant(rows: readonly TallyRow[], refused: readonly RefusedByLimit[], slugOf: Division['slugOf']) {
  const tallies = Map.groupBy(rows, ({ tenantId }) => tenantId);
  const refusals = Map.groupBy(refused, ({ tenantId }) => tenantId);
  return [...new Set([...tallies.keys(), ...refusals.keys()])]
    .map((id) => ({
      tenant: slugOf(id),
      ...sumView(tallies.get(id) ?? []),
      refused: sumOfRefused(refusals.get(id) ?? []),
    }))
    .sort((one, other) => (one.tenant < other.tenant ? -1 : 1));
}

function divided<Row extends { readonly tally: Tally }>(rows: readonly Row[], nameOf: (row: Row) => string) {
  return [...Map.groupBy(rows, nameOf)]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, theirs]) => [name, sumView(theirs)] as const);
}

/** Of those that are counted together. */
export function shownName(name: string): string {
  return name === OTHER_NAMES ? '(others)' : name;
}

/** `rows` by name and time. Those of the fewest recipients, and what is counted together already, are one series at the end. */
export function analyticsView(
  rows: readonly SeriesRow[],
  { from, until, bucket, by, top }: StatsSpan & { readonly by: string | undefined; readonly top: number },
): z.output<typeof analyticsShape> {
  const isOther = (name: string) => (by === 'category' || by === 'template') && name === OTHER_NAMES;
  const series = [...Map.groupBy(rows, ({ name }) => name)].map(([name, theirs]) => ({
    name,
    rows: theirs,
    recipients: theirs.reduce((sum, { tally }) => sum + tally.recipients, 0),
  }));
  const ranked = series.filter(({ name }) => !isOther(name)).sort((one, other) => other.recipients - one.recipients);
  const rest = [...ranked.slice(top), ...series.filter(({ name }) => isOther(name))].flatMap((one) => one.rows);
  return {
    ...{ from: rfc3339(from), to: rfc3339(until), bucket, counted: countedView({ from, until }) },
    items: [
      ...ranked.slice(0, top).map((one) => ({ name: one.name, isRest: false, ...seriesView(one.rows) })),
      ...(rest.length === 0 ? [] : [{ name: '', isRest: true, ...seriesView(rest) }]),
    ],
  };
}

function seriesView(rows: readonly SeriesRow[]) {
  const byTime = [...Map.groupBy(rows, ({ at }) => at)].sort(([one], [other]) => one - other);
  return { ...sumView(rows), buckets: byTime.map(([at, those]) => ({ at: rfc3339(at), ...sumView(those) })) };
}

function countedView(span: { readonly from: number; readonly until: number }) {
  const { from, until } = wholeHours(span);
  return { from: rfc3339(from), to: rfc3339(until) };
}

function sumView(rows: readonly { readonly tally: Tally }[]) {
  const sum = rows.reduce((all, { tally }) => addTallies(all, tally), emptyTally);
  return { ...sum, rates: ratesOf(sum) };
}
