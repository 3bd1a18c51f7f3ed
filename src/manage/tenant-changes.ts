/** What may be changed of a tenant by a call: nothing that the configuration says, and no provider that is not there. */

import { isDeepStrictEqual } from 'node:util';
import type { DeclaredTenant } from '../core/declared-tenant.ts';
import { type FieldError, IepError } from '../core/errors.ts';
import { invalid } from '../core/invalid.ts';
import {
  providersNamed,
  providersOffTheList,
  type TenantSettings,
  type TenantSettingsChange,
} from '../core/tenant-settings.ts';
import { isTracked, NOT_REACHABLE } from '../core/tracking.ts';

/** Refuses a provider that is not configured, and a route outside the tenant's list of providers. */
export function checkTenantProviders(
  settings: TenantSettingsChange,
  { known, before = {} }: { readonly known: readonly string[]; readonly before?: TenantSettings },
): void {
  const errors = [...unknownProviders(settings, known), ...unlisted(settings, before)];
  if (errors.length > 0) throw invalid(errors);
}

/** Refuses what nobody could reach. */
export function checkTenantTracking({ tracking }: TenantSettingsChange, canTrack: boolean): void {
  if (canTrack || !isTracked(tracking ?? {})) return;
  throw invalid([{ path: 'settings.tracking', message: NOT_REACHABLE }]);
}

function unlisted(settings: TenantSettingsChange, before: TenantSettings): readonly FieldError[] {
  return providersOffTheList({ ...before, ...settings }).map((fault) => ({ ...fault, path: `settings.${fault.path}` }));
}

function unknownProviders(settings: TenantSettingsChange, known: readonly string[]): readonly FieldError[] {
  return providersNamed(settings).flatMap(([path, name]): FieldError[] => {
    if (known.includes(name)) return [];
    const others = known.length === 0 ? 'none is configured' : `there are: ${known.toSorted().join(', ')}`;
    return [{ path: `settings.${path}`, message: `no provider is called "${name}"; ${others}` }];
  });
}

/** Refuses to change what the configuration would change back. Saying the same as it is not a change. */
export function checkDeclared(
  declared: DeclaredTenant | undefined,
  change: {
    readonly name?: string | undefined;
    readonly active?: boolean | undefined;
    readonly settings?: TenantSettingsChange | undefined;
  },
): void {
  if (declared === undefined) return;
  const { settings, domains: _, ...own } = declared;
  const { settings: wanted = {}, ...wantedOwn } = change;
  const paths = [...differing(own, wantedOwn), ...differing(settings, wanted).map((name) => `settings.${name}`)];
  if (paths.length === 0) return;
  throw new IepError('set_by_config', `${paths.join(', ')}: the configuration file says what it is`, {
    errors: paths.map((path) => ({ path, message: 'stands in the configuration file, which wins' })),
  });
}

/** Refuses to remove what the configuration would make again, empty. */
export function checkRemoval(slug: string, declared: DeclaredTenant | undefined): void {
  if (declared !== undefined) throw new IepError('set_by_config', `The configuration file declares the tenant ${slug}`);
}

/** Names of what is said and wanted to be something else. */
function differing(said: object, wanted: object): string[] {
  const known = new Map<string, unknown>(Object.entries(said));
  return Object.entries(wanted)
    .filter(([, value]) => value !== undefined)
    .filter(([name, value]) => known.get(name) !== undefined && !isDeepStrictEqual(known.get(name), value))
    .map(([name]) => name);
}

/** What the configuration says of a tenant: `name`, `active`, `senderDomains`, and settings by their names. */
export function namesDeclared(declared: DeclaredTenant | undefined): string[] {
  if (declared === undefined) return [];
  const { name, active, settings, domains = [] } = declared;
  const senderDomains = domains.length > 0 ? domains : undefined;
  const said = Object.entries({ name, active, senderDomains, ...settings }).filter(([, value]) => value !== undefined);
  return said.map(([key]) => key);
}
