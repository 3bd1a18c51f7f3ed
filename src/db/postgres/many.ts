/** INSERT of many rows in few statements: of a few lengths, so that each is prepared once a connection. */

import type { Connection } from './connection.ts';

/** Longest first. The largest row has fewer than 50 columns, and a statement takes 65,535 parameters. */
const LENGTHS = [256, 64, 16, 4, 1];

/** `head` ends before VALUES; `tail` may return rows, which come in no promised order. */
export function prepareInsertMany<R = never>(
  db: Connection,
  { head, columns, tail = '' }: { readonly head: string; readonly columns: number; readonly tail?: string },
): (rows: readonly (readonly unknown[])[]) => Promise<R[]> {
  const row = `(${Array.from({ length: columns }, () => '?').join(', ')})`;
  const statementOf = (length: number) =>
    db.prepare<unknown[], R>(`${head} VALUES ${Array.from({ length }, () => row).join(', ')} ${tail}`);
  const statements = new Map<number, ReturnType<typeof statementOf>>();

  return async (rows) => {
    const returned: R[] = [];
    for (let start = 0; start < rows.length; ) {
      const left = rows.length - start;
      const length = LENGTHS.find((one) => one <= left) ?? 1;
      const statement = statements.get(length) ?? statementOf(length);
      statements.set(length, statement);
      for (const one of await statement.all(...rows.slice(start, start + length).flat())) returned.push(one);
      start += length;
    }
    return returned;
  };
}
