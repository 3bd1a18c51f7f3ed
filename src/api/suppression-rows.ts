/** The rows of a suppression file: CSV with or without a line of names, a JSON document, or JSON line by line. */

import { invalid } from '../core/invalid.ts';
import { createNameCount, MAX_NAMES, type NameCount } from '../core/name-count.ts';
import { readEntryAddress } from '../core/suppression-entry.ts';
import { parseCsv, plainField } from './csv.ts';
import { type Meaning, meaningOf, suppressionReasonOf } from './suppression-columns.ts';

/** A larger document would be parsed in one go, while others wait. A file that is read line by line has no limit. */
const MAX_JSON_LENGTH = 8 * 1024 * 1024;

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
  const document = text.length > MAX_JSON_LENGTH ? undefined : parsed(text, createNameCount());
  if (document !== undefined) {
    for (const [index, item] of itemsOf(document).entries()) yield jsonRow(`item ${index + 1}`, item);
    return;
  }
  const names = createNameCount();
  let line = 0;
  for (const [piece] of text.matchAll(/[^\n]+|\n/g)) {
    if (piece === '\n') line += 1;
    else if (piece.trim() !== '') yield jsonRow(`line ${line + 1}`, parsed(piece, names));
  }
}

function parsed(text: string, names: NameCount): unknown {
  if (names.isTooMuch(Buffer.from(text))) {
    throw invalid([{ path: '', message: `holds more than ${MAX_NAMES} different names` }]);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The list in what an API answered, under whatever name it stands; a single item is a list of one. */
function itemsOf(document: unknown): readonly unknown[] {
  if (Array.isArray(document)) return document;
  if (!isObject(document) || Object.keys(document).some((name) => meaningOf(name) === 'email')) return [document];
  const members = Object.values(document);
  return members.find((member) => Array.isArray(member)) ?? members.filter(isObject).slice(0, 1);
}

function jsonRow(where: string, item: unknown): SuppressionRow {
  if (!isObject(item)) return { where, cells: [], fault: 'is not a JSON object' };
  const plain = Object.entries(item).filter(([, value]) => typeof value === 'string' || typeof value === 'number');
  const cells = plain.map(([column, value]) => ({
    column,
    meaning: meaningOf(column),
    value: String(value).trim(),
  }));
  return { where, cells };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
