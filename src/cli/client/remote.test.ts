import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fakeShell } from '../shell.testing.ts';
import { findTarget } from './remote.ts';

let directory: string;
let config: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'iep-remote-'));
  config = join(directory, 'iep.config.yaml');
});
afterEach(() => rmSync(directory, { recursive: true }));

const production = '{ url: https://mail.example.com, apiKey: env:PRODUCTION_KEY, tenant: acme }';
const find = (env: Record<string, string> = {}, globals: Parameters<typeof findTarget>[1] = {}) =>
  findTarget(fakeShell({ env }), { config, ...globals }, { purpose: 'read' });

it('is the local store where nothing names a daemon, whatever profiles there are', async () => {
  writeFileSync(config, `profiles: { production: ${production} }`);
  expect(await find()).toMatchObject({ kind: 'local', loaded: { file: config } });
});

it('is the profile that an option or the environment names, with its key and tenant', async () => {
  writeFileSync(config, `profiles: { production: ${production} }`);
  const expected = { kind: 'remote', url: 'https://mail.example.com', apiKey: 'iep_p', tenant: 'acme' };
  const env = { PRODUCTION_KEY: 'iep_p', IEP_API_KEY: 'iep_other' };
  expect(await find(env, { profile: 'production' })).toEqual(expected);
  expect(await find({ ...env, IEP_PROFILE: 'production' })).toEqual(expected);
  expect(await find(env, { profile: 'production', tenant: 'umbrella', apiKey: 'iep_mine' })).toEqual({
    ...expected,
    ...{ tenant: 'umbrella', apiKey: 'iep_mine' },
  });
});

it('is the profile "default" where nothing else is named; a URL goes before it', async () => {
  writeFileSync(config, 'profiles: { default: { url: http://127.0.0.1:1 } }');
  expect(await find({ IEP_API_KEY: 'iep_x' })).toMatchObject({ url: 'http://127.0.0.1:1', apiKey: 'iep_x' });
  expect(await find({ IEP_URL: 'http://127.0.0.1:2' })).toMatchObject({ url: 'http://127.0.0.1:2' });
  expect(await find({ IEP_URL: 'http://127.0.0.1:2' }, { profile: 'default' })).toMatchObject({
    url: 'http://127.0.0.1:1',
  });
});

it('refuses a profile that is not there, and one whose key cannot be had here', async () => {
  writeFileSync(
    config,
    `profiles: { production: ${production}, filed: { url: http://127.0.0.1:1, apiKey: file:none } }`,
  );
  await expect(find({}, { profile: 'staging' })).rejects.toMatchObject({
    exit: 78,
    message: expect.stringContaining('has no profile "staging"'),
    hint: 'It has: production, filed.',
  });
  await expect(find({}, { profile: 'production' })).rejects.toThrow('profiles.production.apiKey: env:PRODUCTION_KEY');
  await expect(find({}, { profile: 'filed' })).rejects.toThrow('profiles.filed.apiKey: file:none cannot be read');
});
