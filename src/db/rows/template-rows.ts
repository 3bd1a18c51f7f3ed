/** Rows of templates to nouns, alike in both stores. */

import type { TemplateDefinition, TemplateKind } from '../../core/template.ts';
import type { StoredTemplate, TemplateRow } from '../verbs/templates.ts';
import { optional } from './message-rows.ts';

export interface TemplateColumns {
  no: number;
  tenant_no: number | null;
  name: string;
  published: number | null;
  latest: number;
  kind: TemplateKind;
  syntax: TemplateDefinition['syntax'];
  category: string | null;
  description: string | null;
  created_at: number;
  updated_at: number;
}

export interface VersionColumns {
  no: number;
  version: number;
  created_at: number;
  definition: string;
}

/** The columns of VersionColumns, for a query over `template_versions AS v`. */
export const VERSION_COLUMNS = 'v.no, v.version, v.created_at, v.definition';

/** Number of a tenant; null for what is shared. */
export type OwnerNo = number | null;

export function definitionOf({ definition }: Pick<VersionColumns, 'definition'>): TemplateDefinition {
  return JSON.parse(definition) as TemplateDefinition;
}

export function rowOf(template: TemplateColumns): TemplateRow {
  return {
    name: template.name,
    kind: template.kind,
    syntax: template.syntax,
    ...optional('category', template.category),
    ...optional('description', template.description),
    shared: template.tenant_no === null,
    ...optional('published', template.published),
    latest: template.latest,
    createdAt: template.created_at,
    updatedAt: template.updated_at,
  };
}

export function storedOf(template: TemplateColumns, row: VersionColumns): StoredTemplate {
  return {
    ...rowOf(template),
    version: row.version,
    versionCreatedAt: row.created_at,
    definition: definitionOf(row),
  };
}
