/** Who is calling, and what that lets them do. Doors ask here; they never look into scopes themselves. */

import { IepError } from '../core/errors.ts';
import type { Scope } from '../db/verbs/keys.ts';
import type { SignedIn } from '../db/verbs/people.ts';
import type { Tenant } from '../db/verbs/tenants.ts';

/** Who a key, or the way to this machine, says. */
export type KeyHolder =
  | {
      readonly kind: 'tenant';
      readonly tenant: Tenant;
      /** Absent where no key was needed, as for a trusted network. */
      readonly keyId?: string;
      /** The key's prefix and name, for people. */
      readonly keyName?: string;
      readonly scopes: ReadonlySet<Scope>;
    }
  /** The operator: may do everything, and names the tenant it acts for. */
  | { readonly kind: 'operator'; readonly keyId?: string; readonly keyName?: string };

/** Somebody who is signed in: an operator, a member of the tenant that the call is about, or neither, about itself. */
export type Person = { readonly signedIn: SignedIn } & (
  | { readonly kind: 'operator' }
  | { readonly kind: 'tenant'; readonly tenant: Tenant; readonly scopes: ReadonlySet<Scope> }
  | { readonly kind: 'person' }
);

export type Principal = KeyHolder | Person;

/** Refuses with `forbidden` unless the caller has one of the scopes. */
export function requireScope(principal: Principal, anyOf: readonly Scope[]): void {
  if (principal.kind === 'operator') return;
  if (principal.kind === 'tenant' && anyOf.some((scope) => principal.scopes.has(scope))) return;
  throw new IepError('forbidden', `This needs a key with the scope ${anyOf.join(' or ')}`);
}
