/** The suppression list of a tenant: addresses it must not mail. */

import * as z from 'zod';
import { IepError } from '../core/errors.ts';
import { readEntryAddress } from '../core/suppression-entry.ts';
import { suppressionReasons, suppressionStates } from '../db/verbs/suppressions.ts';
import { suppressedAddress, suppressionFields } from '../manage/fields.ts';
import type { AppDeps } from './deps.ts';
import { bodyText, readBytes } from './file-text.ts';
import { filterText } from './filter-text.ts';
import { cursorField, limitField } from './paging.ts';
import { json, noContent } from './reply.ts';
import { jsonBody, type Route, tenantAction, tenantOrAllRoute, tenantRoute } from './route.ts';
import { importedShape, pageOf, suppressionDetailShape, suppressionPutShape, suppressionRowShape } from './shapes.ts';
import { exportCsv, readSuppressionFile } from './suppression-file.ts';
import { suppressionDetailView, suppressionRowView, suppressionView } from './views.ts';

const suppressionEntry = z.strictObject({
  email: suppressedAddress.describe('An address, or `*@example.com` for all addresses of a domain'),
  ...suppressionFields,
});

export function suppressionRoutes({ store, clock, manage }: AppDeps): readonly Route[] {
  return [
    tenantOrAllRoute(['read', 'admin'], {
      method: 'GET',
      path: '/v1/suppressions',
      summary: 'List suppressed addresses',
      query: z.strictObject({
        q: filterText.optional().describe('Part of the address'),
        reason: z.enum(suppressionReasons).optional(),
        state: z.enum(suppressionStates).optional().describe('`active` where it is left out'),
        limit: limitField,
        cursor: cursorField,
      }),
      answers: { 200: { description: 'A page, by address', schema: pageOf(suppressionRowShape) } },
      async handle({ tenant, query, gone }) {
        const { q, reason, state, limit, cursor } = query;
        const page = await store.suppressions.list(
          {
            ...(tenant !== undefined && { tenantId: tenant.id }),
            limit,
            now: clock.now(),
            ...(q !== undefined && { q: q.replace(/^\*(?=@)/, '') }),
            ...(reason !== undefined && { reason }),
            ...(state !== undefined && { state }),
            ...(cursor !== undefined && { cursor }),
          },
          gone,
        );
        return json({ items: page.items.map(suppressionRowView), cursor: page.cursor ?? null });
      },
    }),
    tenantAction('suppression.add', {
      method: 'POST',
      path: '/v1/suppressions',
      summary: 'Suppress an address, or change why and until when',
      body: jsonBody(suppressionEntry),
      answers: { 201: { description: 'The entry as it is now', schema: suppressionPutShape } },
      async handle({ caller, tenant, body }) {
        const { entry, change } = await manage.suppressions.add(caller, { tenant, ...body });
        return json({ ...suppressionView(entry), change }, 201);
      },
    }),
    tenantAction('suppression.import', {
      method: 'POST',
      path: '/v1/suppressions/import',
      summary: 'Add the addresses of a file of ours or of another service, and report the lines that are wrong',
      query: z.strictObject({
        strict: z.stringbool().default(false).describe('Add all of them, or none when a line is wrong'),
        dryRun: z.stringbool().default(false).describe('Only tell what would be added, changed and refused'),
        reason: z.enum(suppressionReasons).optional().describe('Of lines that say none; `manual` where it is left out'),
      }),
      body: {
        type: 'text/csv',
        required: true,
        example: 'email,reason,note,expiresAt\r\njo@example.com,manual,asked by phone,\r\n',
        read: readBytes,
      },
      answers: {
        200: { description: 'How many, and the lines that were refused', schema: importedShape },
      },
      async handle({ caller, tenant, body, query, note, header, gone }) {
        const now = clock.now();
        const { strict, dryRun, reason } = query;
        const { entries, ...read } = await readSuppressionFile(bodyText(body, header('content-type')), {
          now,
          strict,
          reason,
        });
        const counts = await manage.suppressions.import(caller, { tenant, entries, dryRun, now }, gone);
        note({ imported: entries.length, ...counts, refused: read.refused, dryRun });
        return json({ imported: entries.length, ...counts, ...read, dryRun });
      },
    }),
    tenantRoute(['read', 'admin'], {
      method: 'GET',
      path: '/v1/suppressions/export',
      summary: 'All suppressed addresses as CSV, as the import takes them',
      answers: { 200: { description: 'The list', type: 'text/csv' } },
      handle: ({ tenant, gone }) =>
        exportCsv((cursor) =>
          store.suppressions.list(
            { tenantId: tenant.id, limit: 1_000, now: clock.now(), ...(cursor !== undefined && { cursor }) },
            gone,
          ),
        ),
    }),
    tenantRoute(['read', 'admin'], {
      method: 'GET',
      path: '/v1/suppressions/:email',
      summary: 'The entry that suppresses an address, with its evidence',
      answers: { 200: { description: 'Its own entry, else that of its domain', schema: suppressionDetailShape } },
      async handle({ tenant, param }) {
        const email = readEntryAddress(param('email'));
        const entry = email && (await store.suppressions.get({ tenantId: tenant.id, email, now: clock.now() }));
        if (!entry) throw new IepError('not_found', 'That address is not on the list');
        return json(suppressionDetailView(entry));
      },
    }),
    tenantAction('suppression.remove', {
      method: 'DELETE',
      path: '/v1/suppressions/:email',
      summary: 'Mail an address again',
      answers: { 204: { description: 'It is off the list' } },
      async handle({ caller, tenant, param }) {
        const email = readEntryAddress(param('email'));
        if (email === undefined) throw new IepError('not_found', 'That address is not on the list');
        await manage.suppressions.remove(caller, { tenant, email });
        return noContent();
      },
    }),
  ];
}
