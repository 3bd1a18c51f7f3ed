/** The tenants as a run leaves them: mail that it makes is held to what they may do then. */

import { isOfTenant } from '../../core/audit-entry.ts';
import type { TenantSettings, TenantSettingsChange } from '../../core/tenant-settings.ts';
import { changedSettings } from '../../db/rules/settings.ts';
import type { Tenant } from '../../db/verbs/tenants.ts';
import type { Caller } from '../audit/caller.ts';
import { readDomain } from '../fields.ts';
import { changesOf } from './differences.ts';
import { isGoing, type Planned } from './plan.ts';

export function tenantsAfter(
  before: readonly Tenant[],
  { plans, caller }: { readonly plans: readonly Planned[]; readonly caller: Caller },
): readonly Tenant[] {
  const ofTenant = (tenant: Tenant) =>
    plans.filter(({ kind, owner, name }) =>
      kind.kind === 'Tenant' ? name === tenant.slug : kind.kind === 'Domain' && owner.tenant?.id === tenant.id,
    );
  return before.flatMap((tenant) => {
    const own = ofTenant(tenant);
    if (own.some((plan) => plan.kind.kind === 'Tenant' && isGoing(plan))) return [];
    return [own.reduce((now, plan) => changedBy(plan, { tenant: now, caller }), tenant)];
  });
}

function changedBy(plan: Planned, { tenant, caller }: { tenant: Tenant; caller: Caller }): Tenant {
  if (plan.kind.kind === 'Tenant') return withSettings(plan, tenant);
  const domain = readDomain(plan.name) ?? plan.name;
  const others = tenant.senderDomains.filter((one) => one !== domain);
  if (isGoing(plan)) return { ...tenant, senderDomains: others };
  // What a tenant adds counts once it is verified.
  const counts = plan.action === 'create' && !isOfTenant(caller.actor);
  return counts ? { ...tenant, senderDomains: [...others, domain] } : tenant;
}

function withSettings({ action, spec, changes }: Planned, tenant: Tenant): Tenant {
  const { active = true } = spec as { readonly active?: boolean };
  if (action === 'create') return { ...tenant, active, settings: (spec.settings ?? {}) as TenantSettings };
  const settings = changedSettings(tenant.settings, changesOf(changes, 'settings') as TenantSettingsChange | undefined);
  return { ...tenant, settings, ...(changes.has('active') && { active: changes.get('active') !== false }) };
}
