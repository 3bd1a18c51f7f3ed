/**
 * Environment variables over the file: `http.port` is IEP_HTTP_PORT. A list or a group of names is given as YAML, such
 * as IEP_RETRY_SCHEDULESECONDS='[60, 300]'. Keys of a provider that the file names: IEP_PROVIDERS_RELAY_PASSWORD.
 */

import { isRecord } from '../core/is-record.ts';
import type { Key } from './keys.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Those that set no key of the configuration. */
export const ownVariables = [
  ...['IEP_CONFIG', 'IEP_URL', 'IEP_API_KEY', 'IEP_PROFILE', 'IEP_TENANT'],
  ...['IEP_MASTER_KEY', 'IEP_MASTER_KEY_PREVIOUS'],
] as const;

/** The document with what the environment says put over it. An empty variable says nothing. */
export function overlay(document: unknown, key: Key, env: Environment, variable = 'IEP'): unknown {
  if (key.kind !== 'group' && env[variable]) return env[variable];
  if (key.kind === 'scalar' || key.kind === 'list') return document;

  // A wrong document is refused as it stands, and not replaced by what the environment says.
  if (document !== undefined && document !== null && !isRecord(document)) return document;
  const given = document ?? {};
  const names = key.kind === 'group' ? Object.keys(key.keys) : Object.keys(given);
  const said = names.flatMap((name) => {
    const inner = key.kind === 'group' ? key.keys[name] : key.each;
    const value = inner && overlay(given[name], inner, env, variableOf(variable, name));
    return value === given[name] ? [] : [[name, value] as const];
  });
  return said.length === 0 ? document : { ...given, ...Object.fromEntries(said) };
}

export function variableOf(prefix: string, name: string): string {
  return `${prefix}_${name.toUpperCase().replaceAll('-', '_')}`;
}
