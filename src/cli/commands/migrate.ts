/** `iep migrate`: the schema of this version, before the daemon starts. `iep serve` does the same by itself. */

import type { Command } from 'commander';
import { localActor } from '../../audit/audit.ts';
import type { Globals } from '../globals.ts';
import { requireLocal } from '../local-only.ts';
import { openExistingStore } from '../local-store.ts';
import { print, printJson } from '../output.ts';
import type { Shell } from '../shell.ts';

export function migrate(command: Command, shell: Shell): void {
  command
    .addHelpText(
      'after',
      `
A copy of the database is put in the data directory's backups folder first, where the schema changes.
A database of a newer version is refused and left as it is.

Example:
  $ iep --config /etc/iep/iep.config.yaml migrate
`,
    )
    .action(async () => {
      const options = command.optsWithGlobals<Globals>();
      requireLocal(shell, options, 'migrate');
      const local = await openExistingStore(shell, options);
      try {
        const { schema, file, sqlite } = await local.store.info();
        const action = { action: 'migrate', outcome: 'done', target: `schema ${schema}`, changes: {} };
        await local.audit.record({ actor: localActor(), source: 'local', ...action });
        if (options.json === true) printJson(shell, { schema, file, sqlite });
        else print(shell, `${file}: schema ${schema}, current`);
      } finally {
        await local.close();
      }
    });
}
