/** `iep queue`: what is waiting, by tenant, lane and age; and the levers on it. */

import type { Command } from 'commander';
import { age, localTime } from '../../core/time-text.ts';
import { type Client, withClient } from '../client/client.ts';
import type { PausedJson, QueueJson } from '../client/wire.ts';
import type { Globals } from '../globals.ts';
import { print, printJson, printTable, remark } from '../output.ts';
import type { Shell } from '../shell.ts';

const PATH = '/v1/admin/queue';

export function queue(command: Command, shell: Shell): void {
  command.addHelpText(
    'after',
    `
Examples:
  $ iep queue
  $ iep queue flush --tenant acme
  $ iep queue pause
`,
  );
  command
    .command('list', { isDefault: true })
    .description('what is waiting (this is what `iep queue` alone does)')
    .action(async (_options, self: Command) => {
      const options = self.optsWithGlobals<Globals>();
      await withClient({ shell, globals: options }, async (client) => {
        const answer = await client.json<QueueJson>('GET', PATH, { query: { tenant: client.tenant } });
        if (answer.paused) remark(shell, 'The whole queue is paused; `iep queue resume` lets it go on.');
        if (options.json === true)
          printJson(
            shell,
            answer.items.map((row) => ({ ...row, paused: row.paused || answer.paused })),
          );
        else printQueue(shell, answer);
      });
    });
  addLever(command, shell, { name: 'flush', description: 'try at once all that waits; schedules stay' });
  addLever(command, shell, {
    name: 'pause',
    description: 'stop sending, of --tenant or of all; mail is still accepted',
  });
  addLever(command, shell, { name: 'resume', description: 'send again' });
}

function addLever(command: Command, shell: Shell, lever: { name: 'flush' | 'pause' | 'resume'; description: string }) {
  command
    .command(lever.name)
    .description(lever.description)
    .action(async (_options, self: Command) => {
      const options = self.optsWithGlobals<Globals>();
      await withClient({ shell, globals: options, purpose: 'write' }, async (client) => {
        const json = client.tenant === undefined ? {} : { tenant: client.tenant };
        const answer = await client.json<PausedJson | { flushed: number }>('POST', `${PATH}/${lever.name}`, { json });
        if (options.json === true) return printJson(shell, answer);
        const whose = client.tenant ?? 'all tenants';
        if ('flushed' in answer) {
          print(shell, `${answer.flushed} due now, of ${whose}`);
          await remarkHeld(shell, client);
        } else if (answer.paused) print(shell, `Paused: ${whose}`);
        else printResumed(shell, answer);
      });
    });
}

/** A flush does not end a pause. */
async function remarkHeld(shell: Shell, client: Client): Promise<void> {
  const { paused, items } = await client.json<QueueJson>('GET', PATH, { query: { tenant: client.tenant } });
  if (paused) remark(shell, 'The whole queue is paused: no mail goes until `iep queue resume`.');
  for (const slug of new Set(items.filter((row) => row.paused).map((row) => row.tenant))) {
    remark(shell, `The queue of ${slug} is paused: its mail goes after \`iep queue resume --tenant ${slug}\`.`);
  }
}

/** A tenant that is paused by name and the whole queue are resumed apart; what still holds mail is said. */
function printResumed(shell: Shell, { tenant, allPaused, pausedTenants }: PausedJson): void {
  if (tenant !== null) {
    print(shell, `Resumed: ${tenant}`);
    if (allPaused) remark(shell, 'The whole queue is still paused; `iep queue resume` lets it go on.');
    return;
  }
  print(shell, `Resumed: all tenants${pausedTenants.length === 0 ? '' : ' that are not paused by name'}`);
  for (const slug of pausedTenants) {
    remark(shell, `${slug} is still paused; \`iep queue resume --tenant ${slug}\` lets it go on.`);
  }
}

function printQueue(shell: Shell, { items }: QueueJson): void {
  if (items.length === 0) {
    print(shell, 'Nothing is waiting.');
    return;
  }
  const now = shell.clock.now();
  printTable(
    shell,
    ['TENANT', 'LANE', 'WAITING', 'DUE', 'IN FLIGHT', 'SCHEDULED', 'OLDEST', 'NEXT', 'STATE'],
    items.map((row) => [
      row.tenant,
      row.lane,
      row.waiting,
      row.due,
      row.leased,
      row.scheduled,
      age(now - Date.parse(row.oldestAt)),
      localTime(row.nextDueAt),
      row.active ? (row.paused ? 'paused' : '') : 'inactive',
    ]),
  );
}
