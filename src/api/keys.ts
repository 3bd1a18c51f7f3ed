/** API keys, for the operator. A key is shown once, when it is made. */

import * as z from 'zod';
import { findTenant } from '../access/directory.ts';
import { IepError } from '../core/errors.ts';
import { timeField } from '../core/time-field.ts';
import { scopes } from '../db/verbs/store.ts';
import type { AppDeps } from './deps.ts';
import { json, noContent } from './reply.ts';
import { jsonBody, operatorAction, operatorRoute, type Route } from './route.ts';
import { keyShape, listOf, newKeyShape } from './shapes.ts';
import { keyView } from './views.ts';

const DEFAULT_OVERLAP_SECONDS = 24 * 3_600;
const MAX_OVERLAP_SECONDS = 90 * 24 * 3_600;

const networks = z.array(z.string().max(64)).max(100);
const newKey = z.strictObject({
  tenant: z.string().optional().describe('Slug or id; left out for an operator’s key'),
  scopes: z.array(z.enum(scopes)).min(1).max(scopes.length),
  name: z.string().min(1).max(255).optional(),
  expiresAt: timeField.optional(),
  allowedIps: networks.optional().describe('Networks or addresses it works from; none: any address'),
});
const changedKey = z.strictObject({
  name: z.string().min(1).max(255).optional(),
  allowedIps: networks.optional().describe('In place of those it has; none: any address'),
});
const rotation = z.strictObject({
  overlapSeconds: z
    .number()
    .min(0)
    .max(MAX_OVERLAP_SECONDS)
    .default(DEFAULT_OVERLAP_SECONDS)
    .describe('How long the old key still works'),
});

export function keyRoutes({ store, keys, directory }: AppDeps): readonly Route[] {
  return [
    operatorRoute({
      method: 'GET',
      path: '/v1/admin/keys',
      summary: 'List the keys; never the keys themselves',
      query: z.strictObject({ tenant: z.string().optional().describe('Slug or id; left out for all') }),
      answers: { 200: { description: 'The keys', schema: listOf(keyShape) } },
      async handle({ query }) {
        const tenant = query.tenant === undefined ? undefined : await findTenant(directory, query.tenant);
        const rows = await store.keys(tenant === undefined ? {} : { tenantId: tenant.id });
        const byId = new Map((await store.tenants()).map((one) => [one.id, one]));
        return json({ items: rows.map((row) => keyView(row, byId.get(row.tenantId ?? ''))) });
      },
    }),
    operatorAction('key.add', {
      method: 'POST',
      path: '/v1/admin/keys',
      summary: 'Make a key',
      body: jsonBody(newKey),
      answers: { 201: { description: 'The key, shown this once', schema: newKeyShape } },
      async handle({ body, note, audit }) {
        const tenant = body.tenant === undefined ? undefined : await findTenant(directory, body.tenant);
        const { row, key } = await keys.issue({
          scopes: body.scopes,
          ...(tenant === undefined ? {} : { tenantId: tenant.id }),
          ...(body.name === undefined ? {} : { name: body.name }),
          ...(body.expiresAt === undefined ? {} : { expiresAt: body.expiresAt }),
          ...(body.allowedIps === undefined ? {} : { allowedIps: body.allowedIps }),
        });
        note({ issuedKeyId: row.id });
        audit({ target: row.id, after: keyView(row, tenant) });
        return json({ ...keyView(row, tenant), key }, 201);
      },
    }),
    operatorAction('key.set', {
      method: 'PATCH',
      path: '/v1/admin/keys/:id',
      summary: 'Change what is given of a key; it holds within a second, everywhere',
      body: jsonBody(changedKey),
      answers: { 200: { description: 'The key', schema: keyShape } },
      async handle({ param, body, audit }) {
        const before = (await store.keys({})).find(({ id }) => id === param('id'));
        const after = await keys.change({
          keyId: param('id'),
          ...(body.name === undefined ? {} : { name: body.name }),
          ...(body.allowedIps === undefined ? {} : { allowedIps: body.allowedIps }),
        });
        if (before === undefined || after === undefined) throw new IepError('not_found', 'There is no such key');
        const tenant = after.tenantId === undefined ? undefined : await directory.byId(after.tenantId);
        audit({ before: keyView(before, tenant), after: keyView(after, tenant) });
        return json(keyView(after, tenant));
      },
    }),
    operatorAction('key.rotate', {
      method: 'POST',
      path: '/v1/admin/keys/:id/rotate',
      summary: 'Make a successor with the same rights; the old key works on for a while',
      body: jsonBody(rotation, { required: false }),
      answers: { 201: { description: 'The new key, shown this once', schema: newKeyShape } },
      async handle({ param, body, note, audit }) {
        const { row, key } = await keys.rotate({ keyId: param('id'), overlapMs: body.overlapSeconds * 1_000 });
        note({ issuedKeyId: row.id });
        audit({ after: { issuedKeyId: row.id } });
        const tenant = row.tenantId === undefined ? undefined : await directory.byId(row.tenantId);
        return json({ ...keyView(row, tenant), key }, 201);
      },
    }),
    operatorAction('key.revoke', {
      method: 'DELETE',
      path: '/v1/admin/keys/:id',
      summary: 'Revoke a key; it stops working within a second, everywhere',
      answers: { 204: { description: 'It is revoked' } },
      async handle({ param }) {
        if (!(await keys.revoke(param('id')))) throw new IepError('not_found', 'There is no such key');
        return noContent();
      },
    }),
  ];
}
