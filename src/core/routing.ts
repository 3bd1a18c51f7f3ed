/** The providers that are chosen for a tenant's mail, and those that its messages may name. Pure: names in, names out. */

/** The choice of a tenant, or that of tenants that have none of their own. */
export interface Routing {
  readonly primary?: string | undefined;
  readonly fallback?: string | undefined;
  /** In place of `primary` and `fallback`. */
  readonly route?: readonly string[] | undefined;
  /** Weights: which provider a message tries first; then the others by weight, then the route. */
  readonly split?: Readonly<Record<string, number>> | undefined;
}

export interface TenantRouting extends Routing {
  /** The only providers it may use; without it those of its route. */
  readonly providers?: readonly string[] | undefined;
}

export interface Choice {
  readonly split: Readonly<Record<string, number>> | undefined;
  readonly list: readonly string[];
}

/**
 * A tenant with a way of its own has nothing of the platform's: the common fallback belongs to the common primary. Of what is
 * chosen a tenant with a list of providers has those on it, and where none of them is, the list.
 */
export function choiceOf(tenant: TenantRouting, routing: Routing): Choice {
  const chosen = chosenFor(tenant, routing);
  const { providers } = tenant;
  if (providers === undefined) return chosen;
  const weights = Object.entries(chosen.split ?? {}).filter(([name]) => providers.includes(name));
  const split = weights.length > 0 ? Object.fromEntries(weights) : undefined;
  const list = chosen.list.filter((name) => providers.includes(name));
  return { split, list: split === undefined && list.length === 0 ? providers : list };
}

function chosenFor(tenant: Routing, routing: Routing): Choice {
  if (hasOwnRoute(tenant)) return { split: tenant.split, list: listOf(tenant) };
  const common = listOf(routing);
  return { split: routing.split, list: tenant.fallback ? [...common.slice(0, 1), tenant.fallback] : common };
}

/** A fallback alone is none: it takes the place of the platform's. */
export function hasOwnRoute({ primary, route, split }: Routing): boolean {
  return primary !== undefined || route !== undefined || split !== undefined;
}

function listOf({ primary, fallback, route }: Routing): readonly string[] {
  return route ?? [primary, fallback].filter((name) => name !== undefined);
}

/** The providers that a tenant's messages may go out by, and may name. */
export function usableProviders(tenant: TenantRouting, routing: Routing): readonly string[] {
  if (tenant.providers !== undefined) return tenant.providers;
  const { split, list } = choiceOf(tenant, routing);
  return [...new Set([...Object.keys(split ?? {}), ...list])];
}
