/** The verbs that change templates. Each counts up the revision, by which others learn that what they remember is old. */

import { counted } from '../../../core/counted.ts';
import { IepError } from '../../../core/errors.ts';
import {
  definitionOf,
  type OwnerNo,
  storedOf,
  type TemplateColumns,
  type VersionColumns,
} from '../../rows/template-rows.ts';
import type { NewVersion, TemplateOwner } from '../../verbs/templates.ts';
import type { Connection } from '../connection.ts';
import { findInTurn } from '../in-turn.ts';
import { tenantNumbers } from '../tenant-number.ts';
import type { Verb } from '../verb.ts';
import { REVISION } from './reads.ts';
import { prepareOwn, prepareSeen, prepareUsers, prepareVersion } from './rows.ts';

export const add: Verb<'templates.add'> = {
  kind: 'write',
  prepare(db) {
    const ownerNo = prepareOwner(db);
    const count = db
      .prepare<[OwnerNo], number>('SELECT count(*) FROM templates WHERE tenant_no IS NOT DISTINCT FROM ?')
      .pluck();
    const insert = db.prepare<[OwnerNo, string, string, string, number, number], TemplateColumns>(
      `INSERT INTO templates (tenant_no, name, latest, kind, syntax, created_at, updated_at) VALUES (?, ?, 1, ?, ?, ?, ?)
       ON CONFLICT DO NOTHING RETURNING *`,
    );
    const insertVersion = prepareInsertVersion(db);
    const update = prepareUpdate(db);
    return async ({ max, ...input }) => {
      const { name, kind, syntax } = input.definition;
      const owner = await ownerNo(input);
      if (((await count.get(owner)) ?? 0) >= max) throw new IepError('conflict', `There are ${max} templates already`);
      const made = await insert.get(owner, name, kind, syntax, input.now, input.now);
      if (made === undefined) throw new IepError('conflict', `There is a template ${name} already`);
      const row = await insertVersion(made, 1, input);
      return update({ ...made, published: input.publish ? 1 : null }, row, input.now);
    };
  },
};

export const put: Verb<'templates.put'> = {
  kind: 'write',
  prepare(db) {
    const ownerNo = prepareOwner(db);
    const own = prepareOwn(db);
    const version = prepareVersion(db);
    const insertVersion = prepareInsertVersion(db);
    const update = prepareUpdate(db);
    const forget = db.prepare('DELETE FROM template_versions WHERE template_no = ? AND version <= ? AND version <> ?');
    return async ({ keep, ...input }) => {
      const { definition, publish, now } = input;
      const before = found(await own(await ownerNo(input), definition.name), definition.name);
      const last = await version(before.no, before.latest);
      if (last !== undefined && last.definition === JSON.stringify(definition)) {
        const isPublished = !publish || before.published === before.latest;
        const stored = isPublished
          ? storedOf(before, last)
          : await update({ ...before, published: last.version }, last, now);
        return { ...stored, isNew: false };
      }
      const latest = before.latest + 1;
      const published = publish ? latest : before.published;
      const stored = await update({ ...before, latest, published }, await insertVersion(before, latest, input), now);
      await forget.run(before.no, latest - keep, published ?? 0);
      return { ...stored, isNew: true };
    };
  },
};

export const publish: Verb<'templates.publish'> = {
  kind: 'write',
  prepare(db) {
    const ownerNo = prepareOwner(db);
    const own = prepareOwn(db);
    const version = prepareVersion(db);
    const usesOf = db.prepare<[number], string>('SELECT name FROM template_uses WHERE version_no = ?').pluck();
    const requireAll = prepareRequire(db);
    const update = prepareUpdate(db);
    return async ({ name, version: number, now, ...input }) => {
      const before = found(await own(await ownerNo(input), name), name);
      const row = await version(before.no, number);
      if (row === undefined) throw new IepError('not_found', `The template ${name} has no version ${number}`);
      await requireAll(before.tenant_no, await usesOf.all(row.no));
      return update({ ...before, published: number }, row, now);
    };
  },
};

export const remove: Verb<'templates.remove'> = {
  kind: 'write',
  prepare(db) {
    const ownerNo = prepareOwner(db);
    const own = prepareOwn(db);
    const user = prepareUser(db);
    const openMessages = prepareOpenMessages(db);
    const drop = db.prepare('DELETE FROM templates WHERE no = ?');
    const count = prepareCount(db);
    return async ({ name, force, ...input }) => {
      const template = found(await own(await ownerNo(input), name), name);
      const usedBy = await user(template);
      if (usedBy !== undefined) throw new IepError('conflict', `The template ${usedBy} is made with ${name}`);
      const open = force ? 0 : await openMessages(template);
      if (open > 0) {
        throw new IepError(
          'conflict',
          `${counted(open, 'message')} made with ${name} ${open === 1 ? 'is' : 'are'} open`,
        );
      }
      await drop.run(template.no);
      await count();
    };
  },
};

/** A published version that would lack this template: of its owner, or of any tenant that sees the shared one. */
function prepareUser(db: Connection): (template: TemplateColumns) => Promise<string | undefined> {
  const users = prepareUsers(db);
  const own = prepareOwn(db);
  return async ({ no, name, tenant_no: owner }) =>
    owner !== null && (await own(null, name)) !== undefined
      ? undefined
      : (await users({ owner, name })).find((user) => user.no !== no)?.name;
}

/** How many open messages were made with a template; more than a thousand count as a thousand. */
function prepareOpenMessages(db: Connection): (template: TemplateColumns) => Promise<number> {
  const OPEN = `FROM messages WHERE template = ? AND template IS NOT NULL AND status IN ('scheduled', 'queued')`;
  const ofTenant = db
    .prepare<[string, number], number>(`SELECT count(*) FROM (SELECT 1 ${OPEN} AND tenant_no = ? LIMIT 1000) few`)
    .pluck();
  const ofAll = db
    .prepare<[string], number>(
      `SELECT count(*) FROM (SELECT 1 ${OPEN}
         AND NOT EXISTS (SELECT 1 FROM templates t WHERE t.tenant_no = messages.tenant_no AND t.name = template) LIMIT 1000) few`,
    )
    .pluck();
  return async ({ tenant_no: owner, name }) =>
    (owner === null ? await ofAll.get(name) : await ofTenant.get(name, owner)) ?? 0;
}

function prepareInsertVersion(db: Connection) {
  const requireAll = prepareRequire(db);
  const insert = db.prepare<[number, number, number, string], VersionColumns>(
    `INSERT INTO template_versions (template_no, version, created_at, definition) VALUES (?, ?, ?, ?)
     RETURNING no, version, created_at, definition`,
  );
  const insertUse = db.prepare('INSERT INTO template_uses (version_no, name) VALUES (?, ?) ON CONFLICT DO NOTHING');
  return async (
    template: TemplateColumns,
    version: number,
    { definition, uses, now }: NewVersion,
  ): Promise<VersionColumns> => {
    await requireAll(template.tenant_no, uses);
    const row = await insert.get(template.no, version, now, JSON.stringify(definition));
    if (row === undefined) throw new Error('a version was not inserted');
    for (const name of uses) await insertUse.run(row.no, name);
    return row;
  };
}

/** The layouts and partials were there when the version was checked; now it is certain. */
function prepareRequire(db: Connection): (owner: OwnerNo, uses: readonly string[]) => Promise<void> {
  const seen = prepareSeen(db);
  return async (owner, uses) => {
    const missing = await findInTurn(uses, async (name) => (await seen(owner, name))?.published == null);
    if (missing !== undefined)
      throw new IepError('conflict', `No template ${missing} is published, which this one is made with`);
  };
}

/** Writes down what was changed of a template. `row` is the version that was made or published. */
function prepareUpdate(db: Connection) {
  const update = db.prepare<[number | null, number, number, number], TemplateColumns>(
    'UPDATE templates SET published = ?, latest = ?, updated_at = ? WHERE no = ? RETURNING *',
  );
  const describe = db.prepare<[string, string, string | null, string | null, number], TemplateColumns>(
    'UPDATE templates SET kind = ?, syntax = ?, category = ?, description = ? WHERE no = ? RETURNING *',
  );
  const count = prepareCount(db);
  return async (template: TemplateColumns, row: VersionColumns, now: number) => {
    const { no, name, published, latest } = template;
    const changed = found(await update.get(published, latest, now, no), name);
    await count();
    if (published !== null && published !== row.version) return storedOf(changed, row);
    const { kind, syntax, category = null, description = null } = definitionOf(row);
    return storedOf(found(await describe.get(kind, syntax, category, description, no), name), row);
  };
}

function prepareCount(db: Connection): () => Promise<void> {
  const count = db.prepare(
    `INSERT INTO meta (key, value) VALUES (?, '1') ON CONFLICT (key) DO UPDATE SET value = meta.value::bigint + 1`,
  );
  return async () => {
    await count.run(REVISION);
  };
}

function prepareOwner(db: Connection): (input: TemplateOwner) => Promise<OwnerNo> {
  const tenantNo = tenantNumbers(db);
  return async ({ tenantId }) => (tenantId === undefined ? null : await tenantNo(tenantId));
}

function found(row: TemplateColumns | undefined, name: string): TemplateColumns {
  if (row === undefined) throw new IepError('not_found', `No template is called ${name}`);
  return row;
}
