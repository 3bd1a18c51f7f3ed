/** Sender domains as resources. The name is the domain. */

import * as z from 'zod';
import { isOfTenant } from '../../../core/audit-entry.ts';
import { IepError } from '../../../core/errors.ts';
import { invalid } from '../../../core/invalid.ts';
import type { SenderDomain } from '../../../db/verbs/domains.ts';
import type { StorePart } from '../../../db/verbs/store.ts';
import type { Domains } from '../../domains/domains.ts';
import { readDomain } from '../../fields.ts';
import type { TenantsDeps } from '../../tenants.ts';
import type { Owner, Present, ResourceKind, Run } from '../kind.ts';
import { ownTenant } from '../owner.ts';

const schema = z.strictObject({
  shared: z.boolean().default(false).describe('Let several tenants send from it; the operator’s to say'),
});

export function domainKind(deps: {
  readonly store: StorePart<'domains.list'>;
  readonly domains: Pick<Domains, 'draw'>;
  readonly declaredTenants: TenantsDeps['declaredTenants'];
}): ResourceKind {
  const { store, domains, declaredTenants } = deps;
  const isDeclared = (slug: string, domain: string) =>
    (declaredTenants().get(slug)?.domains ?? []).some((one) => one.domain === domain);
  async function all(owner: Owner): Promise<readonly Present[]> {
    const { id, slug } = ownTenant(owner);
    if (owner.isNew) return [];
    return (await store.domains.list({ tenantId: id })).map((one) => presentOf(one, isDeclared(slug, one.domain)));
  }

  return {
    ...{ apiVersion: 'iep/v1', kind: 'Domain', plural: 'domains', of: 'tenant', isOperators: false },
    summary: 'A domain that a tenant sends from; metadata.name is the domain. Its DKIM keys are made with it',
    schema,
    list: async (owner) => ({ items: await all(owner) }),
    find: async (owner, ref) => (await all(owner)).find((one) => one.ref === ref),
    refOf: ({ name }) => readDomain(name) ?? name,
    async add({ owner, name, spec, run }) {
      const { id: tenantId, slug } = ownTenant(owner);
      const domain = readDomain(name);
      if (domain === undefined) {
        throw invalid([{ path: 'metadata.name', message: 'is not a domain such as "example.com"' }]);
      }
      const shared = spec.shared === true;
      const by = byOf(run);
      if (shared && by !== 'operator') throw new IepError('forbidden', 'Only the operator shares a domain');
      const wanted = { tenantId, domain, by, shared };
      return {
        ...{ ref: domain, action: 'domain.add', target: domain, note: { tenant: slug }, follows: ['domains'] },
        writes: run.dryRun ? [] : [{ verb: 'domains.add', input: await domains.draw(wanted) }],
      };
    },
    set: ({ present }) =>
      Promise.reject(
        new IepError('conflict', `Whether ${present.ref} is shared is not changed: remove it, and add it`),
      ),
    async remove({ owner, present: { ref: domain, source, status }, run }) {
      const { id: tenantId, slug } = ownTenant(owner);
      if (source === 'config') {
        throw new IepError('set_by_config', `The configuration file gives ${domain} to this tenant`);
      }
      const by = byOf(run);
      if (by === 'tenant' && status?.addedBy === 'operator') {
        throw new IepError('forbidden', `The operator added ${domain}, and only the operator removes it`);
      }
      return {
        ...{ ref: domain, action: 'domain.remove', target: domain, note: { tenant: slug }, follows: ['domains'] },
        writes: [{ verb: 'domains.remove', input: { tenantId, domain, by } }],
      };
    },
  };
}

function byOf({ caller }: Run): 'tenant' | 'operator' {
  return isOfTenant(caller.actor) ? 'tenant' : 'operator';
}

function presentOf({ domain, shared, verified, held, addedBy, createdAt }: SenderDomain, isDeclared: boolean): Present {
  return {
    ...{ ref: domain, name: domain, spec: { shared }, createdAt, status: { verified, held, addedBy } },
    source: isDeclared ? 'config' : 'command',
  };
}
