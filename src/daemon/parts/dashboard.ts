/** The files of the dashboard, as the build left them: each in two compressed forms under its name. */

import { createHash } from 'node:crypto';
import { isExecutable, listAssets, readAsset } from '../../base/embedded/assets.ts';
import type { Dashboard, DashboardFile } from '../../http/dashboard.ts';

/** Where the build puts them, and their names in the executable. */
export const DASHBOARD_FILES = 'dist/ui';

/** From source they are read anew each time, because a build may change them while the daemon runs. */
export function createDashboard(): Dashboard {
  let known: ReadonlyMap<string, () => DashboardFile> | undefined;
  const files = () => {
    if (known === undefined || !isExecutable()) known = findFiles();
    return known;
  };
  return { file: (name) => files().get(name)?.() };
}

function findFiles(): ReadonlyMap<string, () => DashboardFile> {
  const names = present().map((asset) => asset.slice(DASHBOARD_FILES.length + 1));
  const whole = names.filter((name) => name.endsWith('.gz')).map((name) => name.slice(0, -'.gz'.length));
  return new Map(whole.map((name) => [name, once(() => readFile(name))]));
}

/** None where the daemon runs from source and nobody has built them. */
function present(): readonly string[] {
  try {
    return listAssets(DASHBOARD_FILES);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

function readFile(name: string): DashboardFile {
  const gzip = readAsset(`${DASHBOARD_FILES}/${name}.gz`);
  const br = readAsset(`${DASHBOARD_FILES}/${name}.br`);
  return { gzip, br, tag: createHash('sha256').update(gzip).digest('base64url').slice(0, 22) };
}

function once<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
