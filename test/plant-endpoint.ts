/** For tests: rows with sealed secrets, put into the database file as another process would, in any schema there was. */

import { connect } from '../src/db/sqlite/connection.ts';

/** Webhook endpoints of the first tenant. */
export function plantEndpoints(database: string, endpoints: readonly { id: string; sealed: string }[]): void {
  const db = connect({ file: database, readonly: false, cacheKib: 1_000 });
  const has = db.prepare<[], string>("SELECT name FROM pragma_table_info('webhook_endpoints')").pluck().all();
  const later = has.includes('updated_at') ? { columns: ', updated_at', values: ', 1' } : { columns: '', values: '' };
  const insert = db.prepare(
    `INSERT INTO webhook_endpoints (id, tenant_no, url, events, secret, created_at${later.columns})
     VALUES (?, 1, 'https://hooks.example.com/', '["*"]', ?, 1${later.values})`,
  );
  for (const { id, sealed } of endpoints) insert.run(id, sealed);
  db.close();
}
