/** For tests: what somebody does who has the file of the database, past the store and all that it looks at. */

import { connect } from '../src/db/sqlite/connection.ts';

/** Throws what the database itself refuses. */
export function tamper(file: string, sql: string): void {
  const db = connect({ file, readonly: false, cacheKib: 1_000 });
  try {
    db.exec(sql);
  } finally {
    db.close();
  }
}
