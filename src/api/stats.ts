/** Counts of messages over time. */

import * as z from 'zod';
import { counted } from '../core/counted.ts';
import { invalid } from '../core/invalid.ts';
import type { AppDeps } from './deps.ts';
import { json } from './reply.ts';
import { type Route, tenantOrAllRoute } from './route.ts';
import { statsShape } from './shapes.ts';
import { statsView } from './stats-view.ts';
import { parseTime } from './time.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** What one answer may cover: it reads every message in between. */
const MAX_SPAN_MS = { hour: 31 * DAY_MS, day: 400 * DAY_MS } as const;
/** Up to here the buckets are hours where the caller does not say. */
const HOURLY_UP_TO_MS = 2 * DAY_MS;

const query = z.strictObject({
  from: z.string().optional().describe('A date or an RFC 3339 time; left out: a day before `to`'),
  to: z.string().optional().describe('A date, which is included, or an RFC 3339 time; left out: now'),
  bucket: z.enum(['hour', 'day']).optional().describe('Left out: hours up to two days, days beyond'),
  by: z.enum(['provider', 'tenant']).optional().describe('Divides what became of recipients'),
});

export function statsRoutes({ store, clock, directory }: AppDeps): readonly Route[] {
  return [
    tenantOrAllRoute(['read'], {
      method: 'GET',
      path: '/v1/stats',
      summary:
        'Messages by status over time, and what became of their recipients; of all tenants where the operator names none',
      query,
      answers: { 200: { description: 'The counts', schema: statsShape } },
      async handle({ tenant, query: { from, to, by, ...wanted }, gone }) {
        const until = to === undefined ? clock.now() : timeOf('to', to).endsAt;
        const since = from === undefined ? until - DAY_MS : timeOf('from', from).startsAt;
        if (since >= until) throw invalid([{ path: 'from', message: 'must lie before `to`' }]);
        const bucket = wanted.bucket ?? (until - since <= HOURLY_UP_TO_MS ? 'hour' : 'day');
        if (until - since > MAX_SPAN_MS[bucket]) {
          const days = MAX_SPAN_MS[bucket] / DAY_MS;
          throw invalid([
            { path: 'from', message: `must be at most ${counted(days, 'day')} before \`to\`, by the ${bucket}` },
          ]);
        }
        const span = { from: since, until, ...(tenant !== undefined && { tenantId: tenant.id }) };
        const stats = await store.messages.stats({ ...span, bucket }, gone);
        const rows = await store.tallies.list(span, gone);
        const refused = await store.tallies.refused(span, gone);
        const slugs = new Map((await directory.all()).map(({ id, slug }) => [id, slug]));
        return json(statsView(stats, { rows, refused }, { bucket, by, slugOf: (id) => slugs.get(id) ?? id }));
      },
    }),
  ];
}

function timeOf(path: string, text: string) {
  const span = parseTime(text);
  if (span === undefined) throw invalid([{ path, message: 'must be a date or an RFC 3339 time' }]);
  return span;
}
