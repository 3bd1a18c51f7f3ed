import { expect, it } from 'vitest';
import { keysOf, pathsOf } from '../../src/config/keys.ts';
import { providerTypes } from '../../src/message/providers/index.ts';
import { typeFields } from '../../src/ui/pages/providers/type-fields.ts';

it('names every type, and settings that it takes, secrets as such', () => {
  expect(Object.keys(typeFields)).toEqual(providerTypes.map(({ type }) => type));
  for (const { type, settings, secrets } of providerTypes) {
    const paths = pathsOf(keysOf(settings));
    for (const [name, kind] of typeFields[type] ?? []) {
      expect(paths, type).toContain(name);
      expect(kind === 'secret', `${type}: ${name}`).toBe(secrets.includes(name));
    }
  }
});
