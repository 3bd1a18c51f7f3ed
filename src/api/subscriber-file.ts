/** Subscribers of a file: CSV whose first line names the columns, a JSON list, or an object on each line. */

import { invalid } from '../core/invalid.ts';
import { isRecord } from '../core/is-record.ts';
import type { SubscriberRow } from '../manage/subscriber-import.ts';
import { parseCsv, plainField } from './csv.ts';
import { jsonItems } from './file-json.ts';

const COLUMNS: ReadonlySet<string> = new Set([
  ...['id', 'email', 'name', 'locale', 'timezone', 'topics'],
  ...['channels.slack.webhookUrl', 'channels.slack.channel', 'channels.teams.webhookUrl', 'channels.webhook.url'],
]);
const isKnown = (column: string) => COLUMNS.has(column) || /^data\.[^.]{1,100}$/.test(column);

/** Throws `invalid_request` where the file as a whole cannot be read. */
export function subscriberRows(text: string): Generator<SubscriberRow> {
  if (text.trim() === '') throw invalid([{ path: '', message: 'The file is empty' }]);
  return /^\s*[[{]/.test(text) ? jsonRows(text) : csvRows(text);
}

function* jsonRows(text: string): Generator<SubscriberRow> {
  for (const { where, item } of jsonItems(text, (one) => 'id' in one)) {
    yield isRecord(item) ? { where, said: item } : { where, fault: 'is not a JSON object' };
  }
}

function* csvRows(text: string): Generator<SubscriberRow> {
  let columns: readonly string[] | undefined;
  for (const { line, fields, fault } of parseCsv(text)) {
    const values = fields.map((field) => plainField(field.trim()));
    const where = `line ${line}`;
    if (columns === undefined) columns = checkedColumns(values);
    else if (fault !== undefined) yield { where, fault };
    else if (values.length > columns.length) yield { where, fault: `has more than ${columns.length} fields` };
    else yield { where, said: fieldsOf(columns, values) };
  }
}

function checkedColumns(columns: readonly string[]): readonly string[] {
  const unknown = columns.filter((column) => !isKnown(column));
  const faults = [
    ...unknown.map(
      (column) => `must not name the column ${column.slice(0, 60)}; it has ${[...COLUMNS].join(', ')}, data.…`,
    ),
    ...(columns.includes('id') ? [] : ['must name the columns, and one of them id']),
    ...columns
      .filter((column, at) => columns.indexOf(column) < at)
      .map((column) => `must name the column ${column} once`),
  ];
  if (faults.length === 0) return columns;
  throw invalid(faults.slice(0, 50).map((message) => ({ path: 'line 1', message })));
}

/** An empty field says nothing. */
function fieldsOf(columns: readonly string[], values: readonly string[]): Readonly<Record<string, unknown>> {
  const said: Record<string, unknown> = {};
  for (const [at, column] of columns.entries()) {
    const value = values[at] ?? '';
    if (value !== '')
      put(said, column.split('.'), column === 'topics' ? value.split(/[\s,;|]+/).filter(Boolean) : value);
  }
  return said;
}

/** A column may be called `data.__proto__`: it is a member like others. */
function put(said: Record<string, unknown>, [name = '', ...more]: readonly string[], value: unknown): void {
  if (more.length === 0) {
    Object.defineProperty(said, name, { value, enumerable: true, configurable: true, writable: true });
    return;
  }
  const inner = isRecord(said[name]) ? said[name] : {};
  said[name] = inner;
  put(inner, more, value);
}
