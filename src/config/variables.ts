/** Which variables of the environment mean something to IEP, and what is wrong with those that do not. */

import { closest, distance } from 'fastest-levenshtein';
import type { FieldError } from '../core/errors.ts';
import { isRecord } from '../core/is-record.ts';
import { type Environment, ownVariables, variableOf } from './environment.ts';
import type { Key } from './keys.ts';

/** The environment without what the platform put there: a service `iep-smtp` would set the key `smtp.port`. */
export function withoutInjected(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name, value]) => !isInjected(name, value)));
}

export interface StrangeVariables {
  /** Meant for a key, as it seems, which it does not set. */
  readonly errors: readonly FieldError[];
  /** Sentences about those that may be meant for something else. */
  readonly warnings: readonly string[];
}

/** `document` is the file's: keys of its providers can be set, and it may name variables itself (`env:NAME`). */
export function strangeVariables(document: unknown, root: Key, env: Environment): StrangeVariables {
  const known = [...ownVariables, ...variablesOf(root, document, 'IEP')];
  const mentioned = new Set(variablesNamedIn(document));
  const errors: FieldError[] = [];
  const warnings: string[] = [];
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith('IEP_') || !value || mentioned.has(name)) continue;
    const nearest = closest(name, known);
    if (isInjected(name, value)) warnings.push(`The variable ${name} seems to be the platform's, and sets nothing`);
    else if (name === nearest) continue;
    else if (isMeant(name, nearest, root)) {
      errors.push({ path: name, message: `IEP has no such variable; did you mean ${nearest}?` });
    } else warnings.push(`The variable ${name} sets nothing; the nearest that does is ${nearest}`);
  }
  return { errors, warnings };
}

/**
 * Kubernetes and the links of Docker make these for services whose names begin with `iep`, such as IEP_SMTP_SERVICE_HOST and
 * IEP_PORT_3000_TCP_ADDR: https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
 */
function isInjected(name: string, value = ''): boolean {
  if (!name.startsWith('IEP_')) return false;
  if (['tcp://', 'udp://', 'sctp://'].some((scheme) => value.startsWith(scheme))) return true;
  return name.split('_').some((word, at, words) => {
    const [next = '', third = ''] = words.slice(at + 1);
    if (word === 'SERVICE') return ['HOST', 'PORT'].includes(next);
    return word === 'PORT' && next !== '' && !Number.isNaN(Number(next)) && ['TCP', 'UDP', 'SCTP'].includes(third);
  });
}

/** Near to one that there is, or below a group of keys. */
function isMeant(name: string, nearest: string, root: Key): boolean {
  const plain = name.replaceAll('_', '');
  const away = distance(plain, nearest.replaceAll('_', ''));
  if (away <= Math.max(2, Math.floor(plain.length / 4))) return true;
  const groups = root.kind === 'group' ? Object.entries(root.keys).filter(([, key]) => key.kind !== 'scalar') : [];
  return groups.some(([group]) => name.startsWith(`${variableOf('IEP', group)}_`));
}

function variablesOf(key: Key, document: unknown, variable: string): readonly string[] {
  const own = key.kind === 'group' ? [] : [variable];
  if (key.kind === 'scalar' || key.kind === 'list') return own;
  const given = isRecord(document) ? document : {};
  const inner: readonly (readonly [string, Key])[] =
    key.kind === 'group' ? Object.entries(key.keys) : Object.keys(given).map((name) => [name, key.each] as const);
  return [...own, ...inner.flatMap(([name, one]) => variablesOf(one, given[name], variableOf(variable, name)))];
}

function variablesNamedIn(document: unknown): readonly string[] {
  if (typeof document === 'string') return document.startsWith('env:') ? [document.slice('env:'.length)] : [];
  return typeof document === 'object' && document !== null ? Object.values(document).flatMap(variablesNamedIn) : [];
}
