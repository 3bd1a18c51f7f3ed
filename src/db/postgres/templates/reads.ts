/** The verbs that show templates. */

import type { TemplateDefinition } from '../../../core/template.ts';
import { optional } from '../../rows/message-rows.ts';
import { definitionOf, type OwnerNo, rowOf, storedOf, type TemplateColumns } from '../../rows/template-rows.ts';
import type { TemplateDependent, VersionRow } from '../../verbs/templates.ts';
import type { Connection } from '../connection.ts';
import { tenantNumbers } from '../tenant-number.ts';
import type { Verb } from '../verb.ts';
import { prepareSeen, prepareUsers, prepareVersion } from './rows.ts';

/** Counts up with each change of a template. */
export const REVISION = 'templates.revision';

export const get: Verb<'templates.get'> = {
  kind: 'read',
  prepare(db) {
    const ownerNo = prepareReader(db);
    const seen = prepareSeen(db);
    const selectVersion = prepareVersion(db);
    return async ({ tenantId, name, version }) => {
      const template = await seen(await ownerNo(tenantId), name);
      const row = template && (await selectVersion(template.no, version ?? template.published ?? template.latest));
      return template && row && storedOf(template, row);
    };
  },
};

export const list: Verb<'templates.list'> = {
  kind: 'read',
  prepare(db) {
    const ownerNo = prepareReader(db);
    const select = db.prepare<[Record<string, string | number | null>], TemplateColumns>(
      `SELECT t.* FROM templates t
       WHERE t.name > @after AND (t.tenant_no IS NOT DISTINCT FROM @owner OR (t.tenant_no IS NULL AND NOT EXISTS
           (SELECT 1 FROM templates own WHERE own.tenant_no = @owner AND own.name = t.name)))
         AND (@kind::text IS NULL OR t.kind = @kind) AND (@category::text IS NULL OR t.category = @category)
         AND (@q::text IS NULL OR strpos(t.name, @q) > 0)
       ORDER BY t.name LIMIT @limit`,
    );
    return async ({ tenantId, filter, limit, cursor = '' }) => {
      const { kind = null, category = null, q = null } = filter;
      const rows = await select.all({
        owner: await ownerNo(tenantId),
        after: cursor,
        kind,
        category,
        q,
        limit: limit + 1,
      });
      const items = rows.slice(0, limit).map(rowOf);
      const last = items.at(-1);
      return { items, ...(rows.length > limit && last !== undefined && { cursor: last.name }) };
    };
  },
};

export const versions: Verb<'templates.versions'> = {
  kind: 'read',
  prepare(db) {
    const ownerNo = prepareReader(db);
    const seen = prepareSeen(db);
    const select = db.prepare<[number], { version: number; created_at: number }>(
      'SELECT version, created_at FROM template_versions WHERE template_no = ? ORDER BY version DESC',
    );
    return async ({ tenantId, name }) => {
      const template = await seen(await ownerNo(tenantId), name);
      return (
        template &&
        (await select.all(template.no)).map(
          ({ version, created_at: createdAt }): VersionRow => ({
            version,
            createdAt,
            isPublished: version === template.published,
          }),
        )
      );
    };
  },
};

export const published: Verb<'templates.published'> = {
  kind: 'read',
  prepare(db) {
    const ownerNo = prepareReader(db);
    const withAll = prepareLibrary(db);
    return async ({ tenantId, names }) => withAll(await ownerNo(tenantId), names);
  },
};

export const resolve: Verb<'templates.resolve'> = {
  kind: 'read',
  prepare(db) {
    const ownerNo = prepareReader(db);
    const seen = prepareSeen(db);
    const selectVersion = prepareVersion(db);
    const uses = prepareUses(db);
    const withAll = prepareLibrary(db);
    return async ({ tenantId, name, version }) => {
      const owner = await ownerNo(tenantId);
      const template = await seen(owner, name);
      const number = version ?? template?.published;
      const row = template && number != null ? await selectVersion(template.no, number) : undefined;
      if (template === undefined || row === undefined) return undefined;
      return {
        shared: template.tenant_no === null,
        version: row.version,
        definition: definitionOf(row),
        library: await withAll(owner, await uses.all(row.no)),
      };
    };
  },
};

export const madeWith: Verb<'templates.madeWith'> = {
  kind: 'scan',
  prepare(db) {
    const ownerNo = prepareReader(db);
    const usersOf = prepareUsers(db);
    const selectVersion = prepareVersion(db);
    const uses = prepareUses(db);
    const withAll = prepareLibrary(db);
    const tenantId = db.prepare<[number], string>('SELECT id FROM tenants WHERE no = ?').pluck();
    return async ({ name, limit, ...input }) => {
      const found = new Map<string, TemplateDependent>();
      const wanted: { owner: OwnerNo; name: string }[] = [{ owner: await ownerNo(input.tenantId), name }];
      for (let next = wanted.pop(); next !== undefined; next = wanted.pop()) {
        for (const user of await usersOf(next)) {
          // What is shared means a tenant's own to that tenant alone.
          const owner = next.owner ?? user.tenant_no;
          const key = `${owner} ${user.no}`;
          const row =
            found.has(key) || user.published === null ? undefined : await selectVersion(user.no, user.published);
          if (row === undefined) continue;
          if (found.size === limit) return [...found.values()];
          found.set(key, {
            ...(owner !== null && optional('tenantId', await tenantId.get(owner))),
            ...{ shared: user.tenant_no === null, version: row.version },
            ...{ definition: definitionOf(row), library: await withAll(owner, await uses.all(row.no)) },
          });
          wanted.push({ owner, name: user.name });
        }
      }
      return [...found.values()];
    };
  },
};

export const revision: Verb<'templates.revision'> = {
  kind: 'read',
  prepare(db) {
    const select = db.prepare<[string], string>('SELECT value FROM meta WHERE key = ?').pluck();
    return async () => (await select.get(REVISION)) ?? '0';
  },
};

function prepareUses(db: Connection) {
  return db.prepare<[number], string>('SELECT name FROM template_uses WHERE version_no = ? ORDER BY name').pluck();
}

/** What is published by these names, and what is used in it. */
function prepareLibrary(
  db: Connection,
): (owner: OwnerNo, names: readonly string[]) => Promise<readonly TemplateDefinition[]> {
  const seen = prepareSeen(db);
  const selectVersion = prepareVersion(db);
  const uses = prepareUses(db);
  return async (owner, names) => {
    const found = new Map<string, TemplateDefinition>();
    const wanted = [...names];
    for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
      const template = found.has(name) ? undefined : await seen(owner, name);
      const row = template?.published == null ? undefined : await selectVersion(template.no, template.published);
      if (row === undefined) continue;
      found.set(name, definitionOf(row));
      wanted.push(...(await uses.all(row.no)));
    }
    return [...found.values()];
  };
}

function prepareReader(db: Connection): (tenantId: string | undefined) => Promise<OwnerNo> {
  const tenantNo = tenantNumbers(db);
  return async (tenantId) => (tenantId === undefined ? null : await tenantNo(tenantId));
}
