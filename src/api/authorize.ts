/** From a request to who is calling and for which tenant. */

import type { Directory } from '../access/directory.ts';
import type { Keys } from '../access/keys.ts';
import { type KeyHolder, type Principal, requireScope } from '../access/principal.ts';
import type { Sessions } from '../access/sessions.ts';
import type { Clock } from '../core/clock.ts';
import { IepError } from '../core/errors.ts';
import type { StorePart } from '../db/verbs/store.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import { type AccessRule, type Admitted, NOBODY } from './access-rule.ts';
import { createPersonAuth } from './authorize-person.ts';
import { createMeantTenant, type MeantTenantOptions } from './meant-tenant.ts';
import type { OwnOriginOf } from './own-origin.ts';
import type { ApiRequest } from './request.ts';

export interface Auth {
  /** `known` hears who called as soon as that is clear, also of a caller who is then refused. */
  authorize(request: ApiRequest, rule: AccessRule, known?: (principal: Principal) => void): Promise<Admitted>;
  /** Whether who called may still call: for answers that go on for long. */
  stillValid(request: ApiRequest): Promise<boolean>;
}

const OPERATOR: KeyHolder = { kind: 'operator' };

export function createAuth(
  deps: {
    keys: Pick<Keys, 'verify'>;
    sessions: Pick<Sessions, 'find'>;
    directory: Directory;
    store: StorePart<'tenants.ownerOf'>;
    clock: Pick<Clock, 'now'>;
    ownOrigin: OwnOriginOf;
    secondFactorRequired: () => boolean;
  },
  options: MeantTenantOptions & { trustLocal: boolean },
): Auth {
  const meantTenant = createMeantTenant(deps, options);
  const people = createPersonAuth({ ...deps, meantTenant });

  async function authenticate(request: ApiRequest): Promise<KeyHolder> {
    if (options.trustLocal) return OPERATOR;
    const presented = presentedKey(request);
    if (presented === undefined) throw new IepError('unauthorized', 'No API key was sent');
    return deps.keys.verify(presented, request.source);
  }

  /** A key that was sent says who calls, whatever else the caller has. */
  const isSignedIn = (request: ApiRequest) => !options.trustLocal && presentedKey(request) === undefined;

  return {
    async authorize(request, rule, known) {
      if (rule.kind === 'public') return NOBODY;
      const signedIn = isSignedIn(request) ? await people.find(request) : undefined;
      if (signedIn !== undefined) return people.admit({ signedIn, request, rule, known });
      if (rule.kind === 'person') throw new IepError('signed_out');
      const principal = await authenticate(request);
      known?.(principal);
      if (rule.kind === 'operator') {
        if (principal.kind === 'operator') return { principal, tenant: undefined };
        throw new IepError('forbidden', 'This needs a key with the scope operator');
      }
      requireScope(principal, rule.scopes);
      const named = request.header('x-iep-tenant');
      if (principal.kind === 'tenant') return { principal, tenant: ownTenant(principal.tenant, named) };
      return { principal, tenant: await meantTenant(request, rule) };
    },
    async stillValid(request) {
      try {
        if (!isSignedIn(request) || (await people.find(request)) === undefined) await authenticate(request);
        return true;
      } catch (error) {
        if (error instanceof IepError && error.refusal.status < 500) return false;
        throw error;
      }
    },
  };
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
