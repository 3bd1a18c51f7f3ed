/** Values that stand elsewhere (`env:NAME`, `file:PATH`), and text where a key takes a number, a switch or a list. */

import { readFileSync } from 'node:fs';
import { resolve as resolvePath } from 'node:path';
import { errorText } from '../core/error-text.ts';
import type { FieldError } from '../core/errors.ts';
import { isRecord } from '../core/is-record.ts';
import type { Environment } from './environment.ts';
import type { Key } from './keys.ts';
import { parseYaml } from './yaml.ts';

export interface ValueSources {
  readonly env: Environment;
  /** What the paths of `file:PATH` are relative to. */
  readonly directory: string;
  /** Hears which file the value of a key came from. */
  readonly cameFrom?: (path: string, file: string) => void;
  /** Whether what this value of a key names may be missing; it then stays as it is written. */
  readonly mayLack?: (path: readonly string[], value: string) => boolean;
}

/** The document with every value resolved; what could not be found is added to `errors`. */
export function resolveValues(
  document: unknown,
  at: { readonly key: Key | undefined; readonly path: readonly string[] },
  sources: ValueSources,
  errors: FieldError[],
): unknown {
  const { key, path } = at;
  if (typeof document === 'string') {
    try {
      const [text, file] = fetchText(document, sources);
      if (file !== undefined) sources.cameFrom?.(path.join('.'), file);
      return typed(text, key);
    } catch (error) {
      const isText = key === undefined || (key.kind === 'scalar' && key.type === 'string');
      if (isText && sources.mayLack?.(path, document)) return document;
      errors.push({ path: path.join('.'), message: errorText(error) });
      return undefined;
    }
  }
  const inner = (name: string) =>
    key?.kind === 'group' ? key.keys[name] : key?.kind === 'scalar' ? undefined : key?.each;
  const step = (name: string, value: unknown) =>
    resolveValues(value, { key: inner(name), path: [...path, name] }, sources, errors);
  if (Array.isArray(document)) return document.map((value, index) => step(String(index), value));
  if (!isRecord(document)) return document;
  return Object.fromEntries(Object.entries(document).map(([name, value]) => [name, step(name, value)]));
}

/** How the complaint about a variable that is not set begins. */
export const NO_VARIABLE = 'The environment has no variable';

function fetchText(text: string, { env, directory }: ValueSources): [text: string, file?: string] {
  if (text.startsWith('env:')) {
    const name = text.slice('env:'.length);
    const value = env[name];
    if (value === undefined) throw new Error(`${NO_VARIABLE} ${name}`);
    return [value];
  }
  if (!text.startsWith('file:')) return [text];
  const path = resolvePath(directory, text.slice('file:'.length));
  try {
    return [readFileSync(path, 'utf8').replace(/\r?\n$/, ''), path];
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new Error(`The file ${path} cannot be read (${code})`, { cause: error });
  }
}

/** Text stays text where it does not fit; the schema then says what the key takes. */
function typed(text: string, key: Key | undefined): unknown {
  if (key === undefined || (key.kind === 'scalar' && key.type === 'string')) return text;
  if (key.kind !== 'scalar') return parseYaml(text);
  if (key.type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}
