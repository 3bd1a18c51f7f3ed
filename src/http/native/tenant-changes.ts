/** What may be changed of a tenant by a call: nothing that the configuration says, and no way out that is not there. */

import { isDeepStrictEqual } from 'node:util';
import { type FieldError, IepError } from '../../core/errors.ts';
import { providersNamed, type TenantSettingsChange } from '../../core/tenant-settings.ts';
import { invalid } from '../../intake/parse-body.ts';
import type { DeclaredTenant } from '../deps.ts';

/** Refuses a provider that is not configured. */
export function checkProviders(settings: TenantSettingsChange, known: ReadonlySet<string>): void {
  const errors = providersNamed(settings).flatMap(([path, name]): FieldError[] => {
    if (known.has(name)) return [];
    const others = known.size === 0 ? 'none is configured' : `there are: ${Array.from(known).sort().join(', ')}`;
    return [{ path: `settings.${path}`, message: `there is no provider "${name}"; ${others}` }];
  });
  if (errors.length > 0) throw invalid(errors);
}

/** Refuses to change what the configuration would change back. Saying the same as it is no change. */
export function checkDeclared(
  declared: DeclaredTenant | undefined,
  change: { readonly name?: string | undefined; readonly settings?: TenantSettingsChange | undefined },
): void {
  if (declared === undefined) return;
  const said: Readonly<Record<string, unknown>> = { ...declared.settings };
  const wanted = Object.entries(change.settings ?? {}).filter(([, value]) => value !== undefined);
  const paths = wanted
    .filter(([name, value]) => said[name] !== undefined && !isDeepStrictEqual(said[name], value))
    .map(([name]) => `settings.${name}`);
  if (declared.name !== undefined && change.name !== undefined && change.name !== declared.name) paths.unshift('name');
  if (paths.length === 0) return;
  throw new IepError('set_by_config', `${paths.join(', ')}: the configuration file says what it is`, {
    errors: paths.map((path) => ({ path, message: 'stands in the configuration file, which wins' })),
  });
}

/** What the configuration says of a tenant: `name`, and settings by their names. */
export function namesDeclared(declared: DeclaredTenant | undefined): string[] {
  if (declared === undefined) return [];
  const settings = Object.entries(declared.settings).filter(([, value]) => value !== undefined);
  return [...(declared.name === undefined ? [] : ['name']), ...settings.map(([name]) => name)];
}
