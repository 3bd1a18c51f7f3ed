/** API keys, for the operator. A key is shown once, when it is made. */

import * as z from 'zod';
import { findTenant } from '../access/directory.ts';
import { timeField } from '../core/time-field.ts';
import { displayName, keyNetworks, keyScopes } from '../manage/fields.ts';
import type { AppDeps } from './deps.ts';
import { json, noContent } from './reply.ts';
import { jsonBody, operatorAction, operatorRoute, type Route } from './route.ts';
import { keyShape, listOf, newKeyShape } from './shapes.ts';
import { keyView } from './views.ts';

const DEFAULT_OVERLAP_SECONDS = 24 * 3_600;
const MAX_OVERLAP_SECONDS = 90 * 24 * 3_600;

const newKey = z.strictObject({
  tenant: z.string().optional().describe('Slug or id; left out for an operator’s key'),
  scopes: keyScopes,
  name: displayName.optional(),
  expiresAt: timeField.optional(),
  allowedIps: keyNetworks.optional().describe('Networks or addresses it works from; none: any address'),
});
const changedKey = z.strictObject({
  name: displayName.optional(),
  allowedIps: keyNetworks.optional().describe('In place of those it has; none: any address'),
});
const rotation = z.strictObject({
  overlapSeconds: z
    .number()
    .min(0)
    .max(MAX_OVERLAP_SECONDS)
    .default(DEFAULT_OVERLAP_SECONDS)
    .describe('How long the old key still works'),
});

export function keyRoutes({ store, directory, manage }: AppDeps): readonly Route[] {
  return [
    operatorRoute({
      method: 'GET',
      path: '/v1/admin/keys',
      summary: 'List the keys; never the keys themselves',
      query: z.strictObject({ tenant: z.string().optional().describe('Slug or id; left out for all') }),
      answers: { 200: { description: 'The keys', schema: listOf(keyShape) } },
      async handle({ query }) {
        const tenant = query.tenant === undefined ? undefined : await findTenant(directory, query.tenant);
        const rows = await store.keys.list(tenant === undefined ? {} : { tenantId: tenant.id });
        const byId = new Map((await store.tenants.list()).map((one) => [one.id, one]));
        return json({ items: rows.map((row) => keyView(row, byId.get(row.tenantId ?? ''))) });
      },
    }),
    operatorAction('key.add', {
      isDangerous: true,
      method: 'POST',
      path: '/v1/admin/keys',
      summary: 'Make a key',
      body: jsonBody(newKey),
      answers: { 201: { description: 'The key, shown this once', schema: newKeyShape } },
      async handle({ caller, body, note }) {
        const { row, tenant, key } = await manage.keys.add(caller, body);
        note({ issuedKeyId: row.id });
        return json({ ...keyView(row, tenant), key }, 201);
      },
    }),
    operatorAction('key.set', {
      method: 'PATCH',
      path: '/v1/admin/keys/:id',
      summary: 'Change what is given of a key; it holds within a second, everywhere',
      body: jsonBody(changedKey),
      answers: { 200: { description: 'The key', schema: keyShape } },
      async handle({ caller, param, body }) {
        const { row, tenant } = await manage.keys.set(caller, { keyId: param('id'), ...body });
        return json(keyView(row, tenant));
      },
    }),
    operatorAction('key.rotate', {
      isDangerous: true,
      method: 'POST',
      path: '/v1/admin/keys/:id/rotate',
      summary: 'Make a successor with the same rights; the old key works on for a while',
      body: jsonBody(rotation, { required: false }),
      answers: { 201: { description: 'The new key, shown this once', schema: newKeyShape } },
      async handle({ caller, param, body, note }) {
        const rotation = { keyId: param('id'), overlapMs: body.overlapSeconds * 1_000 };
        const { row, tenant, key } = await manage.keys.rotate(caller, rotation);
        note({ issuedKeyId: row.id });
        return json({ ...keyView(row, tenant), key }, 201);
      },
    }),
    operatorAction('key.revoke', {
      method: 'DELETE',
      path: '/v1/admin/keys/:id',
      summary: 'Revoke a key; it stops working within a second, everywhere',
      answers: { 204: { description: 'It is revoked' } },
      async handle({ caller, param }) {
        await manage.keys.revoke(caller, { keyId: param('id') });
        return noContent();
      },
    }),
  ];
}
