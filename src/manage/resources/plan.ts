/** What a run would change: what its manifests say, against what is there. */

import * as z from 'zod';
import { isOfTenant } from '../../core/audit-entry.ts';
import { parseBody } from '../../core/check-input.ts';
import { IepError } from '../../core/errors.ts';
import { invalid } from '../../core/invalid.ts';
import { isRecord } from '../../core/is-record.ts';
import type { AppliedResource } from '../../db/verbs/resources.ts';
import type { StorePart } from '../../db/verbs/store.ts';
import type { Tenant } from '../../db/verbs/tenants.ts';
import type { Caller } from '../audit/caller.ts';
import { differences, fieldsOf } from './differences.ts';
import { createFaults } from './faults.ts';
import type { Owner, Present, ResourceKind, Spec } from './kind.ts';
import type { Manifest } from './manifest.ts';
import type { RunOwners } from './owners.ts';

export const resourceActions = ['create', 'update', 'unchanged', 'prune', 'delete'] as const;
export type ResourceAction = (typeof resourceActions)[number];

export interface Planned {
  readonly kind: ResourceKind;
  readonly owner: Owner;
  readonly name: string;
  /** Where its manifest stands; the kind and name of one that has none. */
  readonly at: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: Spec;
  readonly present: Present | undefined;
  readonly action: ResourceAction;
  /** By path; undefined for a field that goes. */
  readonly changes: ReadonlyMap<string, unknown>;
}

export function isGoing({ action }: Pick<Planned, 'action'>): boolean {
  return action === 'prune' || action === 'delete';
}

export interface PlanInput {
  readonly caller: Caller;
  readonly manifests: readonly Manifest[];
  readonly owners: RunOwners;
  /** What these manifests declare is taken away. */
  readonly remove: boolean;
}

export interface Prune {
  readonly key: string;
  readonly value: string;
}

interface PlanDeps {
  readonly kinds: readonly ResourceKind[];
  readonly store: StorePart<'resources.list' | 'resources.of'>;
}

/** Refuses with all that is wrong with the manifests. */
export async function planned(input: PlanInput, deps: PlanDeps): Promise<readonly Planned[]> {
  const faults = createFaults();
  const plans: Planned[] = [];
  const seen = new Set<string>();
  for (const manifest of input.manifests) {
    const one = await faults.of(manifest.at, async () => {
      const plan = await planOf(manifest, input, deps);
      const key = keyOf(plan);
      if (seen.has(key)) throw invalid([{ path: 'metadata.name', message: 'is declared twice' }]);
      seen.add(key);
      return plan;
    });
    if (one !== undefined) plans.push(one);
  }
  faults.check();
  return plans;
}

async function planOf(manifest: Manifest, { caller, owners, remove }: PlanInput, deps: PlanDeps): Promise<Planned> {
  const kind = findKind(manifest, deps.kinds);
  if (kind.isOperators && isOfTenant(caller.actor)) {
    throw new IepError('forbidden', `Only the operator changes resources of the kind ${kind.kind}`);
  }
  const owner = await owners.ownerOf(kind, manifest);
  const { name, labels, at } = manifest;
  const given = remove ? {} : readSpec(kind, manifest);
  const before = await appliedAs(deps, { kind, owner, name });
  const present = await kind.find(owner, before?.ref ?? kind.refOf?.({ name, spec: given }) ?? name);
  const spec = kind.meant?.(given, present) ?? given;
  const base = { kind, owner, name, at, labels, spec, present };
  if (remove) return { ...base, action: present === undefined ? 'unchanged' : 'delete', changes: new Map() };
  const wanted = fieldsOf(spec, kind.groups);
  if (present === undefined) return { ...base, action: 'create', changes: wanted };
  const hidden = new Set(kind.secretsOf?.(present.spec).filter((path) => !path.includes('.')));
  // What is not shown cannot be said again by who was shown the rest.
  const said = saidBefore(before).filter((path) => !hidden.has(path));
  const changes = differences(wanted, { there: fieldsOf(present.spec, kind.groups), said });
  const isKnown = present.source === 'config' || (before !== undefined && areSame(before.labels, labels));
  const isSame = changes.size === 0 && isKnown;
  return { ...base, action: isSame ? 'unchanged' : 'update', changes };
}

/** Paths of the fields that the manifest of the run before set. */
function saidBefore(before: AppliedResource | undefined): readonly string[] {
  if (Array.isArray(before?.said)) return before.said.map(String);
  return isRecord(before?.said) ? Object.keys(before.said) : [];
}

function findKind({ kind: named, apiVersion }: Manifest, kinds: readonly ResourceKind[]): ResourceKind {
  const kind = kinds.find((one) => one.kind === named);
  if (kind === undefined) {
    const known = kinds.map((one) => one.kind).join(', ');
    throw invalid([{ path: 'kind', message: `this version has no ${named}; it has ${known}` }]);
  }
  if (kind.apiVersion === apiVersion || kind.otherVersions?.includes(apiVersion)) return kind;
  throw invalid([{ path: 'apiVersion', message: `must be ${kind.apiVersion} for the kind ${named}` }]);
}

function readSpec(kind: ResourceKind, { document }: Manifest): Spec {
  if (kind.specOf !== undefined) return parseBody(kind.schema, kind.specOf(document));
  return parseBody(z.strictObject({ spec: kind.schema }), { spec: document.spec ?? {} }).spec;
}

/** What these owners have of earlier runs with that label, and `plans` lack. */
export async function prunable(
  { plans, owners, prune }: { plans: readonly Planned[]; owners: readonly Owner[]; prune: Prune },
  { kinds, store }: PlanDeps,
): Promise<readonly Planned[]> {
  const kept = new Set(plans.map(keyOf));
  const found: Planned[] = [];
  for (const owner of new Map(owners.filter(({ isNew }) => !isNew).map((one) => [one.tenant?.id, one])).values()) {
    for (const { kind: named, name, ref, labels } of await store.resources.list(tenantIdOf(owner))) {
      const kind = kinds.find((one) => one.kind === named);
      if (kind?.remove === undefined || labels[prune.key] !== prune.value) continue;
      const present = await kind.find(owner, ref);
      const one = { kind, owner, name, labels, present, at: `${named} ${name}`, spec: {}, changes: new Map() };
      if (present !== undefined && !kept.has(keyOf(one))) found.push({ ...one, action: 'prune' });
    }
  }
  return found;
}

async function appliedAs(
  { store }: PlanDeps,
  { kind, owner, name }: Pick<Planned, 'kind' | 'owner' | 'name'>,
): Promise<AppliedResource | undefined> {
  if (owner.isNew) return undefined;
  const [found] = await store.resources.of({ ...tenantIdOf(owner), kind: kind.kind, names: [name] });
  return found;
}

function keyOf({ kind, owner, name }: Pick<Planned, 'kind' | 'owner' | 'name'>): string {
  return JSON.stringify([kind.kind, owner.tenant?.id ?? '', name]);
}

export function tenantIdOf({ tenant }: { readonly tenant?: Pick<Tenant, 'id'> }): { readonly tenantId?: string } {
  return tenant === undefined ? {} : { tenantId: tenant.id };
}

function areSame(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}
