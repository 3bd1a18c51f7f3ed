/** Behind PgBouncer in transaction mode: Debian's, before a server of the tests. */

import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { postgresPrograms, postgresServer } from '../../../test/postgres.ts';
import { addTenant, MINUTE, NOW, newMessage } from '../suites/suite.testing.ts';
import { openPostgresStore } from './open.ts';

const PGBOUNCER = join(import.meta.dirname, '../../../.cache/bin/pgbouncer');
const isThere = postgresPrograms() !== undefined && existsSync(PGBOUNCER);

describe.skipIf(!isThere)('behind a pooler in transaction mode', () => {
  it('stores, claims, and hears of the commits of others by looking', async () => {
    const server = await postgresServer();
    const database = new URL(await server.create('schema')).pathname.slice(1);
    const folder = mkdtempSync(join(tmpdir(), 'iep-pooler-'));
    chmodSync(folder, 0o777);
    const settings = join(folder, 'pgbouncer.ini');
    writeFileSync(
      settings,
      `[databases]\n* = host=${server.folder} user=iep\n[pgbouncer]\npool_mode = transaction\ndefault_pool_size = 3
listen_addr =\nunix_socket_dir = ${folder}\nauth_type = any\nserver_reset_query_always = 0\n`,
    );
    // It refuses to run as root, and the socket of the server is its owner's.
    const as = process.getuid?.() === 0 ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'] : [];
    const [program = PGBOUNCER, ...line] = [...as, PGBOUNCER, settings];
    const pooler = spawn(program, line, { stdio: 'ignore' });
    const ended = new Promise((resolve) => pooler.once('exit', resolve));
    try {
      await expect.poll(() => existsSync(join(folder, '.s.PGSQL.6432'))).toBe(true);
      const url = `postgres://iep@localhost:6432/${database}?host=${encodeURIComponent(folder)}`;
      const open = async () => (await openPostgresStore({ url, poolSize: 6, statementTimeoutMs: 30_000 })).store;
      const [first, second] = [await open(), await open()];
      let told = 0;
      second.onChange(({ own }) => {
        if (!own) told += 1;
      });
      const acme = await addTenant(first, 'acme');
      await Promise.all(
        Array.from({ length: 60 }, (_, at) =>
          (at % 2 === 0 ? first : second).outbox.accept({ tenantId: acme.id, messages: [newMessage(acme.id)] }),
        ),
      );
      const request = { now: NOW, leaseMs: MINUTE, limit: 40, skipTenants: [] };
      const claims = await Promise.all([
        first.outbox.claim({ ...request, owner: 'a/1' }),
        second.outbox.claim({ ...request, owner: 'b/1' }),
      ]);
      const ids = claims.flatMap(({ jobs }) => jobs.map(({ message }) => message.id));
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids.length).toBe(60);
      await expect.poll(() => told, { timeout: 5_000 }).toBeGreaterThan(0);
      await first.close();
      await second.close();
    } finally {
      pooler.kill();
      await ended;
      rmSync(folder, { recursive: true });
    }
  });
});
