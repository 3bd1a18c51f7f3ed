/** Whose the resources of a run are: the tenant of their namespace, which the same run may make, or the platform. */

import type { Directory } from '../../access/directory.ts';
import { isOfTenant } from '../../core/audit-entry.ts';
import { IepError } from '../../core/errors.ts';
import type { NewId } from '../../core/ids.ts';
import { invalid } from '../../core/invalid.ts';
import { isRecord } from '../../core/is-record.ts';
import { tenantUnclear } from '../../core/tenant-unclear.ts';
import type { Tenant } from '../../db/verbs/tenants.ts';
import type { Caller } from '../audit/caller.ts';
import { tenantSlug } from '../fields.ts';
import type { Owner, ResourceKind } from './kind.ts';
import type { Manifest } from './manifest.ts';

export interface RunOwners {
  /** By slug. */
  readonly newTenants: ReadonlyMap<string, Tenant>;
  ownerOf(kind: ResourceKind, manifest: Manifest): Promise<Owner>;
}

/** `tenant`: whose those are that name no namespace. */
export async function ownersOf(
  run: { readonly caller: Caller; readonly manifests: readonly Manifest[]; readonly tenant: Tenant | undefined },
  { directory, newId, now }: { directory: Directory; newId: NewId; now: number },
): Promise<RunOwners> {
  const { caller, manifests, tenant: meant } = run;
  const isTenants = isOfTenant(caller.actor);
  directory.forget();
  const there = await directory.all();
  const newTenants = new Map(
    (isTenants ? [] : manifests)
      .filter(({ kind, name }) => kind === 'Tenant' && !there.some(({ slug }) => slug === name))
      .map((manifest) => [manifest.name, tenantToBe(manifest, { id: newId(), now })]),
  );
  const all = [...there, ...newTenants.values()];

  function tenantNamed(namespace: string | undefined): Tenant {
    if (namespace === undefined) return meant ?? onlyOne(all);
    if (isTenants && namespace !== meant?.slug) {
      throw new IepError('forbidden', `A key of the tenant ${meant?.slug} speaks for no other namespace`);
    }
    const found = all.find(({ slug }) => slug === namespace);
    if (found === undefined)
      throw invalid([{ path: 'metadata.namespace', message: `no tenant is called ${namespace}` }]);
    return found;
  }

  return {
    newTenants,
    async ownerOf(kind, manifest) {
      const { name, document } = manifest;
      const namespace = kind.namespaceOf?.(document) ?? manifest.namespace;
      if (kind.kind === 'Tenant' && !tenantSlug.safeParse(name).success) {
        throw invalid([
          { path: 'metadata.name', message: 'must be lower-case letters, digits and hyphens, at most 63' },
        ]);
      }
      const isPlatforms =
        kind.of === 'platform' ||
        kind.isPlatforms?.({ spec: document.spec, ...(namespace !== undefined && { namespace }) }, { isTenants }) ===
          true;
      if (!isPlatforms) {
        const tenant = tenantNamed(namespace);
        return { tenant, isNew: newTenants.has(tenant.slug) };
      }
      if (isTenants) throw new IepError('forbidden', `Only the operator changes what belongs to no tenant`);
      if (namespace === undefined) return { isNew: false };
      throw invalid([{ path: 'metadata.namespace', message: 'must be left out: it belongs to no tenant' }]);
    },
  };
}

function onlyOne(all: readonly Tenant[]): Tenant {
  const [only, second] = all;
  if (only !== undefined && second === undefined) return only;
  throw tenantUnclear({
    isNone: only === undefined,
    hint: '`metadata.namespace` says which; `--tenant SLUG` says it for all that have none.',
  });
}

/** As far as others look at it before it is there. */
function tenantToBe({ name: slug, document }: Manifest, { id, now }: { id: string; now: number }): Tenant {
  const { name = slug, settings } = isRecord(document.spec) ? document.spec : {};
  return {
    ...{ id, slug, name: String(name), active: true, paused: false, createdAt: now, updatedAt: now },
    settings: isRecord(settings) ? settings : {},
    ...{ senderDomains: [], verifiedDomains: [] },
  };
}
