import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadSqliteAddon, settleSqliteAddon } from './addon.ts';
import { listAssets, readAsset, readTextAsset, sourcePath } from './assets.ts';
import { versionLine, versions } from './version.ts';

describe('the SQLite addon', () => {
  it('is loaded from one file, however often', () => {
    expect(settleSqliteAddon()).toBe(settleSqliteAddon());
    expect(Object.keys(loadSqliteAddon())).toContain('Database');
    expect(Object.keys(loadSqliteAddon())).toContain('Database');
  });
});

describe('assets in the source tree', () => {
  it('are its files, by their paths', () => {
    const names = listAssets('src/db/migrations');
    expect(names).toEqual(
      readdirSync(sourcePath('src/db/migrations'))
        .sort()
        .map((name) => `src/db/migrations/${name}`),
    );
    const [first = ''] = names;
    expect(new TextDecoder().decode(readAsset(first))).toBe(readTextAsset(first));
  });

  it('fail loudly where there is none', () => {
    expect(() => readAsset('src/db/migrations/none.sql')).toThrow(/ENOENT/);
  });
});

describe('versions', () => {
  it('name IEP, commit, Node and SQLite', () => {
    expect(versionLine(versions())).toMatch(
      /^iep \d+\.\d+\.\d+ \(commit source, Node 26\.\d+\.\d+, SQLite 3\.\d+\.\d+\)$/,
    );
  });
});
