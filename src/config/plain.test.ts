import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { loadConfig } from '../cli/configuration.ts';
import { plainConfig } from './plain.ts';

const cwd = mkdtempSync(join(tmpdir(), 'iep-plain-'));
const filled = mkdtempSync(join(tmpdir(), 'iep-plain-'));
writeFileSync(join(filled, 'iep.config.yaml'), 'dataDir: elsewhere\n');
afterAll(() => [cwd, filled].forEach((directory) => void rmSync(directory, { recursive: true })));

it.each([
  ['nothing', {}],
  ['the data directory', { IEP_DATADIR: 'mine' }],
  ['an empty one', { IEP_DATADIR: '', IEP_CONFIG: '' }],
  ['variables that set no key', { IEP_TENANT: 'acme', IEP_URL: 'http://127.0.0.1:1', HOME: '/x' }],
])('is what the schema makes of an environment that names %s', (_what, env) => {
  const { originOf: _, ...loaded } = loadConfig({ env, cwd, dev: true });
  expect(plainConfig({ env, cwd })).toEqual(loaded);
});

it.each([
  ['a file', { file: 'some.yaml', env: {}, cwd }],
  ['a file in the environment', { env: { IEP_CONFIG: 'some.yaml' }, cwd }],
  ['a file of the working directory', { env: {}, cwd: filled }],
  ['a key', { env: { IEP_LOCAL_CONTROL: 'off' }, cwd }],
  ['a variable that nobody knows', { env: { IEP_DATA_DIR: 'x' }, cwd }],
  ['a variable of the platform', { env: { IEP_SERVICE_HOST: '10.0.0.1' }, cwd }],
  ['another variable', { env: { IEP_DATADIR: 'env:FOLDER' }, cwd }],
])('leaves %s to the schema', (_what, options) => {
  expect(plainConfig(options)).toBeUndefined();
});
