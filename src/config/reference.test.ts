/** The reference file says what the schema says: every key is in it, and what it shows as default is the default. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { checkConfig, configSchema } from '../cli/configuration.ts';
import { httpSettings } from '../message/providers/http/settings.ts';
import { providerTypes } from '../message/providers/index.ts';
import { commonSettings } from '../message/providers/type.ts';
import { keysOf, pathsOf } from './keys.ts';

const reference = readFileSync(join(import.meta.dirname, '../../iep.config.example.yaml'), 'utf8');
/** With every key that is off turned on: `#key:` and `#- key:` are keys, `# Text` is prose. */
const everything = reference
  .replace(/^( *)#(?=(- )?\w+:)/gm, '$1')
  .replace(/^( *\w+): \[\](?=\n( *#.*\n)* *- )/gm, '$1:');
/** The variables that it names. */
const env = Object.fromEntries(
  [...reference.matchAll(/\benv:([A-Z][A-Z0-9_]+)/g)].map(([, name = '']) => [name, 'whsec_c2VjcmV0']),
);

let directory: string;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'iep-config-'));
  await mkdir(join(directory, 'tls'));
  for (const name of ['cert', 'key', 'ca'])
    writeFileSync(join(directory, 'tls', `${name}.pem`), '-----BEGIN TEST-----\n');
});
afterEach(() => rmSync(directory, { recursive: true }));

const check = (text: string) =>
  checkConfig({
    document: parse(text),
    env,
    directory,
    source: 'reference',
  });

describe('iep.config.example.yaml', () => {
  it('shows the defaults', () => {
    const { providers, routing, ...shown } = check(reference);
    const { providers: _, routing: __, ...defaults } = configSchema.parse({});
    expect(shown).toEqual(defaults);
  });

  it('is valid with every key turned on', () => {
    const config = check(everything);
    expect(config.smtp.tls?.implicitPort).toBe(4465);
    expect(config.providers.relay).toMatchObject({ type: 'smtp', password: 'whsec_c2VjcmV0' });
    expect(config.tenants).toHaveLength(1);
  });

  it('shows the defaults of a provider', () => {
    const shown = check(everything).providers.relay;
    const bare = check('providers: { relay: { type: smtp, host: smtp.example.com } }').providers.relay;
    expect(shown).toEqual({
      ...bare,
      paused: false,
      formerNames: ['old-relay'],
      ca: '-----BEGIN TEST-----',
      preset: 'office365',
      allowNetworks: ['10.0.0.0/8'],
      localName: 'mail.example.com',
      serverName: 'mail.example.com',
      username: 'iep',
      password: 'whsec_c2VjcmV0',
      returnPath: true,
      maxPerSecond: 14,
    });
  });

  it('shows the defaults of each vendor', () => {
    const shown = Object.values(check(everything).providers);
    const vendors = providerTypes.filter(
      ({ settings }) => settings instanceof z.ZodObject && 'endpoint' in settings.shape,
    );
    expect(vendors.length).toBeGreaterThan(0);
    for (const { type, settings } of vendors) {
      const { shape } = settings as z.ZodType as z.ZodObject;
      const one = shown.find((provider) => provider.type === type) ?? {};
      const given = Object.entries(one).filter(([key]) => !(shape[key] instanceof z.ZodDefault));
      expect(one, type).toEqual(settings.parse(Object.fromEntries(given)));
    }
  });

  it('shows what each type of provider takes alone', () => {
    const shared = Object.keys({ ...commonSettings, ...httpSettings('') });
    const shown = Object.values<{ readonly type: string }>(parse(everything).providers);
    for (const { type, settings } of providerTypes) {
      const keys = keysOf(settings);
      const own = keys.kind === 'group' ? Object.keys(keys.keys).filter((key) => !shared.includes(key)) : [];
      const named = shown.filter((one) => one.type === type).flatMap((one) => Object.keys(one));
      expect(
        own.filter((key) => !named.includes(key)),
        type,
      ).toEqual([]);
    }
  });

  it('names every key of the schema, and only those', () => {
    const named = new Set(pathsIn(parse(everything)).map(generic));
    expect([...named].sort()).toEqual([...new Set(pathsOf(keysOf(configSchema)))].sort());
  });
});

/** Paths of a document as the schema names them: `*` for names of the user's choice and for the indexes of a list. */
function pathsIn(value: unknown, prefix: readonly string[] = []): readonly string[] {
  const isList = Array.isArray(value);
  if (isList && typeof value[0] !== 'object') return [[...prefix, '0'].join('.')];
  if (typeof value !== 'object' || value === null) return [prefix.join('.')];
  return Object.entries(value).flatMap(([name, inner]) => pathsIn(inner, [...prefix, name]));
}

function generic(path: string): string {
  return path
    .replace(/^(providers|profiles)\.[^.]+/, '$1.*')
    .replace(/(?<=\.split\.|\.social\.|^tracing\.headers\.)[^.]+$/, '*')
    .replace(/(?<=\.roles\.map\.)[^.]+/, '*')
    .replace(/\.\d+(?=\.|$)/g, '.*');
}
