/** Fields of what people define, from files and from `--set path=value`. */

import { ManifestFault, parseManifests } from '../config/manifest-yaml.ts';
import { isRecord } from '../core/is-record.ts';
import { Complaint } from './failure.ts';
import { readNamedFile, utf8TextOf } from './files.ts';
import type { Shell } from './shell.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Of a file in JSON or YAML; none where no file is named. */
export async function fileFields(shell: Shell, path: string | undefined): Promise<Fields> {
  if (path === undefined) return {};
  const documents = parsed(utf8TextOf(await readNamedFile(shell, path), path), path);
  const [fields, another] = documents;
  if (isRecord(fields) && another === undefined) return fields;
  throw new Complaint(
    65,
    `${path} does not hold the fields of one`,
    'Write them as `name: value`, or as a JSON object.',
  );
}

function parsed(text: string, path: string): readonly unknown[] {
  try {
    return parseManifests(text);
  } catch (error) {
    if (error instanceof ManifestFault)
      throw new Complaint(65, `${path} ${error.message}`, 'Correct it, and try again.');
    throw error;
  }
}

/**
 * The fields that assignments such as `digest.every=daily` change, each whole. A value is JSON where it is that, else a text;
 * none takes the field away.
 */
export function fromPaths(assignments: readonly string[], before: Fields): Fields {
  let all = before;
  const changed = new Set<string>();
  for (const one of assignments) {
    const at = one.indexOf('=');
    if (at < 1) throw new Complaint(64, `--set ${one} assigns nothing`, 'Write it as in --set digest.every=daily.');
    const path = one.slice(0, at).split('.');
    all = withMember(all, path, valueIn(one.slice(at + 1)));
    changed.add(path[0] ?? '');
  }
  return Object.fromEntries(Object.entries(all).filter(([name]) => changed.has(name)));
}

function withMember(fields: Fields, [name = '', ...more]: readonly string[], value: unknown): Fields {
  if (more.length === 0) return { ...fields, [name]: value };
  const inner = fields[name];
  return { ...fields, [name]: withMember(isRecord(inner) ? inner : {}, more, value) };
}

function valueIn(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
