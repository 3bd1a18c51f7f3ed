/** How templates are written down, and found by whose they are. */

import { type OwnerNo, type TemplateColumns, VERSION_COLUMNS, type VersionColumns } from '../../rows/template-rows.ts';
import type { Connection } from '../connection.ts';
import { filterInTurn } from '../in-turn.ts';

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
