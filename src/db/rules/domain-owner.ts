/** Who holds a sender domain. It belongs to one tenant unless the operator shares it. */

import { IepError } from '../../core/errors.ts';
import type { AddedBy } from '../verbs/domains.ts';

export interface DomainClaim {
  readonly domain: string;
  readonly by: AddedBy;
  readonly shared: boolean;
}

/** The tenant's row of the domain, where it has one. */
export interface OwnDomain {
  readonly addedBy: AddedBy;
  readonly isShared: boolean;
}

/** A tenant may add a domain once; the operator may take over what a tenant added, or share it. */
export function requireNewClaim({ domain, by, shared }: DomainClaim, own: OwnDomain | undefined): void {
  if (own === undefined || (by === 'operator' && (own.addedBy === 'tenant' || own.isShared !== shared))) return;
  throw new IepError('conflict', `${domain} is a sender domain of this tenant already.`);
}

/** `isForeign`: it, or a domain above it, is held by another tenant. The refusal does not name that tenant. */
export function requireFreeForTenant({ domain }: DomainClaim, isForeign: boolean): void {
  if (!isForeign) return;
  throw new IepError('conflict', `${domain} belongs to another tenant of this platform. Ask the operator.`);
}

/** `holders`: slugs of the other tenants that hold this very domain. */
export function requireFreeForOperator({ domain, shared }: DomainClaim, holders: readonly string[]): void {
  if (holders.length === 0 || shared) return;
  const whose = `${domain} belongs to the tenant ${holders.join(', ')}`;
  throw new IepError('conflict', `${whose}. Remove it there, or add it as shared: \`--shared\`.`);
}
