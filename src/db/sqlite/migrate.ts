/** Brings the schema up to date: numbered SQL files, each applied once, in order, after a backup of what was there. */

import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { IepError } from '../../core/errors.ts';
import { openAside, publish } from '../datadir/aside.ts';
import { giveToOwner } from '../datadir/owned-file.ts';
import type { Connection } from './connection.ts';

export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
}

export interface MigrationReport {
  readonly from: number;
  readonly to: number;
  /** The copy taken first; absent for a new or current database. */
  readonly backup?: string;
}

/** Refuses a database that another version wrote: `schema_too_new`, or `schema_too_old`, which `migrate` mends. */
export function requireSchema(db: Connection, migrations: readonly Migration[]): void {
  const found = schemaVersion(db);
  const known = migrations.at(-1)?.number ?? 0;
  if (found > known) {
    throw new IepError('schema_too_new', `The database has schema ${found}; this version of IEP knows ${known}.`);
  }
  if (found < known) {
    throw new IepError('schema_too_old', `The database has schema ${found}; this version of IEP needs ${known}.`);
  }
}

/** Makes the schema where there is none yet, and changes nothing else. Refuses as `requireSchema` does. */
export function makeSchema(db: Connection, migrations: readonly Migration[]): void {
  if (schemaVersion(db) === 0) migrate(db, migrations);
  requireSchema(db, migrations);
}

/** Only for the process that holds the lock of the directory. Refuses with `schema_too_new` when the file was written by a newer version. */
export function migrate(db: Connection, migrations: readonly Migration[]): MigrationReport {
  const from = schemaVersion(db);
  const to = migrations.at(-1)?.number ?? 0;
  if (from >= to) {
    requireSchema(db, migrations);
    return { from, to };
  }

  const backup = from === 0 ? undefined : backUp(db, from);
  // Immediate, and the version is read again inside: two processes may start at once.
  db.transaction(() => {
    const current = schemaVersion(db);
    for (const migration of migrations) {
      if (migration.number <= current) continue;
      db.exec(migration.sql);
      db.pragma(`user_version = ${migration.number}`);
    }
  }).immediate();
  return { from, to, ...(backup !== undefined && { backup }) };
}

export function schemaVersion(db: Connection): number {
  return Number(db.pragma('user_version', { simple: true }));
}

/** Its name tells the version, and is never that of a copy which is not whole. */
function backUp(db: Connection, version: number): string {
  const folder = join(dirname(db.name), 'backups');
  if (mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined) giveToOwner(folder);
  const aside = openAside(folder, 'copy');
  try {
    const copy = join(aside.path, 'iep.db');
    db.prepare('VACUUM INTO ?').run(copy);
    giveToOwner(copy, folder);
    for (let number = 1; ; number += 1) {
      const file = join(folder, `before-upgrade-from-${version}${number === 1 ? '' : `-${number}`}.db`);
      if (publish(copy, file)) return file;
    }
  } finally {
    aside.remove();
  }
}
