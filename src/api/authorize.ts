/** From a request to who is calling and for which tenant. */

import { type Directory, findTenant } from '../access/directory.ts';
import type { Keys } from '../access/keys.ts';
import { type Principal, requireScope } from '../access/principal.ts';
import { IepError } from '../core/errors.ts';
import type { StorePart } from '../db/verbs/store.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import type { AccessRule, Admitted } from './access-rule.ts';
import type { ApiRequest } from './request.ts';

export interface Auth {
  /** `known` hears who called as soon as that is clear, also of a caller who is then refused. */
  authorize(request: ApiRequest, rule: AccessRule, known?: (principal: Principal) => void): Promise<Admitted>;
  /** Whether who called may still call: for answers that go on for long. */
  stillValid(request: ApiRequest): Promise<boolean>;
}

const NOBODY: Admitted = { principal: undefined, tenant: undefined };
const OPERATOR: Principal = { kind: 'operator' };

export function createAuth(
  deps: { keys: Pick<Keys, 'verify'>; directory: Directory; store: StorePart<'tenants.ownerOf'> },
  options: {
    trustLocal: boolean;
    /** The tenant of mail that names none; undefined leaves it to the caller. */
    mailTenant?: (() => string | undefined) | undefined;
  },
): Auth {
  async function authenticate(request: ApiRequest): Promise<Principal> {
    if (options.trustLocal) return OPERATOR;
    const presented = presentedKey(request);
    if (presented === undefined) throw new IepError('unauthorized', 'No API key was sent');
    return deps.keys.verify(presented, request.source);
  }

  return {
    async authorize(request, rule, known) {
      if (rule.kind === 'public') return NOBODY;
      const principal = await authenticate(request);
      known?.(principal);
      if (rule.kind === 'operator') {
        if (principal.kind === 'operator') return { principal, tenant: undefined };
        throw new IepError('forbidden', 'This needs a key with the scope operator');
      }
      requireScope(principal, rule.scopes);
      const named = request.header('x-iep-tenant');
      if (principal.kind === 'tenant') return { principal, tenant: ownTenant(principal.tenant, named) };
      if (named === undefined && rule.kind === 'tenant-or-all') return { principal, tenant: undefined };
      const owner =
        named === undefined && rule.kind === 'tenant' && rule.about
          ? await deps.store.tenants.ownerOf({ kind: rule.about, id: request.param('id') ?? '' })
          : undefined;
      const meant = owner ?? named ?? (isMail(rule) ? options.mailTenant?.() : undefined);
      return { principal, tenant: await meantTenant(deps.directory, meant, rule) };
    },
    async stillValid(request) {
      try {
        await authenticate(request);
        return true;
      } catch (error) {
        if (error instanceof IepError && error.refusal.status < 500) return false;
        throw error;
      }
    },
  };
}

/** New mail, and not what was taken already. */
function isMail(rule: AccessRule): boolean {
  return rule.kind === 'tenant' && rule.about === undefined && rule.scopes.includes('send');
}

function presentedKey(request: ApiRequest): string | undefined {
  const key = request.header('x-api-key');
  if (key !== undefined) return key;
  return /^bearer +(\S+)$/i.exec(request.header('authorization') ?? '')?.[1];
}

/** A tenant's key speaks for its own tenant; the same refusal whether or not another of that name exists. */
function ownTenant(tenant: Tenant, named: string | undefined): Tenant {
  if (named === undefined || named === tenant.slug || named === tenant.id) return tenant;
  throw new IepError('forbidden', `This key belongs to the tenant ${tenant.slug} and speaks for no other`);
}

/** The tenant an operator acts for: the one named, or the only one there is. */
async function meantTenant(directory: Directory, named: string | undefined, rule: AccessRule): Promise<Tenant> {
  if (named !== undefined) return findTenant(directory, named);
  const [only, second] = await directory.all();
  if (second !== undefined && rule.kind === 'tenant' && rule.about) {
    throw new IepError('not_found', `No ${rule.about} has this id`);
  }
  if (only !== undefined && second === undefined) return only;
  throw new IepError('tenant_required', only === undefined ? 'No tenant exists yet' : 'There are several tenants');
}
