/** `iep stats`: messages by status over time, and what became of their recipients. */

import { type Command, Option } from 'commander';
import { counted } from '../../core/counted.ts';
import { type Fate, type RefusingLimit, refusingLimits } from '../../core/tally.ts';
import { localTime } from '../../core/time-text.ts';
import { withClient } from '../client/client.ts';
import type { StatsJson } from '../client/wire.ts';
import type { Globals } from '../globals.ts';
import { severalTenants } from '../of-tenants.ts';
import { print, printJson, printTable } from '../output.ts';
import { rateText } from '../rate-text.ts';
import type { Shell } from '../shell.ts';
import { moment, spanEnd } from '../values.ts';

type Options = Globals & {
  readonly since?: number;
  readonly until?: number;
  readonly bucket?: string;
  readonly by?: string;
};
type Fared = Pick<StatsJson, 'recipients' | 'rates' | Fate>;

export function stats(command: Command, shell: Shell): void {
  const past = moment(shell.clock.now(), 'past');
  command
    .option('--since <time>', 'from: 24h, 7d, or 2027-01-31', past)
    .option('--until <time>', 'to; now where not given; a date is included', spanEnd(shell.clock.now()))
    .addOption(new Option('--bucket <size>', 'a row each').choices(['hour', 'day']))
    .addOption(
      new Option('--by <what>', 'divide what became of recipients').choices(['provider', 'tenant', 'template']),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ iep stats\n  $ iep stats --since 7d --bucket day --tenant acme\n  $ iep stats --since 30d --by provider\n  $ iep stats --since 30d --by template\n',
    )
    .action(async () => {
      const options = command.optsWithGlobals<Options>();
      const iso = (at: number | undefined) => (at === undefined ? undefined : new Date(at).toISOString());
      const query = { from: iso(options.since), to: iso(options.until), bucket: options.bucket, by: options.by };
      await withClient({ shell, globals: options }, async (client) => {
        const answer = await client.json<StatsJson>('GET', '/v1/stats', { query });
        const byTenant: (Fared & Pick<StatsJson, 'total' | 'byStatus'> & { readonly tenant: string })[] = [];
        for (const tenant of (await severalTenants(client))?.values() ?? []) {
          const headers = { 'x-iep-tenant': tenant };
          const { total, byStatus, ...more } = await client.json<StatsJson>('GET', '/v1/stats', { query, headers });
          byTenant.push({ tenant, total, byStatus, ...faredOf(more) });
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
        printRefused(shell, answer);
        printFared(shell, answer, options.by === undefined || options.by === 'tenant' ? byTenant : []);
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

/** What has a column; the rest is in `--json`. */
const shown = ['delivered', 'bounced', 'complained', 'opened', 'clicked'] as const satisfies readonly Fate[];

const refusedBecause = {
  rateLimited: 'over a rate limit',
  tooManyRecipients: 'with too many recipients',
  tooLarge: 'too large',
} as const satisfies Record<RefusingLimit, string>;

function printRefused(shell: Shell, { refused }: StatsJson): void {
  const parts = refusingLimits
    .filter((limit) => refused[limit] > 0)
    .map((limit) => `${counted(refused[limit], 'message')} ${refusedBecause[limit]}`);
  if (parts.length > 0) print(shell, `Refused: ${parts.join(', ')}`);
}

function faredOf({ recipients, rates, ...counts }: Fared): Fared {
  const { delivered, bounced, complained, opened, clicked, openedByMachine, clickedByMachine } = counts;
  return {
    ...{ recipients, delivered, bounced, complained, opened, clicked, openedByMachine, clickedByMachine },
    rates,
  };
}

/** Beside people: recipients for whom a scanner or a proxy did it. */
function byMachines(fate: (typeof shown)[number], { openedByMachine, clickedByMachine }: Fared): string {
  const count = { opened: openedByMachine, clicked: clickedByMachine }[String(fate)] ?? 0;
  return count === 0 ? '' : ` and ${count} machine${count === 1 ? '' : 's'}`;
}

function headOf({ byProvider, byTemplate }: StatsJson): string {
  if (byTemplate !== undefined) return 'TEMPLATE';
  return byProvider === undefined ? 'TENANT' : 'PROVIDER';
}

/** What became of recipients: of each provider, template or tenant where that is asked for, and of all. */
function printFared(shell: Shell, answer: StatsJson, tenants: readonly (Fared & { readonly tenant: string })[]): void {
  if (answer.recipients === 0 && shown.every((fate) => answer[fate] === 0)) return;
  const cells = (label: string, fared: Fared) => [
    label,
    fared.recipients,
    ...shown.map((fate) => `${fared[fate]}${rateText(fared.rates[fate])}${byMachines(fate, fared)}`),
  ];
  const parts = [
    ...(answer.byProvider ?? []).map((part) => cells(part.provider || 'unknown', part)),
    ...(answer.byTemplate ?? []).map((part) => cells(part.template || '(none)', part)),
    ...(answer.byTenant ?? tenants).map((part) => cells(part.tenant, part)),
  ];
  const { from, to } = answer.counted;
  print(shell, `\nWhat was heard of recipients, ${localTime(from)} to ${localTime(to)}`);
  printTable(
    shell,
    [parts.length === 0 ? '' : headOf(answer), 'RECIPIENTS', ...shown.map((fate) => fate.toUpperCase())],
    [...parts, cells('all', answer)],
  );
}
