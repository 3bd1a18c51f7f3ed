/** API keys as resources. The key itself is told once, by the run that makes it, and is in no manifest. */

import * as z from 'zod';
import { type Keys, networksOf } from '../../../access/keys.ts';
import { IepError } from '../../../core/errors.ts';
import { isRecord } from '../../../core/is-record.ts';
import type { KeyRow } from '../../../db/verbs/keys.ts';
import type { StorePart } from '../../../db/verbs/store.ts';
import { displayName, keyNetworks, keyScopes } from '../../fields.ts';
import type { Owner, Present, ResourceKind } from '../kind.ts';
import { timeText } from '../time-text.ts';

const schema = z.strictObject({
  scopes: keyScopes,
  name: displayName.optional(),
  expiresAt: timeText.optional(),
  allowedIps: keyNetworks.optional(),
});

export function keyKind(deps: {
  readonly store: StorePart<'keys.list'>;
  readonly keys: Pick<Keys, 'draw'>;
}): ResourceKind {
  const { store, keys } = deps;
  async function all({ tenant, isNew }: Owner): Promise<readonly KeyRow[]> {
    if (isNew) return [];
    const rows = await store.keys.list(tenant === undefined ? {} : { tenantId: tenant.id });
    return rows.filter(({ tenantId, revokedAt }) => tenantId === tenant?.id && revokedAt === undefined);
  }

  return {
    ...{ apiVersion: 'iep/v1', kind: 'Key', plural: 'keys', of: 'tenant', isOperators: true },
    summary:
      'An API key of a tenant, or with the scope operator of the operator; the key is told once, when it is made',
    isPlatforms: ({ spec }) => isRecord(spec) && Array.isArray(spec.scopes) && spec.scopes.includes('operator'),
    schema,
    list: async (owner) => ({ items: (await all(owner)).map(presentOf) }),
    find: async (owner, ref) => (await all(owner)).map(presentOf).find((one) => one.ref === ref),
    async add({ owner: { tenant }, name, spec }) {
      const { scopes, expiresAt, allowedIps = [], name: label = name } = schema.parse(spec);
      const { row, key } = await keys.draw({
        ...{ scopes, name: label, allowedIps },
        ...(tenant !== undefined && { tenantId: tenant.id }),
        ...(expiresAt !== undefined && { expiresAt: Date.parse(expiresAt) }),
      });
      return {
        ...{ ref: row.id, action: 'key.add', target: row.id, secret: { key } },
        note: { ...(tenant !== undefined && { tenant: tenant.slug }), after: { scopes, allowedIps } },
        writes: [{ verb: 'keys.add', input: row }],
      };
    },
    async set({ owner: { tenant }, present: { ref }, changes }) {
      const fixed = [...changes.keys()].find((path) => path === 'scopes' || path === 'expiresAt');
      if (fixed !== undefined) throw new IepError('conflict', `${fixed} of a key is not changed: make another key`);
      const name = changes.get('name');
      const allowedIps = changes.has('allowedIps') ? ((changes.get('allowedIps') ?? []) as string[]) : undefined;
      return {
        ...{ ref, action: 'key.set', target: ref, note: tenant === undefined ? {} : { tenant: tenant.slug } },
        writes: [
          {
            verb: 'keys.set',
            input: {
              keyId: ref,
              ...(typeof name === 'string' && { name }),
              ...(allowedIps !== undefined && { allowedIps: networksOf(allowedIps) }),
            },
          },
        ],
      };
    },
    remove: async ({ owner: { tenant }, present: { ref }, run }) => ({
      ...{ ref, action: 'key.revoke', target: ref, note: tenant === undefined ? {} : { tenant: tenant.slug } },
      writes: [{ verb: 'keys.set', input: { keyId: ref, revokedAt: run.now } }],
    }),
  };
}

function presentOf({ id, name, scopes, expiresAt, allowedIps, createdAt, prefix }: KeyRow): Present {
  return {
    ...{ ref: id, source: 'command', createdAt, status: { prefix: `iep_${prefix}` } },
    spec: {
      scopes,
      ...(name !== undefined && { name }),
      ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt).toISOString() }),
      ...(allowedIps !== undefined && { allowedIps }),
    },
  };
}
