/** A list as a CSV file: read a page at a time as its reader takes it. */

import type { Page } from '../db/verbs/page.ts';
import { formatCsvRecord } from './csv.ts';
import { ofType, type Reply } from './reply.ts';

export interface CsvFile<T> {
  readonly filename: string;
  readonly columns: readonly string[];
  readonly readPage: (cursor: string | undefined) => Promise<Page<T>>;
  readonly fields: (row: T) => readonly string[];
}

export function csvFile<T>({ filename, columns, readPage, fields }: CsvFile<T>): Reply {
  const encoder = new TextEncoder();
  let cursor: string | undefined;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode(formatCsvRecord(columns)));
    },
    async pull(controller) {
      // Of a page without rows nothing is said, and a reader asks again only for what was said.
      let lines = '';
      do {
        const page = await readPage(cursor);
        lines += page.items.map((row) => formatCsvRecord(fields(row))).join('');
        cursor = page.cursor;
      } while (lines === '' && cursor !== undefined);
      if (lines !== '') controller.enqueue(encoder.encode(lines));
      if (cursor === undefined) controller.close();
    },
  });
  return ofType({ type: 'text/csv; charset=utf-8', body, filename });
}
