/**
 * A tenant's sender domains as it, or the operator for it, changes them. What the configuration gives, what is shared, and
 * what the operator set is the operator's.
 */

import { isOfTenant } from '../core/audit-entry.ts';
import type { DeclaredTenant } from '../core/declared-tenant.ts';
import { IepError } from '../core/errors.ts';
import type { AddedBy } from '../db/verbs/domains.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import type { Audit } from './audit/audit.ts';
import type { Caller } from './audit/caller.ts';
import type { DkimRotation, DomainRef, DomainReport, Domains } from './domains/domains.ts';

type Named = { readonly tenant: Tenant; readonly domain: string };

export interface SenderDomainDesk {
  add(caller: Caller, input: Named & { readonly shared: boolean }): Promise<DomainReport>;
  /** Looks at DNS, and remembers what was found. */
  verify(caller: Caller, input: Named): ReturnType<Domains['verify']>;
  /** Makes the next DKIM keys, to sign once their record is seen. */
  rotate(caller: Caller, input: Named & DkimRotation): Promise<DomainReport>;
  remove(caller: Caller, input: Named): Promise<void>;
}

export interface SenderDomainDeskDeps {
  readonly domains: Pick<Domains, 'add' | 'report' | 'verify' | 'rotate' | 'remove'>;
  readonly audit: Pick<Audit, 'act'>;
  /** By slug, the tenants that the configuration declares. */
  readonly declaredTenants: () => ReadonlyMap<string, DeclaredTenant>;
}

export function createSenderDomainDesk({ domains, audit, declaredTenants }: SenderDomainDeskDeps): SenderDomainDesk {
  function actOn<T>(
    caller: Caller,
    { action, tenant, domain }: Named & { action: string },
    work: (ref: DomainRef) => Promise<T>,
  ): Promise<T> {
    const act = { action, tenant: tenant.slug, target: domain };
    return audit.act(caller, act, () => work({ tenantId: tenant.id, domain }));
  }

  return {
    add: (caller, { tenant, domain, shared }) =>
      actOn(caller, { action: 'domain.add', tenant, domain }, async (ref) => {
        const by = byOf(caller);
        if (shared && by !== 'operator') throw new IepError('forbidden', 'Only the operator shares a domain');
        const report = await domains.add({ ...ref, by, shared });
        return { ...report, notes: [...report.notes, ...otherSenders(tenant)] };
      }),
    verify: (caller, named) => actOn(caller, { action: 'domain.verify', ...named }, domains.verify),
    rotate: (caller, { tenant, domain, ...rotation }) =>
      actOn(caller, { action: 'domain.rotate', tenant, domain }, async (ref) => {
        if (byOf(caller) !== 'operator' && (await domains.report(ref)).shared) {
          throw new IepError(
            'forbidden',
            'The tenants of a shared domain sign with the same keys: only the operator changes them',
          );
        }
        return domains.rotate(ref, rotation);
      }),
    remove: (caller, { tenant, domain }) =>
      actOn(caller, { action: 'domain.remove', tenant, domain }, async (ref) => {
        const declared = declaredTenants().get(tenant.slug)?.domains ?? [];
        if (declared.some((one) => one.domain === domain)) {
          throw new IepError('set_by_config', `The configuration file gives ${domain} to this tenant`);
        }
        await domains.remove({ ...ref, by: byOf(caller) });
      }),
  };
}

function byOf({ actor }: Caller): AddedBy {
  return isOfTenant(actor) ? 'tenant' : 'operator';
}

/** What follows from a new domain for the senders that the tenant may use besides it. */
function otherSenders({ slug, settings }: Tenant): readonly string[] {
  if (settings.anySender !== true) return [];
  return [
    'The setting anySender is on: the tenant may also send from every domain that no other tenant has. ' +
      `To hold it to its own domains: \`iep tenant set ${slug} --any-sender off\`.`,
  ];
}
