/** What somebody who is signed in may call, by the role in the platform or in the tenant that the call is about. */

import { timingSafeEqual } from 'node:crypto';
import type { Directory } from '../access/directory.ts';
import { hasShownSecondFactor } from '../access/factors.ts';
import { type Person, type Principal, requireScope } from '../access/principal.ts';
import { mayOperate, scopesOf } from '../access/roles.ts';
import { csrfOf, type Sessions } from '../access/sessions.ts';
import type { Clock } from '../core/clock.ts';
import { IepError } from '../core/errors.ts';
import type { SignedIn } from '../db/verbs/people.ts';
import type { StorePart } from '../db/verbs/store.ts';
import type { AccessRule, Admitted } from './access-rule.ts';
import type { MeantTenant, TenantRule } from './meant-tenant.ts';
import type { OwnOriginOf } from './own-origin.ts';
import type { ApiRequest } from './request.ts';
import { sessionToken } from './session-cookie.ts';

export interface PersonAuth {
  /** Undefined where the call has no cookie, or one that is worth nothing. Refuses with `foreign_page` what changes something from elsewhere. */
  find(request: ApiRequest): Promise<SignedIn | undefined>;
  admit(call: {
    readonly signedIn: SignedIn;
    readonly request: ApiRequest;
    readonly rule: Exclude<AccessRule, { kind: 'public' }>;
    readonly known: ((principal: Principal) => void) | undefined;
  }): Promise<Admitted>;
}

type PlatformRule = Exclude<AccessRule, { kind: 'public' | 'person' }>;

/** A login that is older has to be shown again before something dangerous. */
const FRESH_MS = 15 * 60_000;

export function createPersonAuth(deps: {
  sessions: Pick<Sessions, 'find'>;
  directory: Directory;
  store: StorePart<'tenants.ownerOf'>;
  clock: Pick<Clock, 'now'>;
  ownOrigin: OwnOriginOf;
  secondFactorRequired: () => boolean;
  meantTenant: MeantTenant;
}): PersonAuth {
  const { sessions, directory, store, clock, ownOrigin, secondFactorRequired, meantTenant } = deps;

  function requireOwnPage(request: ApiRequest, token: string): void {
    const { origin } = ownOrigin(request);
    if (request.header('origin') !== origin) {
      throw new IepError('foreign_page', `The header Origin is not ${origin}`);
    }
    if (!isSame(request.header('x-iep-csrf') ?? '', csrfOf(token)))
      throw new IepError('foreign_page', 'x-iep-csrf is not right');
  }

  function requireFresh({ session }: SignedIn): void {
    if (session.factorAt !== undefined && clock.now() - session.factorAt < FRESH_MS) return;
    throw new IepError('login_too_old');
  }

  async function memberships({ user }: SignedIn) {
    const found = await Promise.all(
      user.tenants.map(async ({ tenantId, role }) => ({ tenant: await directory.byId(tenantId), role })),
    );
    return found.flatMap(({ tenant, role }) => (tenant === undefined ? [] : [{ tenant, role }]));
  }

  /** Of its own tenants alone; the same refusal whether or not another of that name exists. */
  async function membership(signedIn: SignedIn, request: ApiRequest, rule: TenantRule) {
    const own = await memberships(signedIn);
    const named = request.header('x-iep-tenant');
    if (named !== undefined) {
      const meant = own.find(({ tenant }) => tenant.slug === named || tenant.id === named);
      if (meant !== undefined) return meant;
      throw new IepError('forbidden', 'You are not a member of the tenant that x-iep-tenant names');
    }
    const [only, second] = own;
    if (only === undefined) throw new IepError('forbidden', 'You are not a member of any tenant');
    if (second === undefined) return only;
    if (rule.kind === 'tenant' && rule.about) {
      const ownerId = (await store.tenants.ownerOf({ kind: rule.about, id: request.param('id') ?? '' })) ?? '';
      const owner = own.find(({ tenant }) => tenant.id === ownerId);
      if (owner !== undefined) return owner;
      throw new IepError('not_found', `No ${rule.about} has this id`);
    }
    throw new IepError('tenant_required', 'You are a member of several tenants');
  }

  async function asMember(signedIn: SignedIn, request: ApiRequest, rule: TenantRule) {
    const { tenant, role } = await membership(signedIn, request, rule);
    if (!tenant.active) throw new IepError('tenant_inactive');
    return { kind: 'tenant', tenant, scopes: scopesOf(role), signedIn } as const satisfies Person;
  }

  async function asOperator(signedIn: SignedIn, request: ApiRequest, rule: PlatformRule): Promise<Admitted> {
    const principal: Person = { kind: 'operator', signedIn };
    if (changes(request) && !mayOperate(signedIn.user)) throw new IepError('forbidden', 'A viewer changes nothing');
    return { principal, tenant: rule.kind === 'operator' ? undefined : await meantTenant(request, rule) };
  }

  return {
    async find(request) {
      const token = sessionToken(request, ownOrigin(request).isSecure);
      const signedIn = token === undefined ? undefined : await sessions.find(token);
      if (signedIn !== undefined && token !== undefined && changes(request)) requireOwnPage(request, token);
      return signedIn;
    },
    async admit({ signedIn, request, rule, known }) {
      const { role } = signedIn.user;
      known?.({ kind: 'person', signedIn });
      const mayLack = rule.kind === 'person' && rule.enrols === true;
      if (!mayLack && secondFactorRequired() && !hasShownSecondFactor(signedIn)) {
        throw new IepError('second_factor_required');
      }
      if ('isDangerous' in rule && rule.isDangerous === true) requireFresh(signedIn);
      if (rule.kind === 'person') return { principal: { kind: 'person', signedIn }, tenant: undefined };
      if (role !== undefined) return asOperator(signedIn, request, rule);
      if (rule.kind === 'operator') throw new IepError('forbidden', 'This is for owners and operators of the platform');
      const principal = await asMember(signedIn, request, rule);
      known?.(principal);
      if (changes(request)) requireScope(principal, rule.scopes);
      return { principal, tenant: principal.tenant };
    },
  };
}

function isSame(given: string, right: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(right)];
  return one.length === other.length && timingSafeEqual(one, other);
}

function changes({ method }: ApiRequest): boolean {
  return method !== 'GET' && method !== 'HEAD';
}
