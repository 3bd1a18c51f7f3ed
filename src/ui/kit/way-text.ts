/** The way that mail goes out, in words: the shares of a split first, then who is tried after. */

import type { Tenant } from '../api/types.ts';

export type Way = Pick<Tenant['settings'], 'primary' | 'fallback' | 'route' | 'split'>;

/** Empty where nothing is chosen. */
export function wayText({ route, primary, fallback, split }: Way): string {
  const shares = Object.entries(split ?? {});
  const total = shares.reduce((sum, [, weight]) => sum + weight, 0);
  const percent = (weight: number) => (weight / total).toLocaleString(undefined, { style: 'percent' });
  const list = route ?? [primary, fallback].filter((one) => one !== undefined);
  const first = shares.map(([name, weight]) => `${name} ${percent(weight)}`).join(', ');
  return [first, ...list].filter((one) => one !== '').join(', then ');
}

/** That of a tenant, which may have a fallback or a list of its own beside the way of the platform; empty where it has neither. */
export function tenantWayText(settings: Tenant['settings']): string {
  const { primary, fallback, route, split, providers } = settings;
  const isOwn = primary !== undefined || route !== undefined || split !== undefined;
  const way = isOwn || fallback === undefined ? wayText(settings) : `the platform’s first, then ${fallback}`;
  const bound = providers === undefined ? '' : `only by ${providers.join(', ')}`;
  return [way, bound].filter((one) => one !== '').join('; ');
}
