/**
 * The one way by which tests open a store. Each has a new one: a copy of an empty one that is made once a run, for migrating
 * takes longer than most tests do. It lies in memory where the machine has room, because these tests prove nothing about a
 * disk; those that do (test/faults, src/db/sqlite but its suites) make their own.
 */

import { copyFileSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OpenStore, openStore } from '../src/db/open.ts';
import { connect } from '../src/db/sqlite/connection.ts';
import { makeSchema } from '../src/db/sqlite/migrate.ts';
import { readMigrations, type SqliteStoreOptions } from '../src/db/sqlite/open.ts';
import { madeOnce, runFolder } from './made-once.ts';

/** The form of the daemon has threads, that of the command line has none. */
type Form = Pick<SqliteStoreOptions, 'threads'>;

export interface TestStore extends Required<OpenStore> {
  /** Of its own, for what lies beside the store. */
  readonly directory: string;
  /** The database. */
  readonly file: string;
  close(): Promise<void>;
}

export async function openTestStore(form?: Form): Promise<TestStore> {
  const home = makeStoreHome(form);
  const opened = await home.open();
  return {
    ...{ ...opened, directory: home.directory, file: home.file },
    async close() {
      await opened.store.close();
      home.remove();
    },
  };
}

export interface StoreHome {
  readonly directory: string;
  readonly file: string;
  /** Opens the same store each time, as another process does or the next one. */
  open(): Promise<Required<OpenStore>>;
  /** With all that was opened closed. */
  remove(): void;
}

export function makeStoreHome({ threads }: Form = { threads: false }): StoreHome {
  const directory = mkdtempSync(join(scratch(), 'iep-store-'));
  const file = join(directory, 'iep.db');
  const run = runFolder();
  if (run !== undefined) copyFileSync(emptyStore(run), file);
  return {
    ...{ directory, file },
    open: () => openStore({ file, threads }),
    remove: () => rmSync(directory, { recursive: true }),
  };
}

function emptyStore(run: string): string {
  const folder = madeOnce(run, 'store', (folder) => {
    const db = connect({ file: join(folder, 'iep.db'), readonly: false, cacheKib: 8_192 });
    makeSchema(db, readMigrations());
    // The last connection leaves nothing in the write-ahead log.
    db.close();
  });
  return join(folder, 'iep.db');
}

const MEMORY = '/dev/shm';
/** Bytes. Containers have 64 MB there unless they are told otherwise, and the largest test fills that. */
const ROOM = 512 * 1024 * 1024;

/** In memory where the machine has room. */
export function scratch(): string {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize >= ROOM ? MEMORY : tmpdir();
  } catch {
    return tmpdir();
  }
}
