/** The timed chores, for the operator. */

import * as z from 'zod';
import { rfc3339OrNull } from '../core/rfc3339.ts';
import { type ChoreRow, choreOutcomes } from '../db/verbs/chores.ts';
import type { AppDeps } from './deps.ts';
import { json } from './reply.ts';
import { operatorRoute, type Route } from './route.ts';

const time = z.iso.datetime().nullable();
const choreShape = z.strictObject({
  name: z.string(),
  schedule: z.string().describe('Cron pattern in local time, or `off`'),
  nextAt: time,
  startedAt: time,
  endedAt: time.describe('null while it runs'),
  outcome: z.enum(choreOutcomes).nullable(),
  detail: z.string().nullable(),
  succeededAt: time,
  failures: z.int().describe('In a row'),
});

export function choreRoutes({ store }: AppDeps): readonly Route[] {
  return [
    operatorRoute({
      method: 'GET',
      path: '/v1/admin/chores',
      summary: 'What the daemon does for itself by the clock, and how the last run of each went',
      answers: { 200: { description: 'The chores', schema: z.strictObject({ items: z.array(choreShape) }) } },
      handle: async () => json({ items: (await store.chores.list()).map(choreView) }),
    }),
  ];
}

function choreView({ name, schedule, outcome, detail, failures, ...times }: ChoreRow): z.output<typeof choreShape> {
  return {
    name,
    schedule,
    nextAt: rfc3339OrNull(times.nextAt),
    startedAt: rfc3339OrNull(times.startedAt),
    endedAt: rfc3339OrNull(times.endedAt),
    outcome: outcome ?? null,
    detail: detail ?? null,
    succeededAt: rfc3339OrNull(times.succeededAt),
    failures,
  };
}
