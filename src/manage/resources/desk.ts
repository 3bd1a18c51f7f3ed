/**
 * Resources as manifests declare them: what a run would change, and the change itself, which is one transaction. Each kind says
 * how its resources are written; what follows from a change, and its entries in the audit log, are here.
 */

import type { Directory } from '../../access/directory.ts';
import { isOfTenant } from '../../core/audit-entry.ts';
import { IepError } from '../../core/errors.ts';
import type { NewId } from '../../core/ids.ts';
import type { Json } from '../../core/message.ts';
import type { StorePart, StoreWrite } from '../../db/verbs/store.ts';
import type { Tenant } from '../../db/verbs/tenants.ts';
import type { Accept } from '../../message/intake/accept.ts';
import { type Audit, entryOf } from '../audit/audit.ts';
import type { Caller } from '../audit/caller.ts';
import { tenantsAfter } from './after.ts';
import { fieldsOf } from './differences.ts';
import { createFaults } from './faults.ts';
import type { Aftermath, ResourceKind, Run, Step } from './kind.ts';
import { readManifests } from './manifest.ts';
import { orderOf } from './order.ts';
import { ownersOf } from './owners.ts';
import { isGoing, type Planned, type Prune, planned, prunable, type ResourceAction, tenantIdOf } from './plan.ts';

export interface Applying {
  /** Manifests, as plain data. */
  readonly documents: readonly unknown[];
  /** Whose those are that name no namespace. Absent: the only tenant there is. */
  readonly tenant: Tenant | undefined;
  readonly dryRun: boolean;
  /** Takes away what these manifests declare, in place of making it. */
  readonly remove: boolean;
  /** Also takes away what was applied before with this label and is in none of the manifests. */
  readonly prune?: Prune | undefined;
}

/** What a run does, or would do, to one resource. */
export interface Applied {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly action: ResourceAction;
  /** Without secrets. Undefined: it is not there. */
  readonly changes: readonly { readonly path: string; readonly before: unknown; readonly after: unknown }[];
  /** Shown this once. */
  readonly secret?: Readonly<Record<string, string>>;
  readonly messageId?: string;
}

export interface ResourceDesk {
  readonly kinds: readonly ResourceKind[];
  /** All of it or nothing. Refuses with all that is wrong, by paths such as `documents.0.spec.url`. */
  apply(caller: Caller, input: Applying): Promise<readonly Applied[]>;
}

export interface ResourceDeskDeps {
  /** In the order in which they are made. */
  readonly kinds: readonly ResourceKind[];
  readonly store: StorePart<'resources.list' | 'resources.of' | 'together'>;
  readonly directory: Directory;
  readonly newId: NewId;
  readonly audit: Pick<Audit, 'act' | 'record'>;
  readonly now: () => number;
  readonly providerNames: () => Promise<readonly string[]>;
  readonly taken: Accept['taken'];
  readonly tell: (what: ReadonlySet<Aftermath>) => Promise<void>;
}

interface Stepped {
  readonly plan: Planned;
  readonly step: Step | undefined;
}

/** How often a run is planned. */
const MAX_TURNS = 3;

export function createResourceDesk(deps: ResourceDeskDeps): ResourceDesk {
  const { kinds, store, audit, directory, newId } = deps;

  async function stepsOf(caller: Caller, { documents, tenant, dryRun, remove, prune }: Applying): Promise<Stepped[]> {
    const now = deps.now();
    const manifests = readManifests(documents);
    const owners = await ownersOf({ caller, manifests, tenant }, { directory, newId, now });
    const plans = await planned({ caller, manifests, owners, remove }, deps);
    const own = tenant === undefined ? [] : [{ tenant, isNew: false }];
    const scope = [...plans.map(({ owner }) => owner), ...own];
    const gone = prune === undefined ? [] : await prunable({ plans, owners: scope, prune }, deps);
    const all = [...plans, ...gone.filter(({ kind }) => !kind.isOperators || !isOfTenant(caller.actor))];
    const made = plans.filter(({ kind, action }) => kind.kind === 'Provider' && action === 'create');
    const providers = [...(await deps.providerNames()), ...made.map(({ name }) => name)];
    const run: Run = {
      ...{ caller, now, dryRun, providers, leaving: leavingIn(all), newTenants: owners.newTenants },
      plans: plans.map(({ kind: { kind }, owner, name, spec }) => ({ kind, owner, name, spec })),
      ...{ templates: new Map(), mail: new Map() },
      tenants: tenantsAfter([...(await directory.all()), ...owners.newTenants.values()], { plans: all, caller }),
    };
    const faults = createFaults();
    const steps: Stepped[] = [];
    const order = orderOf(all, kinds);
    for (const { at, refusal } of order.circles) await faults.of(at, () => Promise.reject(refusal));
    faults.check();
    for (const plan of order.plans) {
      const step = async () => void steps.push({ plan, step: await stepOf(plan, run) });
      await faults.of(plan.at, step, (path) => inManifest(plan.kind, path));
    }
    faults.check();
    for (const { plan, step } of steps) {
      if (step !== undefined) await faults.of(plan.at, async () => plan.kind.stands?.({ ...plan, run }));
    }
    faults.check();
    return steps;
  }

  /** All of it is stored; planned again where another call changed something that the plan rests on. */
  async function written(caller: Caller, input: Applying): Promise<readonly Stepped[]> {
    for (let turn = 1; ; turn += 1) {
      const steps = await stepsOf(caller, input);
      const writes = steps.flatMap((one) => writesOf(one, deps.now()));
      try {
        if (writes.length > 0) await store.together(writes);
        return steps;
      } catch (error) {
        const isOutdated = error instanceof IepError && (error.code === 'conflict' || error.code === 'not_found');
        if (!isOutdated || turn === MAX_TURNS) throw error;
      }
    }
  }

  return {
    kinds,
    async apply(caller, input) {
      if (input.dryRun) return (await stepsOf(caller, input)).map((one) => appliedOf({ ...one, step: undefined }));
      const action = {
        action: 'resources.apply',
        ...(input.tenant !== undefined && { tenant: input.tenant.slug }),
      };
      return audit.act(caller, action, async (note) => {
        const steps = await written(caller, input);
        const applied = steps.map(appliedOf);
        await deps.tell(new Set(steps.flatMap(({ step }) => step?.follows ?? [])));
        for (const { step } of steps) if (step?.mail !== undefined) deps.taken(step.mail.tenant, [step.mail.message]);
        for (const { step } of steps) {
          if (step === undefined) continue;
          const { action, target, note } = step;
          await audit.record(entryOf({ ...caller, asked: {} }, { action, target, outcome: 'done' }, note));
        }
        note({ after: { resources: applied.map(({ action, kind, name }) => `${action} ${kind} ${name}`) } });
        return applied;
      });
    },
  };
}

function leavingIn(plans: readonly Planned[]): ReadonlySet<string> {
  const going = plans.filter(isGoing).filter(({ kind }) => kind.kind === 'Tenant' || kind.kind === 'Route');
  return new Set(going.map(({ name, owner }) => owner.tenant?.slug ?? name));
}

const PARTS = /^(?:apiVersion|kind|metadata|spec)(?:\.|$)/;

/** Where in its manifest a field stands that the parts below name in their own way. */
function inManifest({ isFlat, calls = {} }: ResourceKind, path: string): string {
  if (isFlat || PARTS.test(path)) return path;
  const [called, meant] = Object.entries(calls).find(([name]) => path === name || path.startsWith(`${name}.`)) ?? [];
  const own = called === undefined ? path : [meant, path.slice(called.length + 1)].filter(Boolean).join('.');
  return own === '' ? 'spec' : `spec.${own}`;
}

async function stepOf(
  { kind, owner, name, present, changes, spec, action }: Planned,
  run: Run,
): Promise<Step | undefined> {
  if (action === 'create') return kind.add({ owner, name, spec, run });
  if (present === undefined || action === 'unchanged') return undefined;
  if (isGoing({ action })) {
    if (kind.remove !== undefined) return kind.remove({ owner, present, run });
    throw new IepError('conflict', `${kind.kind} ${name} cannot be taken away`);
  }
  if (changes.size === 0) return undefined;
  if (kind.set !== undefined) return kind.set({ owner, present, changes, spec, run });
  throw new IepError('conflict', `${kind.kind} ${name} cannot be changed`);
}

/** The change, and the row by which it is known later. */
function writesOf({ plan, step }: Stepped, now: number): readonly StoreWrite[] {
  const { kind, owner, name, labels, action, spec, present } = plan;
  const of = { ...tenantIdOf(owner), kind: kind.kind, name };
  const writes = step?.writes ?? [];
  if (action === 'unchanged') return [];
  if (isGoing(plan)) return [...writes, { verb: 'resources.forget', input: of }];
  const said = kind.keepsSpec ? (present?.spec ?? spec) : [...fieldsOf(spec, kind.groups).keys()];
  const ref = step?.ref ?? present?.ref ?? name;
  const about = kind.kind === 'Email' ? { messageId: ref } : {};
  return [...writes, { verb: 'resources.put', input: { ...of, ref, labels, said: said as Json, ...about, now } }];
}

/** What is shown of a secret. */
const HIDDEN = 'set';

function appliedOf({ plan, step }: Stepped): Applied {
  const { kind, owner, name, action, changes, present, spec } = plan;
  const secrets = kind.secretsOf?.({ ...present?.spec, ...spec }) ?? [];
  const before = fieldsOf(present?.spec ?? {}, kind.groups);
  const shown = (path: string, value: unknown) => {
    if (value === undefined) return value;
    return secrets.includes(path) ? HIDDEN : (kind.shown?.({ [path]: value })[path] ?? value);
  };
  return {
    ...{ apiVersion: kind.apiVersion, kind: kind.kind, name, action },
    ...(owner.tenant !== undefined && { namespace: owner.tenant.slug }),
    changes: [...changes].map(([path, after]) => ({
      ...{ path, before: shown(path, before.get(path)), after: shown(path, after) },
    })),
    ...(step?.secret !== undefined && { secret: step.secret }),
    ...(step?.mail !== undefined && { messageId: step.mail.message.message.id }),
  };
}
