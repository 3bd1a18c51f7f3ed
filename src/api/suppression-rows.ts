/** The rows of a suppression file: CSV with or without a line of names, a JSON document, or JSON line by line. */

import { invalid } from '../core/invalid.ts';
import { isRecord } from '../core/is-record.ts';
import { readEntryAddress } from '../core/suppression-entry.ts';
import { parseCsv, plainField } from './csv.ts';
import { jsonItems } from './file-json.ts';
import { type Meaning, meaningOf, suppressionReasonOf } from './suppression-columns.ts';

export interface SuppressionCell {
  readonly column: string;
  readonly meaning: Meaning | undefined;
  readonly value: string;
}

export interface SuppressionRow {
  /** `line 3` or `item 3`. */
  readonly where: string;
  readonly cells: readonly SuppressionCell[];
  readonly fault?: string;
}

/** Throws `invalid_request` where the file as a whole cannot be read. */
export function rowsOf(text: string): Generator<SuppressionRow> {
  return /^\s*[[{]/.test(text) ? jsonRows(text) : csvRows(text);
}

function* csvRows(text: string): Generator<SuppressionRow> {
  let columns: readonly Omit<SuppressionCell, 'value'>[] | undefined;
  for (const { line, fields, fault } of parseCsv(text)) {
    const where = `line ${line}`;
    const values = fields.map((field) => plainField(field.trim()));
    if (columns === undefined) {
      const isHeader = values.some((value) => meaningOf(value) === 'email');
      const names = isHeader ? values : unnamedColumns(values);
      columns = names.map((column) => ({ column, meaning: meaningOf(column) }));
      if (isHeader) {
        checkColumns(names);
        continue;
      }
    }
    const isLong = values.slice(columns.length).some((value) => value !== '');
    const wrong = fault ?? (isLong ? `has more than ${columns.length} fields` : undefined);
    const cells = columns.map((one, at) => ({ ...one, value: values[at] ?? '' }));
    yield { where, cells, ...(wrong !== undefined && { fault: wrong }) };
  }
}

/** The columns of a file that begins with an entry. */
function unnamedColumns(values: readonly string[]): readonly string[] {
  const email = values.findIndex((value) => readEntryAddress(value) !== undefined);
  if (email === -1) {
    throw invalid([
      { path: 'line 1', message: 'must name the columns, and one of them email; or begin with an address' },
    ]);
  }
  const reason = values.findIndex((value) => suppressionReasonOf(value) !== undefined);
  return values.map((_, at) => (at === email ? 'email' : at === reason ? 'reason' : ''));
}

function checkColumns(columns: readonly string[]): void {
  const named = columns.filter((name) => meaningOf(name) !== undefined).map((name) => name.toLowerCase());
  const twice = named.find((name, at) => named.indexOf(name) < at);
  if (twice !== undefined) throw invalid([{ path: 'line 1', message: `must name the column ${twice} once` }]);
}

function* jsonRows(text: string): Generator<SuppressionRow> {
  const isEntry = (one: object) => Object.keys(one).some((name) => meaningOf(name) === 'email');
  for (const { where, item } of jsonItems(text, isEntry)) yield jsonRow(where, item);
}

function jsonRow(where: string, item: unknown): SuppressionRow {
  if (!isRecord(item)) return { where, cells: [], fault: 'is not a JSON object' };
  const plain = Object.entries(item).filter(([, value]) => typeof value === 'string' || typeof value === 'number');
  const cells = plain.map(([column, value]) => ({
    column,
    meaning: meaningOf(column),
    value: String(value).trim(),
  }));
  return { where, cells };
}
