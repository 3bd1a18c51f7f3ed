/** `iep migrate`: the schema of this version, before the daemon starts. `iep serve` does the same by itself. */

import type { Command } from 'commander';
import { lockDirectory } from '../../db/datadir/lock.ts';
import { localActor } from '../../manage/audit/audit.ts';
import { requireLocal } from '../client/local-only.ts';
import { openLocalStore } from '../client/local-store.ts';
import { readStoreConfig } from '../client/read-config.ts';
import type { Globals } from '../globals.ts';
import { print, printJson } from '../output.ts';
import type { Shell } from '../shell.ts';

export function migrate(command: Command, shell: Shell): void {
  command
    .option('--compact', 'also write the file anew, without what it no longer needs; the daemon must be stopped')
    .addHelpText(
      'after',
      `
A copy of the database is put in the data directory's backups folder first, where the schema changes.
Refused while a daemon of an older version runs. A database of a newer version is refused and left as it is.

Examples:
  $ iep --config /etc/iep/iep.config.yaml migrate
  $ iep migrate --compact
`,
    )
    .action(async () => {
      const options = command.optsWithGlobals<Globals & { compact?: true }>();
      requireLocal(shell, options, 'migrate');
      const local = await openLocalStore(shell, readStoreConfig(shell, options), { purpose: 'read', migrates: true });
      try {
        if (options.compact === true) {
          const lock = lockDirectory(local.config.dataDir);
          try {
            await local.care.compact();
          } finally {
            lock.release();
          }
        }
        const { schema, file, sqlite } = await local.care.info();
        const action = { action: 'migrate', outcome: 'done', target: `schema ${schema}`, changes: {} };
        await local.audit.record({ actor: localActor(), source: 'local', ...action });
        if (options.json === true) printJson(shell, { schema, file, sqlite });
        else print(shell, `${file}: schema ${schema}, current`);
      } finally {
        await local.close();
      }
    });
}
