/** Who turned off which mail of a tenant; for who manages it. Recipients come by the links of their mail. */

import * as z from 'zod';
import { normalizeAddress } from '../core/address.ts';
import { IepError } from '../core/errors.ts';
import { mailAddress, mailCategory } from '../manage/fields.ts';
import type { AppDeps } from './deps.ts';
import { filterText } from './filter-text.ts';
import { cursorField, limitField } from './paging.ts';
import { json, noContent } from './reply.ts';
import { jsonBody, type Route, tenantAction, tenantOrAllRoute } from './route.ts';
import { pageOf, unsubscribePutShape, unsubscribeRowShape } from './shapes.ts';
import { unsubscribeRowView } from './views.ts';

const unsubscribeEntry = z.strictObject({
  email: mailAddress,
  category: mailCategory.optional().describe('Left out: all mail that can be turned off'),
});

export function unsubscribeRoutes({ store, manage }: Pick<AppDeps, 'store' | 'manage'>): readonly Route[] {
  return [
    tenantOrAllRoute(['read', 'admin'], {
      method: 'GET',
      path: '/v1/unsubscribes',
      summary: 'List who turned off which mail',
      query: z.strictObject({
        q: filterText.optional().describe('Part of the address'),
        category: z.string().max(255).optional().describe('Empty: those who turned off all that can be'),
        limit: limitField,
        cursor: cursorField,
      }),
      answers: { 200: { description: 'A page, newest first', schema: pageOf(unsubscribeRowShape) } },
      async handle({ tenant, query: { q, category, limit, cursor }, gone }) {
        const page = await store.unsubscribes.list(
          {
            ...(tenant !== undefined && { tenantId: tenant.id }),
            limit,
            ...(q !== undefined && { q }),
            ...(category !== undefined && { category }),
            ...(cursor !== undefined && { cursor }),
          },
          gone,
        );
        return json({ items: page.items.map(unsubscribeRowView), cursor: page.cursor ?? null });
      },
    }),
    tenantAction('unsubscribe.add', {
      method: 'POST',
      path: '/v1/unsubscribes',
      summary: 'Turn off mail of a category for an address, or all that can be turned off',
      body: jsonBody(unsubscribeEntry),
      answers: { 201: { description: 'It is off', schema: unsubscribePutShape } },
      async handle({ caller, tenant, body: { email, category } }) {
        const isNew = await manage.unsubscribes.add(caller, { tenant, email, category: category ?? '' });
        const change = isNew ? 'added' : 'unchanged';
        return json({ email: email.toLowerCase(), category: category ?? null, change }, 201);
      },
    }),
    tenantAction('unsubscribe.remove', {
      method: 'DELETE',
      path: '/v1/unsubscribes/:email',
      summary: 'Turn mail on again for an address',
      query: z.strictObject({
        category: mailCategory.optional().describe('Left out: all that the address turned off'),
      }),
      answers: { 204: { description: 'It is on' } },
      async handle({ caller, tenant, param, query: { category } }) {
        const email = normalizeAddress(param('email'));
        if (email === undefined) throw new IepError('not_found', 'That address turned nothing off');
        await manage.unsubscribes.remove(caller, { tenant, email, category });
        return noContent();
      },
    }),
  ];
}
