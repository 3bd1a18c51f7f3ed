/** Who may make a call, and who was let in. */

import type { Principal } from '../access/principal.ts';
import type { Scope } from '../db/verbs/keys.ts';
import type { Tenant } from '../db/verbs/tenants.ts';

/**
 * Who may make a call, and whether it is about one tenant. Of somebody who is signed in a dangerous one wants a login that is
 * not old.
 */
export type AccessRule =
  /** Anyone who reaches the address that the listener is bound to. */
  | { readonly kind: 'public' }
  | { readonly kind: 'operator'; readonly isDangerous?: boolean | undefined }
  /** A person who is signed in, about themselves. `enrols`: also while the second factor is missing that is asked for. */
  | { readonly kind: 'person'; readonly isDangerous?: boolean | undefined; readonly enrols?: boolean | undefined }
  /** A tenant's key with one of the scopes; or the operator, who says for which tenant, unless an id in the path does. */
  | {
      readonly kind: 'tenant';
      readonly scopes: readonly Scope[];
      readonly about?: 'message' | 'notification' | 'webhook' | undefined;
      readonly isDangerous?: boolean | undefined;
    }
  /** The same, but an operator who names no tenant means all of them. */
  | { readonly kind: 'tenant-or-all'; readonly scopes: readonly Scope[]; readonly isDangerous?: boolean | undefined };

/** Who was let in. */
export interface Admitted {
  readonly principal: Principal | undefined;
  /** Whose things the call is about; absent where the rule allows it. */
  readonly tenant: Tenant | undefined;
}

/** Who was let in where anyone is. */
export const NOBODY: Admitted = { principal: undefined, tenant: undefined };
