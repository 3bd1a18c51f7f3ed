/** The files of the data directory, and where each lies. */

import { join } from 'node:path';

/** Touched by each process that commits; the others watch it. */
export const WAKE_FILE = 'wake';

export interface DataDirectory {
  readonly path: string;
  readonly database: string;
  readonly blobs: string;
  readonly masterKey: string;
  /** The key before, while a rotation is under way. */
  readonly previousKey: string;
}

export function dataDirectory(path: string): DataDirectory {
  return {
    path,
    database: join(path, 'iep.db'),
    blobs: join(path, 'blobs'),
    masterKey: join(path, 'master.key'),
    previousKey: join(path, 'master.key.previous'),
  };
}
