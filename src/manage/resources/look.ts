/** Resources as they are: documents that can be applied again, with what is known besides under `status`. */

import { IepError } from '../../core/errors.ts';
import { isRecord } from '../../core/is-record.ts';
import type { StorePart } from '../../db/verbs/store.ts';
import type { Tenant } from '../../db/verbs/tenants.ts';

import type { Owner, Present, ResourceKind, Spec } from './kind.ts';
import { tenantIdOf } from './plan.ts';

export interface ResourceDocument {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels: Readonly<Record<string, string>>;
    /** By which the rest of the platform knows it. */
    readonly uid: string;
    /** RFC 3339. */
    readonly creationTimestamp?: string;
    /** `apply` where a manifest declared it. */
    readonly source: 'config' | 'apply' | 'command';
  };
  /** Absent where the fields stand in the document itself. */
  readonly spec?: Spec;
  readonly status?: Spec;
  readonly [field: string]: unknown;
}

export interface Look {
  list(
    kind: ResourceKind,
    input: { readonly owners: readonly Owner[]; readonly limit: number; readonly cursor?: string | undefined },
  ): Promise<{ readonly items: readonly ResourceDocument[]; readonly cursor?: string }>;
  /** Refuses with `not_found`. */
  get(
    kind: ResourceKind,
    input: { readonly owners: readonly Owner[]; readonly name: string },
  ): Promise<ResourceDocument>;
}

export function createLook({ store }: { readonly store: StorePart<'resources.list' | 'resources.of'> }): Look {
  async function pageOf(
    kind: ResourceKind,
    { owner, limit, cursor }: { owner: Owner; limit: number; cursor: string | undefined },
  ) {
    const page = await kind.list(owner, { limit, ...(cursor !== undefined && { cursor }) });
    const rows = await store.resources.list(tenantIdOf(owner));
    const byRef = new Map(rows.filter((row) => row.kind === kind.kind).map((row) => [row.ref, row]));
    const items = page.items.map((present) => documentOf({ kind, owner, present, row: byRef.get(present.ref) }));
    return { items, cursor: page.cursor };
  }

  return {
    async list(kind, { owners, limit, cursor }) {
      const [from = '', inner] = cursor === undefined ? [] : readCursor(cursor);
      const items: ResourceDocument[] = [];
      for (const owner of owners.toSorted((a, b) => (slugOf(a) < slugOf(b) ? -1 : 1))) {
        const slug = slugOf(owner);
        if (slug < from) continue;
        const page = await pageOf(kind, {
          owner,
          limit: limit - items.length,
          cursor: slug === from ? inner : undefined,
        });
        items.push(...page.items);
        if (page.cursor !== undefined && page.cursor !== '')
          return { items, cursor: JSON.stringify([slug, page.cursor]) };
        if (items.length >= limit) break;
      }
      return { items };
    },
    async get(kind, { owners, name }) {
      for (const owner of owners) {
        const [row] = await store.resources.of({ ...tenantIdOf(owner), kind: kind.kind, names: [name] });
        const present = await kind.find(owner, row?.ref ?? kind.refOf?.({ name, spec: {} }) ?? name);
        if (present !== undefined) return documentOf({ kind, owner, present, row });
      }
      throw new IepError('not_found', `There is no ${kind.kind} ${name}`);
    },
  };
}

function readCursor(cursor: string): [string?, string?] {
  try {
    const read: unknown = JSON.parse(cursor);
    if (Array.isArray(read) && read.every((one) => typeof one === 'string')) return read as [string, string];
  } catch {
    // Told below.
  }
  throw new IepError('invalid_request', 'cursor: is not one that a list gave');
}

function slugOf({ tenant }: { readonly tenant?: Pick<Tenant, 'slug'> }): string {
  return tenant?.slug ?? '';
}

function documentOf(one: {
  kind: ResourceKind;
  owner: Owner;
  present: Present & { readonly name?: string };
  row: { readonly name: string; readonly labels: Readonly<Record<string, string>> } | undefined;
}): ResourceDocument {
  const { kind, owner, present, row } = one;
  const { ref, spec, status, createdAt, source } = present;
  return {
    ...{ apiVersion: kind.apiVersion, kind: kind.kind },
    metadata: {
      name: row?.name ?? present.name ?? ref,
      ...(owner.tenant !== undefined && { namespace: owner.tenant.slug }),
      ...{ labels: row?.labels ?? present.labels ?? {}, uid: ref },
      ...(createdAt !== undefined && { creationTimestamp: new Date(createdAt).toISOString() }),
      source: source === 'command' && row !== undefined ? 'apply' : source,
    },
    ...(kind.isFlat ? shownSpec(kind, spec) : { spec: shownSpec(kind, spec) }),
    ...(status !== undefined && { status }),
  };
}

/** Secrets of a group are `set`; others are left out. */
function shownSpec(kind: ResourceKind, spec: Spec): Spec {
  const secrets = new Set(kind.secretsOf?.(spec) ?? []);
  const shown = Object.entries(kind.shown?.(spec) ?? spec).flatMap(([name, value]): [string, unknown][] => {
    if (secrets.has(name)) return [];
    if (!kind.groups?.includes(name) || !isRecord(value)) return [[name, value]];
    const members = Object.entries(value).map(([member, one]) => [
      member,
      secrets.has(`${name}.${member}`) ? 'set' : one,
    ]);
    return [[name, Object.fromEntries(members)]];
  });
  return Object.fromEntries(shown);
}
