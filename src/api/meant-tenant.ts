/** The tenant that an operator acts for: the one that is named, whose the thing is that an id names, or the only one there is. */

import { type Directory, findTenant } from '../access/directory.ts';
import { IepError } from '../core/errors.ts';
import { tenantUnclear } from '../core/tenant-unclear.ts';
import type { StorePart } from '../db/verbs/store.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import type { AccessRule } from './access-rule.ts';
import type { ApiRequest } from './request.ts';

export type TenantRule = Extract<AccessRule, { kind: 'tenant' | 'tenant-or-all' }>;

/** Undefined: all of them, where the rule allows it. */
export type MeantTenant = (request: ApiRequest, rule: TenantRule) => Promise<Tenant | undefined>;

export interface MeantTenantOptions {
  /** The tenant of mail that names none; undefined leaves it to the caller. */
  mailTenant?: (() => string | undefined) | undefined;
}

export function createMeantTenant(
  { directory, store }: { directory: Directory; store: StorePart<'tenants.ownerOf'> },
  options: MeantTenantOptions = {},
): MeantTenant {
  return async (request, rule) => {
    const named = request.header('x-iep-tenant');
    if (named === undefined && rule.kind === 'tenant-or-all') return undefined;
    const owner =
      named === undefined && rule.kind === 'tenant' && rule.about
        ? await store.tenants.ownerOf({ kind: rule.about, id: request.param('id') ?? '' })
        : undefined;
    const meant = owner ?? named ?? (isMail(rule) ? options.mailTenant?.() : undefined);
    if (meant !== undefined) return findTenant(directory, meant);
    const [only, second] = await directory.all();
    if (second !== undefined && rule.kind === 'tenant' && rule.about) {
      throw new IepError('not_found', `No ${rule.about} has this id`);
    }
    if (only !== undefined && second === undefined) return only;
    throw tenantUnclear({ isNone: only === undefined });
  };
}

/** New mail, and not what was taken already. */
function isMail(rule: TenantRule): boolean {
  return rule.kind === 'tenant' && rule.about === undefined && rule.scopes.includes('send');
}
