/** The configuration as text, without what must not be read over a shoulder or pasted into a ticket. */

import { isSecretName } from '../core/secret-names.ts';

/** Groups of which every value may be one. */
const SECRET_GROUPS = ['headers'];
const HIDDEN = '(hidden)';

export function withHiddenSecrets(value: unknown, group = ''): unknown {
  if (Array.isArray(value)) return value.map((one) => withHiddenSecrets(one));
  if (typeof value !== 'object' || value === null) return value;
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
  return Object.entries(value ?? {}).flatMap(([name, inner]) => flatten(inner, path === '' ? name : `${path}.${name}`));
}
