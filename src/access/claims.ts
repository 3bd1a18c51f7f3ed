/** What the claims of a login provider say of somebody here: the roles, the address, and what was shown there. Claims are foreign: of any type. */

import { normalizeAddress } from '../core/address.ts';
import { foldAddress } from '../core/fold.ts';
import type { RolesByClaim } from '../core/login-provider.ts';
import { type MemberRole, memberRoles, type PlatformRole, platformRoles } from '../core/roles.ts';
import type { Factor } from '../db/verbs/people.ts';

export type Claims = Readonly<Record<string, unknown>>;

/** Of the platform, or of tenants by slug; neither: it may do nothing here. */
export interface ClaimedRights {
  readonly role?: PlatformRole;
  readonly tenants: readonly { readonly tenant: string; readonly role: MemberRole }[];
}

/** A role of the platform stands above those of tenants; of several the one that may more. Values that the map does not have mean nothing. */
export function claimedRights(claims: Claims, { claim, map }: RolesByClaim): ClaimedRights {
  const values = new Set(textsOf(claimAt(claims, claim)));
  const grants = [...values].flatMap((value) => (Object.hasOwn(map, value) ? (map[value] ?? []) : []));
  const role = platformRoles.find((one) => grants.includes(one));
  if (role !== undefined) return { role, tenants: [] };
  const byTenant = new Map<string, MemberRole>();
  for (const grant of grants) {
    if (typeof grant === 'string') continue;
    const both = [grant.role, byTenant.get(grant.tenant)];
    byTenant.set(grant.tenant, memberRoles.find((one) => both.includes(one)) ?? grant.role);
  }
  return { tenants: [...byTenant].map(([tenant, role]) => ({ tenant, role })) };
}

/** By its whole name, which may have dots, else by the way into objects: `realm_access.roles`. */
export function claimAt(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let at: unknown = claims;
  for (const step of name.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Claims)[step];
  }
  return at;
}

/** As it is stored; undefined where there is none that the provider has verified. `trusted`: whatever it says of that. */
export function claimedEmail({ email, email_verified: verified }: Claims, trusted: boolean): string | undefined {
  if (typeof email !== 'string' || !(trusted || verified === true || verified === 'true')) return undefined;
  const address = normalizeAddress(email);
  return address === undefined ? undefined : foldAddress(address);
}

/** Methods of RFC 8176 by what they prove: what one knows, has, or is. */
const kinds: Readonly<Record<string, 'knows' | 'has' | 'is'>> = {
  ...{ pwd: 'knows', pin: 'knows', kba: 'knows' },
  ...{ otp: 'has', hwk: 'has', swk: 'has', sc: 'has', sms: 'has', tel: 'has' },
  ...{ face: 'is', fpt: 'is', iris: 'is', retina: 'is', vbm: 'is' },
};

/** That resist phishing (OpenID EAP ACR Values), and PAPE's name for several factors. */
const strongContexts: readonly unknown[] = [
  'phr',
  'phrh',
  'http://schemas.openid.net/pape/policies/2007/06/multi-factor',
];

/** A second factor where the provider says so: by `mfa` in `amr`, by methods of two kinds there, or by `acr`. */
export function claimedFactor({ amr, acr }: Claims): Extract<Factor, 'provider' | 'provider_mfa'> {
  const methods = textsOf(amr);
  const shown = new Set(methods.flatMap((method) => (Object.hasOwn(kinds, method) ? [kinds[method]] : [])));
  return methods.includes('mfa') || shown.size > 1 || strongContexts.includes(acr) ? 'provider_mfa' : 'provider';
}

function textsOf(value: unknown): readonly string[] {
  return [value].flat().filter((one) => typeof one === 'string');
}
