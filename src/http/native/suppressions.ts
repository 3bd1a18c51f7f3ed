/** The suppression list of a tenant: addresses it must not mail. */

import * as z from 'zod';
import { IepError } from '../../core/errors.ts';
import { suppressionReasons } from '../../db/store.ts';
import { normalizeAddress } from '../../intake/address.ts';
import type { AppDeps } from '../deps.ts';
import { cursorField, limitField } from '../paging.ts';
import { content, json, noContent } from '../reply.ts';
import { jsonBody, type Route, tenantRoute } from '../route.ts';
import { pageOf, suppressionShape } from '../shapes.ts';
import { exportCsv, readCsv } from '../suppression-csv.ts';
import { timeField } from '../time.ts';
import { suppressionView } from '../views.ts';

/** Entries written in one commit, so that an import lets others in between. */
const IMPORT_COMMIT = 1_000;

const address = z.string().transform((value, context): string => {
  const email = normalizeAddress(value.trim());
  if (email !== undefined) return email.toLowerCase();
  context.addIssue({ code: 'custom', message: 'is not an email address such as "user@example.com"' });
  return z.NEVER;
});

const suppressionEntry = z.strictObject({
  email: address,
  reason: z.enum(suppressionReasons).default('manual'),
  note: z.string().max(1_000).optional(),
  expiresAt: timeField.optional().describe('Mailed again from then on'),
});

export function suppressionRoutes(deps: AppDeps): readonly Route[] {
  const { store, clock } = deps;
  return [
    tenantRoute(['read', 'admin'], {
      method: 'GET',
      path: '/v1/suppressions',
      summary: 'List suppressed addresses',
      query: z.strictObject({
        q: z.string().min(1).max(320).optional().describe('Part of the address'),
        limit: limitField,
        cursor: cursorField,
      }),
      answers: { 200: { description: 'A page, by address', schema: pageOf(suppressionShape) } },
      async handle({ tenant, query }) {
        const { q, limit, cursor } = query;
        const page = await store.suppressions({
          tenantId: tenant.id,
          limit,
          now: clock.now(),
          ...(q === undefined ? {} : { q }),
          ...(cursor === undefined ? {} : { cursor }),
        });
        return json({ items: page.items.map(suppressionView), cursor: page.cursor ?? null });
      },
    }),
    tenantRoute(['admin'], {
      method: 'POST',
      path: '/v1/suppressions',
      summary: 'Suppress an address, or change why and until when',
      body: jsonBody(suppressionEntry),
      answers: { 201: { description: 'The entry', schema: suppressionShape } },
      async handle({ tenant, body }) {
        const { email, reason, note, expiresAt } = body;
        const entry = {
          email,
          reason,
          createdAt: clock.now(),
          ...(note === undefined ? {} : { note }),
          ...(expiresAt === undefined ? {} : { expiresAt }),
        };
        await store.addSuppressions({ tenantId: tenant.id, entries: [entry] });
        return json(suppressionView(entry), 201);
      },
    }),
    tenantRoute(['admin'], {
      method: 'POST',
      path: '/v1/suppressions/import',
      summary: 'Add the addresses of a CSV file; all of them, or none when a line is wrong',
      body: {
        type: 'text/csv',
        required: true,
        example: 'email,reason,note,expiresAt\r\njo@example.com,manual,asked by phone,\r\n',
        read: (input) => String(input),
      },
      answers: {
        200: { description: 'How many', schema: z.strictObject({ imported: z.int() }) },
      },
      async handle({ tenant, body, note }) {
        const entries = await readCsv(body, clock.now());
        for (let start = 0; start < entries.length; start += IMPORT_COMMIT) {
          await store.addSuppressions({ tenantId: tenant.id, entries: entries.slice(start, start + IMPORT_COMMIT) });
        }
        note({ imported: entries.length });
        return json({ imported: entries.length });
      },
    }),
    tenantRoute(['read', 'admin'], {
      method: 'GET',
      path: '/v1/suppressions/export',
      summary: 'All suppressed addresses as CSV, as the import takes them',
      answers: { 200: { description: 'The list', type: 'text/csv' } },
      handle: ({ tenant }) =>
        content({
          type: 'text/csv; charset=utf-8',
          body: exportCsv((cursor) =>
            store.suppressions({
              tenantId: tenant.id,
              limit: 1_000,
              now: clock.now(),
              ...(cursor === undefined ? {} : { cursor }),
            }),
          ),
          filename: 'suppressions.csv',
        }),
    }),
    tenantRoute(['admin'], {
      method: 'DELETE',
      path: '/v1/suppressions/:email',
      summary: 'Mail an address again',
      answers: { 204: { description: 'It is off the list' } },
      async handle({ tenant, param }) {
        const email = normalizeAddress(param('email'));
        const wasThere = email !== undefined && (await store.removeSuppression({ tenantId: tenant.id, email }));
        if (!wasThere) throw new IepError('not_found', 'That address is not on the list');
        return noContent();
      },
    }),
  ];
}
