/** The reference file says what the schema says: every key is in it, and what it shows as default is the default. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { checkConfig, configSchema } from '../cli/configuration.ts';
import { keysOf, pathsOf } from './keys.ts';

const reference = readFileSync(join(import.meta.dirname, '../../iep.config.example.yaml'), 'utf8');
/** With every key that is off turned on: `#key:` and `#- key:` are keys, `# Text` is prose. */
const everything = reference
  .replace(/^( *)#(?=(- )?\w+:)/gm, '$1')
  .replace(/^( *\w+): \[\](?=\n( *#.*\n)* *- )/gm, '$1:');

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
    env: {
      RELAY_PASSWORD: 'secret',
      SENDGRID_API_KEY: 'secret',
      OFFICE_SECRET: 'secret',
      OFFICE_REFRESH_TOKEN: 'secret',
      WORKSPACE_KEY: 'secret',
      AWS_ACCESS_KEY_ID: 'id',
      AWS_SECRET_ACCESS_KEY: 'secret',
      OTLP_AUTHORIZATION: 'Bearer secret',
    },
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
    expect(config.providers.relay).toMatchObject({ type: 'smtp', password: 'secret' });
    expect(config.tenants).toHaveLength(1);
  });

  it('shows the defaults of a provider', () => {
    const shown = check(everything).providers.relay;
    const bare = check('providers: { relay: { type: smtp, host: smtp.example.com } }').providers.relay;
    expect(shown).toEqual({
      ...bare,
      ca: '-----BEGIN TEST-----',
      preset: 'office365',
      localName: 'mail.example.com',
      serverName: 'mail.example.com',
      username: 'iep',
      password: 'secret',
      maxPerSecond: 14,
    });
  });

  it('shows the defaults of a vendor', () => {
    const shown = check(everything).providers.sendgrid;
    const bare = check('providers: { sendgrid: { type: sendgrid, apiKey: secret } }').providers.sendgrid;
    expect(shown).toEqual({ ...bare, ipPool: 'transactional' });
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
    .replace(/(?<=\.split\.|^tracing\.headers\.)[^.]+$/, '*')
    .replace(/\.\d+(?=\.|$)/g, '.*');
}
