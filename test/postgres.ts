/**
 * A PostgreSQL of the tests: Debian's, started by the first test of a process that asks, on a socket in memory where the machine
 * has room, and ended with the process. Each store has a database of its own, a copy of an empty one.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { openPostgresStore } from '../src/db/postgres/open.ts';
import type { Store } from '../src/db/verbs/store.ts';
import { eventually } from './eventually.ts';
import { scratch } from './store.ts';

const VERSIONS = '/usr/lib/postgresql';

/** The folder of its programs; undefined where it is not installed. */
export function postgresPrograms(): string | undefined {
  if (!existsSync(VERSIONS)) return undefined;
  const newest = readdirSync(VERSIONS)
    .filter((version) => Number(version) >= 15)
    .sort((one, other) => Number(other) - Number(one))[0];
  return newest && join(VERSIONS, newest, 'bin');
}

export interface PostgresServer {
  readonly folder: string;
  /** Of a new database, which is empty or has the schema. */
  create(from?: 'empty' | 'schema'): Promise<string>;
  /** SQL as the superuser. */
  run(database: string, sql: string): string;
  /** Ends it as a power cut does, all of its processes at once. */
  crash(): Promise<void>;
  /** Starts it again after a crash. */
  begin(): Promise<void>;
}

let started: Promise<PostgresServer> | undefined;

/** The one of this process. */
export function postgresServer(): Promise<PostgresServer> {
  started ??= startPostgres();
  return started;
}

/** A store in a database of its own, which `open` opens as each node does. */
export async function makePostgresHome(): Promise<{ readonly url: string; open(): Promise<Store>; remove(): void }> {
  const server = await postgresServer();
  const url = await server.create('schema');
  return {
    url,
    open: async () => (await openPostgresStore({ url, poolSize: 6 })).store,
    remove: () => void server.run('postgres', `DROP DATABASE "${new URL(url).pathname.slice(1)}" WITH (FORCE)`),
  };
}

/** One of its own, for what a test does to the server. `durable`: commits reach the disk. */
export async function startPostgres({ durable = false } = {}): Promise<PostgresServer> {
  const programs = postgresPrograms();
  if (programs === undefined) throw new Error('PostgreSQL 15 or later is not installed');
  const folder = mkdtempSync(join(scratch(), 'iep-postgres-'));
  const account = process.getuid?.() === 0 ? accountOf('postgres') : undefined;
  if (account !== undefined) chownSync(folder, account.uid, account.gid);
  const data = join(folder, 'data');
  const quiet = { ...account, cwd: folder, stdio: 'ignore' } as const;
  execFileSync(
    join(programs, 'initdb'),
    ['-D', data, '-U', 'iep', '-A', 'trust', '-E', 'UTF8', '--no-locale', '-N'],
    quiet,
  );
  const settings = {
    listen_addresses: '',
    unix_socket_directories: folder,
    max_connections: '400',
    // Tests that prove something about a disk ask for it.
    ...(!durable && { fsync: 'off', full_page_writes: 'off' }),
    shared_buffers: '64MB',
  };
  const line = [join(programs, 'postgres'), '-D', data];
  for (const [name, value] of Object.entries(settings)) line.push('-c', `${name}=${value}`);
  // Its guard reads until this process is gone, or closes the pipe, however that comes.
  const guard = `"$@" & server=$!; read -r kept; kill -QUIT $server; wait $server; [ -n "$kept" ] || rm -rf "$SERVER_FOLDER"`;
  let server: ChildProcess | undefined;
  const begin = async () => {
    server = spawn('/bin/sh', ['-c', guard, 'guard', ...line], {
      ...{ ...account, cwd: '/', stdio: ['pipe', 'ignore', 'ignore'] },
      env: { ...process.env, SERVER_FOLDER: folder },
    });
    server.unref();
    (server.stdin as Socket).unref();
    await eventually(() => {
      execFileSync(join(programs, 'pg_isready'), ['-h', folder, '-U', 'iep'], quiet);
    });
  };
  await begin();
  const run = (database: string, sql: string) =>
    execFileSync('psql', ['-h', folder, '-U', 'iep', '-d', database, '-v', 'ON_ERROR_STOP=1', '-Atqc', sql], {
      encoding: 'utf8',
    });
  const urlOf = (database: string) => `postgres://iep@localhost/${database}?host=${encodeURIComponent(folder)}`;
  let count = 0;
  run('postgres', 'CREATE DATABASE template_iep');
  await (await openPostgresStore({ url: urlOf('template_iep'), poolSize: 1 })).store.close();
  return {
    folder,
    run,
    begin,
    async crash() {
      const ended = new Promise((resolve) => server?.once('exit', resolve));
      execFileSync(join(programs, 'pg_ctl'), ['-D', data, '-m', 'immediate', '-w', 'stop'], quiet);
      server?.stdin?.write('kept\n');
      await ended;
    },
    async create(from = 'empty') {
      count += 1;
      run(
        'postgres',
        `CREATE DATABASE iep${count} TEMPLATE ${from === 'schema' ? 'template_iep STRATEGY FILE_COPY' : 'template0'}`,
      );
      return urlOf(`iep${count}`);
    },
  };
}

function accountOf(name: string): { uid: number; gid: number } {
  const id = (option: string) => Number(execFileSync('id', [option, name], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}
