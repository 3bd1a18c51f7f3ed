/** The versions of IEP, Node and SQLite. Baked in by the build; read from the source tree otherwise. */

import { readTextAsset } from './assets.ts';

export interface Versions {
  readonly version: string;
  /** Short hash, with `+` when the tree had changes; `source` when it was not built. */
  readonly commit: string;
  readonly node: string;
  readonly sqlite: string;
}

/** Put in place of this name by scripts/build.ts. */
declare const IEP_BUILD: Pick<Versions, 'version' | 'commit' | 'sqlite'>;

export function versions(): Versions {
  const build = typeof IEP_BUILD === 'undefined' ? sourceVersions() : IEP_BUILD;
  return { version: build.version, commit: build.commit, node: process.versions.node, sqlite: build.sqlite };
}

/** One line for a person. */
export function versionLine({ version, commit, node, sqlite }: Versions): string {
  return `iep ${version} (commit ${commit}, Node ${node}, SQLite ${sqlite})`;
}

function sourceVersions(): typeof IEP_BUILD {
  const { version } = JSON.parse(readTextAsset('package.json')) as { version: string };
  const header = readTextAsset('node_modules/better-sqlite3/deps/sqlite3/sqlite3.h');
  const sqlite = /#define SQLITE_VERSION\s+"([\d.]+)"/.exec(header)?.[1] ?? 'unknown';
  return { version, commit: 'source', sqlite };
}
