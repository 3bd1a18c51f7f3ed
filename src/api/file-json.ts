/** The items of a file in JSON: a list, an object that holds one, or an object on each line. */

import { invalid } from '../core/invalid.ts';
import { isRecord } from '../core/is-record.ts';
import { createNameCount, MAX_NAMES, type NameCount } from '../core/name-count.ts';

/** A larger document would be parsed in one go, while others wait. A file that is read line by line has no limit. */
const MAX_JSON_LENGTH = 8 * 1024 * 1024;

export interface JsonItem {
  /** `line 3` or `item 3`. */
  readonly where: string;
  /** Undefined where it is not JSON. */
  readonly item: unknown;
}

/** `isItem`: whether an object is an item itself. Throws `invalid_request` where the file as a whole cannot be read. */
export function* jsonItems(text: string, isItem: (one: Record<string, unknown>) => boolean): Generator<JsonItem> {
  const document = text.length > MAX_JSON_LENGTH ? undefined : parsed(text, createNameCount());
  if (document !== undefined) {
    for (const [index, item] of itemsOf(document, isItem).entries()) yield { where: `item ${index + 1}`, item };
    return;
  }
  const names = createNameCount();
  let line = 0;
  for (const [piece] of text.matchAll(/[^\n]+|\n/g)) {
    if (piece === '\n') line += 1;
    else if (piece.trim() !== '') yield { where: `line ${line + 1}`, item: parsed(piece, names) };
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
function itemsOf(document: unknown, isItem: (one: Record<string, unknown>) => boolean): readonly unknown[] {
  if (Array.isArray(document)) return document;
  if (!isRecord(document) || isItem(document)) return [document];
  const members = Object.values(document);
  return members.find((member) => Array.isArray(member)) ?? members.filter(isRecord).slice(0, 1);
}
