/**
 * YAML with several documents, as manifests come, and values as YAML. Strangers write such texts: their size, depth and number of
 * values are bounded, also of those that aliases repeat.
 */

import { type Document, isNode, isScalar, LineCounter, parseAllDocuments, stringify, visit } from 'yaml';
import { isRecord } from '../core/is-record.ts';

/** YAML is read on the thread that serves everybody, and reads slowly; JSON has room for more. */
export const MAX_YAML_BYTES = 128 * 1024;
export const MAX_MANIFEST_VALUES = 50_000;
const MAX_DEPTH = 40;
const MAX_ALIASES = 100;

export class ManifestFault extends Error {}

/** Every document as plain data; empty ones are left out. Throws a `ManifestFault` that says where, in line and column. */
export function parseManifests(text: string): readonly unknown[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false });
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document) => {
    const [fault] = document.errors.filter(({ pos: [start, end] }) => text.slice(start, end) !== ELLIPSIS);
    if (fault !== undefined) {
      const { line, col } = lines.linePos(fault.pos[0]);
      if (fault.message.includes('call stack')) throw tooDeep();
      throw new ManifestFault(`is not valid YAML at line ${line}, column ${col}: ${fault.message.split('\n', 1)[0]}`);
    }
    checkNodes(document, lines);
    const value: unknown = plain(document);
    return value === null || value === undefined ? [] : [value];
  });
}

/** Stands in documentation where fields are left out, on a line of its own; it says nothing. */
const ELLIPSIS = '...';

function plain(document: { toJS(options: { maxAliasCount: number }): unknown }): unknown {
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch {
    throw wrongAliases();
  }
  let count = 0;
  const check = (one: unknown, depth: number): unknown => {
    count += 1;
    if (count > MAX_MANIFEST_VALUES) throw new ManifestFault(`holds more than ${MAX_MANIFEST_VALUES} values`);
    if (depth > MAX_DEPTH) throw tooDeep();
    if (Array.isArray(one)) return one.map((item) => check(item, depth + 1));
    if (typeof one !== 'object' || one === null) return one;
    const members = Object.entries(one).filter(([name, member]) => name !== ELLIPSIS || member !== null);
    return Object.fromEntries(members.map(([name, member]) => [name, check(member, depth + 1)]));
  };
  return check(value, 0);
}

/** The parser itself compares each key with each, and looks for the anchor of each alias in the whole document. */
function checkNodes(document: Document.Parsed, lines: LineCounter): void {
  let aliases = 0;
  visit(document, {
    Alias() {
      aliases += 1;
      if (aliases > MAX_ALIASES) throw wrongAliases();
    },
    Map(_key, { items }) {
      const keys = new Set<unknown>();
      for (const { key } of items) {
        const name = isScalar(key) ? String(key.value ?? '') : key;
        if (!keys.has(name)) {
          keys.add(name);
          continue;
        }
        const { line, col } = lines.linePos(isNode(key) ? (key.range?.[0] ?? 0) : 0);
        throw new ManifestFault(`is not valid YAML at line ${line}, column ${col}: the key is there twice`);
      }
    },
  });
}

function tooDeep(): ManifestFault {
  return new ManifestFault(`nests deeper than ${MAX_DEPTH} levels`);
}

function wrongAliases(): ManifestFault {
  return new ManifestFault('has aliases that repeat too much, or that name no anchor');
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
