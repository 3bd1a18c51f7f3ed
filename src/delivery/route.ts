/** Chooses the way out of one message. Pure: names in, names out. */

import type { TenantSettings } from '../core/tenant-settings.ts';

/** The route of tenants that have none of their own. */
export interface Routing {
  readonly primary?: string | undefined;
  readonly fallback?: string | undefined;
}

export interface Route {
  readonly primary: string;
  readonly fallback?: string;
  /** The message asked for this provider itself, so the tenant's other messages do not go this way. */
  readonly isOwn: boolean;
}

/** Undefined: there is no provider for this message, by anybody's choice. */
export function routeOf(input: {
  /** The provider that the message asks for. */
  readonly wanted: string | undefined;
  readonly tenant: Pick<TenantSettings, 'primary' | 'fallback'>;
  readonly routing: Routing;
}): Route | undefined {
  const { wanted, tenant, routing } = input;
  // Whoever names a provider means that one: no other takes its place.
  if (wanted !== undefined) return { primary: wanted, isOwn: true };
  const primary = tenant.primary ?? routing.primary;
  if (primary === undefined) return undefined;
  // The common fallback belongs to the common primary; a tenant with a primary of its own names its own fallback.
  const fallback = tenant.fallback ?? (tenant.primary === undefined ? routing.fallback : undefined);
  return { primary, isOwn: false, ...(fallback !== undefined && fallback !== primary && { fallback }) };
}
