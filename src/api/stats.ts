/** Counts of messages over time, and of what became of their recipients. */

import * as z from 'zod';
import { rfc3339 } from '../core/rfc3339.ts';
import { fates } from '../core/tally.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import { formatCsvRecord } from './csv.ts';
import type { AppDeps } from './deps.ts';
import { filterText } from './filter-text.ts';
import { json, ofType } from './reply.ts';
import { type Route, tenantOrAllRoute } from './route.ts';
import { analyticsShape, statsShape } from './shapes.ts';
import { readSpan, spanFields } from './stats-span.ts';
import { analyticsView, shownName, statsView } from './stats-view.ts';

const query = z.strictObject({
  ...spanFields,
  by: z.enum(['provider', 'tenant', 'template']).optional().describe('Divides what became of recipients'),
});

const analyticsFields = {
  ...spanFields,
  by: z.enum(['tenant', 'provider', 'category', 'template']).optional().describe('What there is a series for each of'),
  provider: filterText.optional().describe('Of what went by this provider'),
  category: filterText.optional().describe('Of messages of this category'),
  template: filterText.optional().describe('Of messages that were made with this template'),
};
const analyticsQuery = z.strictObject({
  ...analyticsFields,
  top: z.coerce.number().int().min(1).max(100).default(10).describe('Series that are shown by themselves'),
});
const exportQuery = z.strictObject(analyticsFields);

export function statsRoutes(deps: AppDeps): readonly Route[] {
  const { store, clock } = deps;
  return [
    tenantOrAllRoute(['read'], {
      method: 'GET',
      path: '/v1/stats',
      summary:
        'Messages by status over time, and what became of their recipients; of all tenants where the operator names none',
      query,
      answers: { 200: { description: 'The counts', schema: statsShape } },
      async handle({ tenant, query: { by, ...wanted }, gone }) {
        const { bucket, ...times } = readSpan(wanted, clock.now());
        const span = { ...times, ...ofTenant(tenant) };
        const stats = await store.messages.stats({ ...span, bucket }, gone);
        const rows = await store.tallies.list(span, gone);
        const refused = await store.tallies.refused(span, gone);
        const series = by === 'template' ? await store.tallies.series({ ...span, bucket, by }, gone) : [];
        return json(statsView(stats, { rows, refused, series }, { bucket, by, slugOf: await slugs(deps) }));
      },
    }),
    tenantOrAllRoute(['read'], {
      method: 'GET',
      path: '/v1/analytics',
      summary: 'What became of recipients over time, by tenant, provider, category or template',
      query: analyticsQuery,
      answers: { 200: { description: 'Series, those of the most recipients first', schema: analyticsShape } },
      async handle({ tenant, query: { by, top, provider, category, template, ...wanted }, gone }) {
        const span = readSpan(wanted, clock.now());
        const rows = await seriesOf(deps, { ...span, by, provider, category, template, ...ofTenant(tenant) }, gone);
        return json(analyticsView(rows, { ...span, by, top }));
      },
    }),
    tenantOrAllRoute(['read'], {
      method: 'GET',
      path: '/v1/analytics/export',
      summary: 'The same as CSV, with every series',
      query: exportQuery,
      answers: { 200: { description: 'A line for each series and span of time', type: 'text/csv' } },
      async handle({ tenant, query: { by, provider, category, template, ...wanted }, gone }) {
        const span = readSpan(wanted, clock.now());
        const rows = await seriesOf(deps, { ...span, by, provider, category, template, ...ofTenant(tenant) }, gone);
        const head = ['at', ...(by === undefined ? [] : [by]), 'recipients', ...fates];
        const lines = rows.map(({ at, name, tally }) =>
          formatCsvRecord([
            rfc3339(at),
            ...(by === undefined ? [] : [shownName(name)]),
            String(tally.recipients),
            ...fates.map((fate) => String(tally[fate])),
          ]),
        );
        const body = [formatCsvRecord(head), ...lines].join('');
        return ofType({ type: 'text/csv; charset=utf-8', body, filename: 'analytics.csv' });
      },
    }),
  ];
}

type Asked = {
  readonly [name in 'by' | 'provider' | 'category' | 'template']: z.output<typeof exportQuery>[name];
} & Pick<Parameters<AppDeps['store']['tallies']['series']>[0], 'tenantId' | 'from' | 'until' | 'bucket'>;

/** With slugs for names of tenants. */
async function seriesOf(deps: AppDeps, { by, provider, category, template, ...span }: Asked, gone: AbortSignal) {
  const rows = await deps.store.tallies.series(
    {
      ...span,
      ...(by !== undefined && { by }),
      ...(provider !== undefined && { provider }),
      ...(category !== undefined && { category }),
      ...(template !== undefined && { template }),
    },
    gone,
  );
  if (by !== 'tenant') return rows;
  const slugOf = await slugs(deps);
  return rows.map((row) => ({ ...row, name: slugOf(row.name) }));
}

async function slugs({ directory }: AppDeps): Promise<(id: string) => string> {
  const known = new Map((await directory.all()).map(({ id, slug }) => [id, slug]));
  return (id) => known.get(id) ?? id;
}

function ofTenant(tenant: Tenant | undefined) {
  return tenant === undefined ? {} : { tenantId: tenant.id };
}
