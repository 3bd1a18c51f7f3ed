/**
 * YAML with several documents, as manifests come, and values as YAML. Strangers write such texts: their size, depth and number of
 * values are bounded, also of those that aliases repeat.
 */

import { LineCounter, parseAllDocuments, stringify } from 'yaml';
import { isRecord } from '../core/is-record.ts';

/** YAML is read on the thread that serves everybody, and reads slowly; JSON has room for more. */
export const MAX_YAML_BYTES = 128 * 1024;
export const MAX_MANIFEST_VALUES = 50_000;
const MAX_DEPTH = 40;

export class ManifestFault extends Error {}

/** Every document as plain data; empty ones are left out. Throws a `ManifestFault` that says where, in line and column. */
export function parseManifests(text: string): readonly unknown[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document) => {
    const [fault] = document.errors.filter(({ pos: [start, end] }) => text.slice(start, end) !== ELLIPSIS);
    if (fault !== undefined) {
      const { line, col } = lines.linePos(fault.pos[0]);
      throw new ManifestFault(`is not valid YAML at line ${line}, column ${col}: ${fault.message.split('\n', 1)[0]}`);
    }
    const value: unknown = plain(document);
    return value === null || value === undefined ? [] : [value];
  });
}

/** Stands in documentation where fields are left out, on a line of its own; it says nothing. */
const ELLIPSIS = '...';

function plain(document: { toJS(options: { maxAliasCount: number }): unknown }): unknown {
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch {
    throw new ManifestFault('has aliases that repeat too much, or that name no anchor');
  }
  let count = 0;
  const check = (one: unknown, depth: number): unknown => {
    count += 1;
    if (count > MAX_MANIFEST_VALUES) throw new ManifestFault(`holds more than ${MAX_MANIFEST_VALUES} values`);
    if (depth > MAX_DEPTH) throw new ManifestFault(`nests deeper than ${MAX_DEPTH} levels`);
    if (Array.isArray(one)) return one.map((item) => check(item, depth + 1));
    if (typeof one !== 'object' || one === null) return one;
    const members = Object.entries(one).filter(([name, member]) => name !== ELLIPSIS || member !== null);
    return Object.fromEntries(members.map(([name, member]) => [name, check(member, depth + 1)]));
  };
  return check(value, 0);
}

/** One document, a list of them, or a `List` with `items`. */
export function listed(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value.flatMap(listed);
  return isRecord(value) && value.kind === 'List' && Array.isArray(value.items) ? value.items.flatMap(listed) : [value];
}

/** As people read it; texts of several lines as blocks. */
export function yamlText(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}
