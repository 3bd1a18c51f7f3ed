/**
 * The order of a run: what goes, goes first and in the other direction; and each template stands behind those that it is made with,
 * before those that it was made with go.
 */

import { invalid } from '../../core/invalid.ts';
import { type ResourceKind, templateKey } from './kind.ts';
import { isGoing, type Planned } from './plan.ts';

export interface RunOrder {
  readonly plans: readonly Planned[];
  /** Templates that are made with one another: the first of each circle, and the refusal. */
  readonly circles: readonly { readonly at: string; readonly refusal: Error }[];
}

export function orderOf(plans: readonly Planned[], kinds: readonly ResourceKind[]): RunOrder {
  const byKind = (one: Planned, other: Planned) => kinds.indexOf(one.kind) - kinds.indexOf(other.kind);
  const base = [
    ...plans.filter(isGoing).toSorted((a, b) => byKind(b, a)),
    ...plans.filter((one) => !isGoing(one)).toSorted(byKind),
  ];
  const needsOf = createNeeds(base);
  const ordered = new Set<Planned>();
  const circles: { at: string; refusal: Error }[] = [];

  function visit(plan: Planned, way: readonly Planned[]): void {
    if (ordered.has(plan)) return;
    const begun = way.indexOf(plan);
    if (begun >= 0) {
      if (!isGoing(plan)) circles.push({ at: plan.at, refusal: circleOf(way.slice(begun)) });
      return;
    }
    for (const need of needsOf(plan)) visit(need, [...way, plan]);
    ordered.add(plan);
  }
  for (const plan of base) visit(plan, []);
  return { plans: [...ordered], circles };
}

function circleOf(circle: readonly Planned[]): Error {
  const [first, ...others] = circle.map(({ kind, name }) => `${kind.kind} ${name}`);
  const way = [...others, first].join(', which is made with ');
  const message = `${first} is made with ${way}: take one of them out of the other, for such templates have no end`;
  return invalid([{ path: 'spec', message }]);
}

/** What has to be done before a plan is. */
function createNeeds(plans: readonly Planned[]): (plan: Planned) => readonly Planned[] {
  const templates = plans.filter(({ kind }) => kind.usesOf !== undefined);
  const made = templates.filter((one) => !isGoing(one));
  const byKey = Map.groupBy(made, ({ owner, name }) => templateKey(owner.tenant, name));
  const going = templates.filter(isGoing);
  const users = Map.groupBy(
    templates.flatMap((plan) => usesBefore(plan).map((name) => ({ name, plan }))),
    ({ name }) => name,
  );
  const isOthers = (one: Planned, { owner }: Planned) =>
    owner.tenant !== undefined && one.owner.tenant !== owner.tenant;

  return (plan) => {
    const { kind, name, owner } = plan;
    if (kind.kind === 'Tenant' && isGoing(plan)) {
      return going.filter((one) => one.owner.tenant?.slug === name);
    }
    if (kind.usesOf === undefined) return [];
    if (isGoing(plan)) {
      // A name that is made again is free only once it is gone.
      if (byKey.has(templateKey(owner.tenant, name))) return [];
      return (users.get(name) ?? []).map((one) => one.plan).filter((one) => one !== plan && !isOthers(one, plan));
    }
    const used = usesAfter(plan).filter((one) => one !== name);
    const own = (one: string) => byKey.get(templateKey(owner.tenant, one)) ?? byKey.get(templateKey(undefined, one));
    const replaced = going.filter((one) => templateKey(one.owner.tenant, one.name) === templateKey(owner.tenant, name));
    return [...used.flatMap((one) => own(one) ?? []), ...replaced];
  };
}

/** What it was made with before the run. */
function usesBefore({ kind, name, present }: Planned): readonly string[] {
  return present === undefined ? [] : (kind.usesOf?.(name, present.spec) ?? []);
}

function usesAfter({ kind, name, present, changes, spec, action }: Planned): readonly string[] {
  if (action === 'unchanged') return [];
  return kind.usesOf?.(name, wholeSpec({ before: present?.spec ?? {}, changes, spec })) ?? [];
}

/** All fields of a resource whose manifest says some of them. */
export function wholeSpec(said: {
  readonly before: Planned['spec'];
  readonly changes: Planned['changes'];
  readonly spec: Planned['spec'];
}): Planned['spec'] {
  const kept = Object.entries(said.before).filter(
    ([path, value]) => value !== undefined && !(said.changes.has(path) && said.changes.get(path) === undefined),
  );
  return { ...Object.fromEntries(kept), ...said.spec };
}
