/** What the desk knows of a kind of resource: its fields, what is there of it, and what the store is told to change it. */

import type * as z from 'zod';
import type { NewMessage } from '../../db/verbs/outbox.ts';
import type { StoreWrite } from '../../db/verbs/store.ts';
import type { ResolvedTemplate } from '../../db/verbs/templates.ts';
import type { Tenant } from '../../db/verbs/tenants.ts';
import type { AuditNote, Caller } from '../audit/caller.ts';

export type Spec = Readonly<Record<string, unknown>>;

/** Whose a resource is: a tenant's, or the platform's. */
export interface Owner {
  readonly tenant?: Tenant;
  /** The same run makes the tenant, so nothing of it is there yet. */
  readonly isNew: boolean;
}

/** What is there. */
export interface Present {
  readonly ref: string;
  /** As a manifest would say it; secrets included, for they are compared. */
  readonly spec: Spec;
  readonly status?: Readonly<Record<string, unknown>>;
  readonly source: 'config' | 'apply' | 'command';
  /** Where no row of an applied resource says them. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly createdAt?: number;
}

/** What is known of the run that a change is a part of. */
export interface Run {
  readonly caller: Caller;
  readonly now: number;
  /** Nothing expensive is made, for nothing is kept. */
  readonly dryRun: boolean;
  /** Names of providers that will be there. */
  readonly providers: readonly string[];
  /** Slugs of tenants whose route, or who themselves, go in the same run. */
  readonly leaving: ReadonlySet<string>;
  /** All that the run is about. */
  readonly plans: readonly {
    readonly kind: string;
    readonly owner: Owner;
    readonly name: string;
    readonly spec: Spec;
  }[];
  /** Templates that it makes, by `templateKey`. */
  readonly templates: Map<string, ResolvedTemplate>;
  /** Ids of the messages that it makes, by tenant and name. */
  readonly mail: Map<string, string>;
  /** Tenants that the same run makes, by slug. */
  readonly newTenants: ReadonlyMap<string, Tenant>;
  /** All tenants as the run leaves them. */
  readonly tenants: readonly Tenant[];
}

/** One change, with all that follows from it. */
export interface Step {
  readonly ref: string;
  readonly writes: readonly StoreWrite[];
  /** As the audit log calls it where a call makes the same change. */
  readonly action: string;
  readonly target: string;
  readonly note?: AuditNote;
  /** Shown this once. */
  readonly secret?: Readonly<Record<string, string>>;
  /** A message that it sends. */
  readonly mail?: { readonly tenant: Tenant; readonly message: NewMessage };
  readonly follows?: readonly Aftermath[];
}

/** The parts that must know: told once a run. */
export type Aftermath = 'directory' | 'wake' | 'providers' | 'domains' | 'tenantClosed' | 'templates';

export interface ResourceKind {
  readonly apiVersion: string;
  /** Taken as well. */
  readonly otherVersions?: readonly string[];
  readonly kind: string;
  /** As `iep get` names several. */
  readonly plural: string;
  readonly of: 'tenant' | 'platform';
  /** Of a kind that is a tenant's otherwise: whether this one is the platform's. */
  isPlatforms?(
    manifest: { readonly namespace?: string; readonly spec: unknown },
    by: { readonly isTenants: boolean },
  ): boolean;
  /** The namespace, where `metadata` does not say it. */
  namespaceOf?(document: Spec): string | undefined;
  /** Only the operator makes, changes and removes it. */
  readonly isOperators: boolean;
  readonly summary: string;
  /** Of `spec`, where the manifest has no other fields. */
  readonly schema: z.ZodType<Spec>;
  /** All of the manifest is kept, and not the names of its fields alone. */
  readonly keepsSpec?: boolean;
  /** Its fields stand in the document itself. */
  readonly isFlat?: boolean;
  /** What the fields are called, where the parts that refuse them call them otherwise: the beginnings of paths. */
  readonly calls?: Readonly<Record<string, string>>;
  /** The fields, where they do not stand in `spec`. */
  specOf?(document: Spec): Spec;
  /** Fields that are groups, whose members change one by one. */
  readonly groups?: readonly string[];
  /** The fields as they are shown, where parts of some are secret. */
  shown?(spec: Spec): Spec;
  /** Paths of fields that are never shown. */
  secretsOf?(spec: Spec): readonly string[];
  /** All that is there, or a page of it. */
  list(owner: Owner, page: { readonly limit: number; readonly cursor?: string }): Promise<Listed>;
  find(owner: Owner, ref: string): Promise<Present | undefined>;
  /** By which `find` knows a resource whose manifest was never applied. */
  refOf?(manifest: { readonly name: string; readonly spec: Spec }): string;
  /** Of a kind of templates: the names of those that one with these fields is made with. */
  usesOf?(name: string, spec: Spec): readonly string[];
  /** The fields as they are meant, where what was shown stands for a secret. */
  meant?(spec: Spec, present: Present | undefined): Spec;
  add(input: { readonly owner: Owner; readonly name: string; readonly spec: Spec; readonly run: Run }): Promise<Step>;
  /** `changes`: the paths that differ; undefined where the field goes. */
  set?(input: {
    readonly owner: Owner;
    readonly present: Present;
    readonly changes: ReadonlyMap<string, unknown>;
    readonly spec: Spec;
    readonly run: Run;
  }): Promise<Step>;
  remove?(input: { readonly owner: Owner; readonly present: Present; readonly run: Run }): Promise<Step>;
  /** Refuses what others that are there could not stand, once all steps of the run are known. */
  stands?(input: { readonly owner: Owner; readonly name: string; readonly run: Run }): Promise<void>;
}

export interface Listed {
  readonly items: readonly (Present & { readonly name?: string })[];
  readonly cursor?: string;
}

/** Names a template among those of a run. */
export function templateKey(tenant: Tenant | undefined, name: string): string {
  return `${tenant?.id ?? ''}/${name}`;
}
