/** `iep audit`: who managed what, and whether the record of it is whole. */

import type { Command } from 'commander';
import { counted } from '../../core/counted.ts';
import { localTime } from '../../core/time-text.ts';
import { withClient } from '../client/client.ts';
import { allRows } from '../client/rows.ts';
import type { AuditJson, AuditVerdictJson } from '../client/wire.ts';
import { Exit } from '../failure.ts';
import type { Globals } from '../globals.ts';
import { print, printJson, printTable, remark } from '../output.ts';
import type { Shell } from '../shell.ts';
import { moment, wholeNumber } from '../values.ts';

const PATH = '/v1/admin/audit';
/** sysexits(3): EX_DATAERR. */
const BROKEN = 65;

interface ListOptions extends Globals {
  readonly actor?: string;
  readonly action?: string;
  readonly since?: number;
  readonly until?: number;
  readonly limit: number;
}

export function audit(command: Command, shell: Shell): void {
  command.addHelpText('after', '\nExamples:\n  $ iep audit list --since 24h\n  $ iep audit verify\n');
  addList(command, shell);
  addVerify(command, shell);
}

function addList(command: Command, shell: Shell): void {
  command
    .command('list')
    .description('list management actions, newest first')
    .option('--actor <who>', "a key's id, prefix or name, or a user's name")
    .option('--action <part>', 'part of the action, such as key. or remove')
    .option('--since <time>', 'from then on: 24h, or 2027-01-31', moment(shell.clock.now(), 'past'))
    .option('--until <time>', 'before then', moment(shell.clock.now(), 'past'))
    .option('--limit <n>', 'at most so many', wholeNumber, 50)
    .addHelpText(
      'after',
      `
Every change by a key with the scope admin or operator, or at the command line, is here, refused ones too.
--json shows the whole entry, with what changed.

Examples:
  $ iep audit list --since 24h
  $ iep audit list --tenant acme --action key. --json
`,
    )
    .action(async (_options, self: Command) => {
      const options = self.optsWithGlobals<ListOptions>();
      // The tenant is a filter here, and not whom the call is for.
      const { tenant, ...globals } = options;
      await withClient({ shell, globals }, async (client) => {
        const { actor, action, limit } = options;
        const query = { tenant, actor, action, since: rfc3339(options.since), until: rfc3339(options.until) };
        const entries = await allRows<AuditJson>(client, PATH, { query, limit });
        if (options.json === true) return printJson(shell, entries);
        if (entries.length === 0) return print(shell, 'The audit log has no such entry.');
        printTable(
          shell,
          ['SEQ', 'TIME', 'WHO', 'FROM', 'ACTION', 'TARGET', 'TENANT', 'OUTCOME'],
          entries.map((entry) => [
            entry.seq,
            localTime(entry.at),
            `${entry.actor.kind} ${entry.actor.name ?? entry.actor.id}`,
            entry.source,
            entry.action,
            entry.target,
            entry.tenant,
            entry.outcome,
          ]),
        );
      });
    });
}

function rfc3339(at: number | undefined): string | undefined {
  return at === undefined ? undefined : new Date(at).toISOString();
}

function addVerify(command: Command, shell: Shell): void {
  command
    .command('verify')
    .description('say whether anything was changed in, or cut from, the audit log; exits with 65 where it was')
    .option('--from <seq>', 'begin at this entry, where an earlier break is known', wholeNumber, 1)
    .addHelpText(
      'after',
      `
Each entry holds the hash of the one before, and the last one is vouched for by the master key. Keep the number and
hash that are printed elsewhere: they also show a database that was put back to an earlier state.

Example:
  $ iep audit verify
`,
    )
    .action(async (_options, self: Command) => {
      const options = self.optsWithGlobals<Globals & { from: number }>();
      await withClient({ shell, globals: options }, async (client) => {
        const verdict = await client.json<AuditVerdictJson>('GET', `${PATH}/verify`, { query: { from: options.from } });
        if (options.json === true) printJson(shell, verdict);
        else tell(shell, verdict);
        if (!verdict.intact) throw new Exit(BROKEN);
      });
    });
}

function tell(shell: Shell, { intact, entries, head, breaks }: AuditVerdictJson): void {
  if (intact) {
    print(
      shell,
      `${counted(entries, 'entry', 'entries')}, intact${head === null ? '' : `; the last is ${head.seq} ${head.hash}`}`,
    );
    return;
  }
  const [first] = breaks;
  print(shell, `BROKEN at entry ${first?.seq}: ${first?.reason}`);
  for (const { seq, reason } of breaks.slice(1)) print(shell, `also at entry ${seq}: ${reason}`);
  remark(
    shell,
    `${counted(entries, 'entry', 'entries')} examined. Compare with a backup, and with the lines \`audit\` of the log.`,
  );
}
