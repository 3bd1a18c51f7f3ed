/** Counts over time as JSON: messages by status, and recipients by what became of them. */

import type { z } from 'zod';
import { rfc3339 } from '../core/rfc3339.ts';
import { addTallies, emptyTally, ratesOf, sumOfRefused, wholeHours } from '../core/tally.ts';
import type { Stats } from '../db/verbs/messages.ts';
import type { RefusedByLimit, TallyRow } from '../db/verbs/tallies.ts';
import type { statsShape } from './shapes.ts';

export interface Division {
  readonly bucket: 'hour' | 'day';
  readonly by?: 'tenant' | 'provider' | undefined;
  /** Of a tenant's id. */
  readonly slugOf: (id: string) => string;
}

export function statsView(
  stats: Stats,
  { rows, refused }: { readonly rows: readonly TallyRow[]; readonly refused: readonly RefusedByLimit[] },
  { bucket, by, slugOf }: Division,
): z.output<typeof statsShape> {
  const counted = wholeHours(stats);
  return {
    from: rfc3339(stats.from),
    to: rfc3339(stats.until),
    bucket,
    total: stats.total,
    byStatus: stats.byStatus,
    buckets: stats.buckets.map(({ at, byStatus }) => ({ at: rfc3339(at), byStatus })),
    counted: { from: rfc3339(counted.from), to: rfc3339(counted.until) },
    ...tallyView(rows),
    refused: sumOfRefused(refused),
    ...(by === 'provider' && {
      byProvider: divided(rows, (row) => row.provider).map(([provider, tally]) => ({ provider, ...tally })),
    }),
    ...(by === 'tenant' && {
      byTenant: dividedByTenant(rows, refused, slugOf),
    }),
  };
}

function dividedByTenant(rows: readonly TallyRow[], refused: readonly RefusedByLimit[], slugOf: Division['slugOf']) {
  const tallies = Map.groupBy(rows, ({ tenantId }) => tenantId);
  const refusals = Map.groupBy(refused, ({ tenantId }) => tenantId);
  return [...new Set([...tallies.keys(), ...refusals.keys()])]
    .map((id) => ({
      tenant: slugOf(id),
      ...tallyView(tallies.get(id) ?? []),
      refused: sumOfRefused(refusals.get(id) ?? []),
    }))
    .sort((one, other) => (one.tenant < other.tenant ? -1 : 1));
}

function divided(rows: readonly TallyRow[], nameOf: (row: TallyRow) => string) {
  return [...Map.groupBy(rows, nameOf)]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, theirs]) => [name, tallyView(theirs)] as const);
}

function tallyView(rows: readonly TallyRow[]) {
  const sum = rows.reduce((all, { tally }) => addTallies(all, tally), emptyTally);
  return { ...sum, rates: ratesOf(sum) };
}
