/** The audit log, for the operator. It is read here and nowhere changed. */

import * as z from 'zod';
import { verifyAudit } from '../manage/audit/verify.ts';
import type { AppDeps } from './deps.ts';
import { filterText } from './filter-text.ts';
import { limitField, positionCursorField } from './paging.ts';
import { json } from './reply.ts';
import { operatorRoute, type Route } from './route.ts';
import { auditShape, auditVerdictShape, pageOf } from './shapes.ts';
import { spanField } from './time.ts';
import { auditVerdictView, auditView } from './views.ts';

const time = spanField.transform(({ startsAt }) => startsAt);

const filter = z.strictObject({
  tenant: filterText.optional().describe('Slug'),
  actor: filterText.optional().describe('Id, user name, or a part of the key’s prefix or name'),
  action: filterText.optional().describe('A part of it, such as `key.` or `remove`'),
  since: time.optional(),
  until: time.optional(),
  limit: limitField,
  cursor: positionCursorField,
});

export function auditRoutes({ store, vault }: AppDeps): readonly Route[] {
  return [
    operatorRoute({
      method: 'GET',
      path: '/v1/admin/audit',
      summary: 'Who managed what, newest first',
      query: filter,
      answers: { 200: { description: 'A page', schema: pageOf(auditShape) } },
      async handle({ query: { limit, cursor, ...given }, gone }) {
        const filter = {
          ...(given.tenant !== undefined && { tenant: given.tenant }),
          ...(given.actor !== undefined && { actor: given.actor }),
          ...(given.action !== undefined && { action: given.action }),
          ...(given.since !== undefined && { since: given.since }),
          ...(given.until !== undefined && { until: given.until }),
        };
        const { items, cursor: next } = await store.audit.list(
          { filter, limit, ...(cursor !== undefined && { cursor }) },
          gone,
        );
        return json({ items: items.map(auditView), cursor: next ?? null });
      },
    }),
    operatorRoute({
      method: 'GET',
      path: '/v1/admin/audit/verify',
      summary: 'Whether the chain of the audit log holds',
      query: z.strictObject({
        from: z.coerce.number().int().min(1).default(1).describe('First entry to look at'),
      }),
      answers: { 200: { description: 'What was found', schema: auditVerdictShape } },
      handle: async ({ query }) => json(auditVerdictView(await verifyAudit({ store, vault }, query))),
    }),
  ];
}
