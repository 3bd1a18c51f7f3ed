/** Fields in groups, as header blocks and the reports of RFC 3464 and RFC 5965 have them. In one pass, whatever they hold. */

import { shorten } from '../../core/shown.ts';

/** Values by name in lower case, in their order; never empty. */
export type Fields = ReadonlyMap<string, readonly string[]>;

/** Characters of a value that are read; RFC 5322 has lines of 998. */
const MAX_VALUE = 2_000;
/** Groups that are read. */
const MAX_GROUPS = 500;

/** Whether a field of this name begins another group, although no empty line stands before it. */
export type Begins = (name: string, group: Fields) => boolean;

/** Groups have empty lines between them. Lines that are not fields are passed over. */
export function readFieldGroups(text: string, begins: Begins = () => false): readonly Fields[] {
  const groups: Map<string, string[]>[] = [];
  let group: Map<string, string[]> | undefined;
  let values: string[] | undefined;
  for (const line of linesOf(text)) {
    if (line.trim() === '') {
      group = undefined;
      continue;
    }
    const isFolded = line.startsWith(' ') || line.startsWith('\t');
    const colon = line.indexOf(':');
    const name = isFolded || colon <= 0 ? undefined : line.slice(0, colon).trim().toLowerCase();
    if (group === undefined || (name !== undefined && begins(name, group))) {
      if (groups.length === MAX_GROUPS) return groups;
      group = new Map();
      groups.push(group);
      values = undefined;
    }
    if (isFolded) {
      const last = values?.pop();
      if (last !== undefined) values?.push(shorten(`${last} ${line.trim()}`, MAX_VALUE));
      continue;
    }
    values = undefined;
    if (name === undefined) continue;
    values = group.get(name) ?? [];
    values.push(shorten(line.slice(colon + 1).trim(), MAX_VALUE));
    group.set(name, values);
  }
  return groups;
}

/** The first group: the header of a message. */
export function readFields(text: string): Fields {
  return readFieldGroups(text.trimStart())[0] ?? new Map();
}

export function firstOf(fields: Fields, name: string): string | undefined {
  return fields.get(name)?.[0];
}

/** Bytes of a part as text; a mark stands for bytes that are not UTF-8. */
export function partText(content: ArrayBuffer | Uint8Array | string): string {
  const text = typeof content === 'string' ? content : new TextDecoder().decode(content);
  return text.replaceAll('\0', '');
}

export function linesOf(text: string): readonly string[] {
  return text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
}
