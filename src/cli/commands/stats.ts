/** `iep stats`: counts by status over time. */

import { type Command, Option } from 'commander';
import { counted } from '../../core/counted.ts';
import { localTime } from '../../core/time-text.ts';
import { withClient } from '../client/client.ts';
import type { StatsJson } from '../client/wire.ts';
import type { Globals } from '../globals.ts';
import { severalTenants } from '../of-tenants.ts';
import { print, printJson, printTable } from '../output.ts';
import type { Shell } from '../shell.ts';
import { endOf, moment } from '../values.ts';

type Options = Globals & { readonly since?: number; readonly until?: number; readonly bucket?: string };

export function stats(command: Command, shell: Shell): void {
  const past = moment(shell.clock.now(), 'past');
  command
    .option('--since <time>', 'from: 24h, 7d, or 2027-01-31', past)
    .option('--until <time>', 'to; now where not given; a date is included', endOf(shell.clock.now()))
    .addOption(new Option('--bucket <size>', 'a row each').choices(['hour', 'day']))
    .addHelpText('after', '\nExamples:\n  $ iep stats\n  $ iep stats --since 7d --bucket day --tenant acme\n')
    .action(async () => {
      const options = command.optsWithGlobals<Options>();
      const iso = (at: number | undefined) => (at === undefined ? undefined : new Date(at).toISOString());
      const query = { from: iso(options.since), to: iso(options.until), bucket: options.bucket };
      await withClient({ shell, globals: options }, async (client) => {
        const answer = await client.json<StatsJson>('GET', '/v1/stats', { query });
        const byTenant: { tenant: string; total: number; byStatus: StatsJson['byStatus'] }[] = [];
        for (const tenant of (await severalTenants(client))?.values() ?? []) {
          const headers = { 'x-iep-tenant': tenant };
          const { total, byStatus } = await client.json<StatsJson>('GET', '/v1/stats', { query, headers });
          byTenant.push({ tenant, total, byStatus });
        }
        if (options.json === true) return printJson(shell, byTenant.length > 0 ? { ...answer, byTenant } : answer);
        printStats(shell, answer);
        const columns = Object.keys(answer.byStatus).sort();
        if (byTenant.length > 0) {
          printTable(
            shell,
            ['TENANT', ...columns.map((status) => status.toUpperCase())],
            byTenant.map(({ tenant, byStatus }) => [tenant, ...columns.map((status) => byStatus[status] ?? 0)]),
          );
        }
      });
    });
}

function printStats(shell: Shell, { from, to, total, byStatus, buckets }: StatsJson): void {
  print(shell, `${counted(total, 'message')}, ${localTime(from)} to ${localTime(to)}`);
  if (total === 0) return;
  const columns = Object.keys(byStatus).sort();
  const row = (label: string, counts: Readonly<Record<string, number>>) => [
    label,
    ...columns.map((status) => counts[status] ?? 0),
  ];
  printTable(
    shell,
    ['FROM', ...columns.map((status) => status.toUpperCase())],
    [...buckets.map((bucket) => row(localTime(bucket.at), bucket.byStatus)), row('all', byStatus)],
  );
}
