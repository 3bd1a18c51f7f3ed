/**
 * Stored templates. One belongs to a tenant, or is shared: the operator's, which every tenant sees unless it has its own of
 * that name. A version never changes; messages are rendered from a snapshot of one, which outlives all changes.
 */

import type { TemplateDefinition, TemplateKind } from '../../core/template.ts';
import type { Page } from './page.ts';

/** Whose a template is: without a tenant it is shared. */
export interface TemplateOwner {
  readonly tenantId?: string;
}

export interface TemplateRow {
  readonly name: string;
  readonly kind: TemplateKind;
  readonly syntax: TemplateDefinition['syntax'];
  readonly category?: string;
  readonly description?: string;
  readonly shared: boolean;
  /** The version that messages are made with; absent: none yet. */
  readonly published?: number;
  /** The last version that was made. */
  readonly latest: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface VersionRow {
  readonly version: number;
  readonly createdAt: number;
  readonly isPublished: boolean;
}

/** One version of a template, with what is known of the template. */
export interface StoredTemplate extends TemplateRow {
  readonly version: number;
  readonly versionCreatedAt: number;
  readonly definition: TemplateDefinition;
}

export interface NewVersion extends TemplateOwner {
  readonly definition: TemplateDefinition;
  /** The layouts and partials in it. Each must be there, published: refused with `conflict`. */
  readonly uses: readonly string[];
  /** Whether messages are made with it from now on. */
  readonly publish: boolean;
  readonly now: number;
}

/** A version with all that it is made of. */
export interface ResolvedTemplate {
  readonly shared: boolean;
  readonly version: number;
  readonly definition: TemplateDefinition;
  /** Its layouts and partials and theirs, as they are published. */
  readonly library: readonly TemplateDefinition[];
}

/** A published template that is made with another one, itself or by those that it is made with. */
export interface TemplateDependent extends ResolvedTemplate {
  /** Absent: it is shared. */
  readonly tenantId?: string;
}

export interface TemplateFilter {
  readonly kind?: TemplateKind;
  readonly category?: string;
  /** Part of the name. */
  readonly q?: string;
}

export interface TemplateVerbs {
  /** Version 1. Refuses with `conflict` where the name is taken, and where the owner has `max` templates. */
  add(input: NewVersion & { readonly max: number }): Promise<StoredTemplate>;
  /**
   * The next version, of which the newest `keep` and the published one stay. The content of the last version again makes none, and
   * is published where that is asked for. Refuses with `not_found`, as all that follow.
   */
  put(input: NewVersion & { readonly keep: number }): Promise<StoredTemplate & { readonly isNew: boolean }>;
  /** Makes messages from another version, newer or older. */
  publish(
    input: TemplateOwner & { readonly name: string; readonly version: number; readonly now: number },
  ): Promise<StoredTemplate>;
  /**
   * Removes a template with its versions. Refuses with `conflict` while others are made with it and, but with `force`, while open
   * messages use it. These keep their snapshots.
   */
  remove(input: TemplateOwner & { readonly name: string; readonly force: boolean }): Promise<void>;

  /** Its own, else the shared one. The published version where none is named; the last one where none is published. */
  get(input: TemplateOwner & { readonly name: string; readonly version?: number }): Promise<StoredTemplate | undefined>;
  /** By name: those of the tenant, and the shared ones that none of these hides. */
  list(
    input: TemplateOwner & { readonly filter: TemplateFilter; readonly limit: number; readonly cursor?: string },
  ): Promise<Page<TemplateRow>>;
  /** Newest first; undefined where the template is not there. */
  versions(input: TemplateOwner & { readonly name: string }): Promise<readonly VersionRow[] | undefined>;
  /** These as they are published, of the tenant, else shared, with all that is used in them. */
  published(input: TemplateOwner & { readonly names: readonly string[] }): Promise<readonly TemplateDefinition[]>;
  /** What messages are made of now, those of every tenant where none is named: without a version, the published one. Undefined where there is none. */
  resolve(
    input: TemplateOwner & { readonly name: string; readonly version?: number },
  ): Promise<ResolvedTemplate | undefined>;
  /**
   * The published templates that are made with one of this name, or would be if it were there, at most `limit`: those of the owner, and for
   * a shared one those of each tenant that has none of that name.
   */
  madeWith(
    input: TemplateOwner & { readonly name: string; readonly limit: number },
  ): Promise<readonly TemplateDependent[]>;
  /** Another one after each change of any template. */
  revision(): Promise<string>;

  /** Keeps what messages are rendered from, the same content once. Returns the number by which they name it. */
  keep(input: {
    readonly tenantId: string;
    readonly hash: string;
    readonly content: string;
    readonly now: number;
  }): Promise<number>;
  /** What was kept by that number. */
  kept(input: { readonly tenantId: string; readonly snapshot: number }): Promise<string | undefined>;
  /** Removes snapshots that no message names and that were kept before that time. Returns how many; at most `limit`. */
  sweep(input: { readonly before: number; readonly limit: number }): Promise<number>;
}
