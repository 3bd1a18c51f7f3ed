/** The configuration as it is shown: each value by its path, where it comes from, and nothing that must not be read over a shoulder. */

import { isRecord } from '../core/is-record.ts';
import { isSecretName } from '../core/secret-names.ts';
import { type Environment, variableOf } from './environment.ts';
import { type Key, keyAt } from './keys.ts';

/** `command`: said by the command that started the daemon, such as `--http-port` or `--dev`. */
export const origins = ['default', 'file', 'environment', 'command'] as const;

export interface Origin {
  readonly source: (typeof origins)[number];
  /** The variable, the option, or the file that the value was read from. */
  readonly from?: string;
}

/** Where the value at a path comes from: `http.port`. */
export type OriginOf = (path: string) => Origin;

/** Groups of which every value may be one. */
const SECRET_GROUPS = ['headers'];
const HIDDEN = '(hidden)';

export function withHiddenSecrets(value: unknown, group = ''): unknown {
  if (Array.isArray(value)) return value.map((one) => withHiddenSecrets(one));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      isSecret(name, group) && typeof inner === 'string' ? HIDDEN : withHiddenSecrets(inner, name),
    ]),
  );
}

function isSecret(name: string, group: string): boolean {
  return isSecretName(name) || SECRET_GROUPS.includes(group);
}

/** One line a value, by its whole path: `http.port`, `providers.relay.host`. Lists of plain values stay on a line. */
export function flatten(value: unknown, path = ''): (readonly [path: string, value: string])[] {
  const isPlain = (one: unknown) => typeof one !== 'object' || one === null;
  if (isPlain(value)) return [[path, String(value)]];
  if (Array.isArray(value) && value.every(isPlain)) return [[path, JSON.stringify(value)]];
  return Object.entries(value ?? {}).flatMap(([name, inner]) =>
    inner === undefined ? [] : flatten(inner, path === '' ? name : `${path}.${name}`),
  );
}

/** `said`: variables that an option of the command stands behind, each with that option. */
export function originOf(read: {
  readonly document: unknown;
  /** What the document is: a file, or what `--dev` says. */
  readonly origin: Origin;
  readonly env: Environment;
  readonly said: ReadonlyMap<string, string>;
  readonly root: Key;
}): OriginOf {
  const { document, origin, env, said, root } = read;
  return (path) => {
    const names = path.split('.');
    const variable = variableFor(names, { env, root })?.variable;
    const option = variable === undefined ? undefined : said.get(variable);
    if (option !== undefined) return { source: 'command', from: option };
    if (variable !== undefined) return { source: 'environment', from: variable };
    const given = givenAt(document, names);
    if (given === undefined) return { source: 'default' };
    if (typeof given !== 'string') return origin;
    if (given.startsWith('env:')) return { source: 'environment', from: given.slice('env:'.length) };
    return given.startsWith('file:') ? { source: 'file', from: given.slice('file:'.length) } : origin;
  };
}

/** That is set, and gave the value. A list or a group of names that one gave stands above its items. */
export function variableFor(
  names: readonly string[],
  { env, root }: { readonly env: Environment; readonly root: Key },
): { readonly variable: string; readonly key: Key; readonly depth: number } | undefined {
  for (let depth = 1; depth <= names.length; depth += 1) {
    const key = keyAt(root, names.slice(0, depth));
    const variable = names.slice(0, depth).reduce(variableOf, 'IEP');
    if (key !== undefined && key.kind !== 'group' && env[variable]) return { variable, key, depth };
  }
  return undefined;
}

/** Undefined where the document says nothing of it. What stands for a group as one text, such as `file:PATH`, gave all of it. */
function givenAt(document: unknown, names: readonly string[]): unknown {
  let at = document;
  for (const name of names) {
    if (typeof at !== 'object' || at === null) break;
    if (!Object.hasOwn(at, name)) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[name];
  }
  return at;
}
