/** Every key of the configuration has an environment variable, and each variable sets one key. */

import { expect, it } from 'vitest';
import { configSchema } from '../cli/configuration.ts';
import { overlay } from './environment.ts';
import { keysOf, pathsOf } from './keys.ts';

const root = keysOf(configSchema);
/** Lists, and groups whose names are free, are set as a whole: `tenants.*.slug` by IEP_TENANTS. */
const settable = [...new Set(pathsOf(root).map((path) => path.replace(/\.\*.*$/, '')))];
const variableOf = (path: string) => `IEP_${path.toUpperCase().replaceAll('.', '_')}`;

it('is one variable for each key', () => {
  expect(settable.length).toBeGreaterThan(60);
  expect(new Set(settable.map(variableOf)).size).toBe(settable.length);
});

it.each(settable)('%s', (path) => {
  const put = overlay({}, root, { [variableOf(path)]: 'said' });
  const nested = path.split('.').reduceRight<unknown>((value, name) => ({ [name]: value }), 'said');
  expect(put).toEqual(nested);
});

it('reaches every key of a provider that the file names', () => {
  const keys = pathsOf(root).flatMap((path) => /^providers\.\*\.(\w+)$/.exec(path)?.[1] ?? []);
  expect(keys).toContain('password');
  const env = Object.fromEntries(keys.map((key) => [`IEP_PROVIDERS_MY_RELAY_${key.toUpperCase()}`, key]));
  expect(overlay({ providers: { 'my-relay': {} } }, root, env)).toEqual({
    providers: { 'my-relay': Object.fromEntries(keys.map((key) => [key, key])) },
  });
});
