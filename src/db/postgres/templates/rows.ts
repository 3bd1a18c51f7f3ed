/** How templates are written down, and found by whose they are. */

import type { TemplateDefinition, TemplateKind } from '../../../core/template.ts';
import type { StoredTemplate, TemplateRow } from '../../verbs/templates.ts';
import type { Connection } from '../connection.ts';
import { filterInTurn } from '../in-turn.ts';
import { optional } from '../rows.ts';

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

/** The owner's own template of a name. */
export function prepareOwn(db: Connection): (owner: OwnerNo, name: string) => Promise<TemplateColumns | undefined> {
  const own = db.prepare<[number, string], TemplateColumns>('SELECT * FROM templates WHERE tenant_no = ? AND name = ?');
  const shared = db.prepare<[string], TemplateColumns>('SELECT * FROM templates WHERE tenant_no IS NULL AND name = ?');
  return async (owner, name) => (owner === null ? await shared.get(name) : await own.get(owner, name));
}

/** What an owner means by a name: its own, else the shared one. */
export function prepareSeen(db: Connection): (owner: OwnerNo, name: string) => Promise<TemplateColumns | undefined> {
  const own = prepareOwn(db);
  return async (owner, name) => (await own(owner, name)) ?? (owner === null ? undefined : await own(null, name));
}

export function prepareVersion(
  db: Connection,
): (templateNo: number, version: number) => Promise<VersionColumns | undefined> {
  const select = db.prepare<[number, number], VersionColumns>(
    `SELECT ${VERSION_COLUMNS} FROM template_versions v WHERE v.template_no = ? AND v.version = ?`,
  );
  return (templateNo, version) => select.get(templateNo, version);
}

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

/** The published templates that have a name in them and mean this owner's by it: its own and the shared ones that it sees. */
export function prepareUsers(
  db: Connection,
): (named: { readonly owner: OwnerNo; readonly name: string }) => Promise<readonly TemplateColumns[]> {
  const users = db.prepare<[string], TemplateColumns>(
    `SELECT t.* FROM template_uses u JOIN template_versions v ON v.no = u.version_no
     JOIN templates t ON t.no = v.template_no AND t.published = v.version WHERE u.name = ? ORDER BY t.no`,
  );
  const own = prepareOwn(db);
  return async ({ owner, name }) =>
    await filterInTurn(await users.all(name), async ({ tenant_no: user, name: userName }) => {
      if (user === null) return owner === null || (await own(owner, userName)) === undefined;
      return owner === null ? (await own(user, name)) === undefined : user === owner;
    });
}
