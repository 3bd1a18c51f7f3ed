/** `iep analytics`: what became of recipients over time, by tenant, provider, category or template. */

import { type Command, Option } from 'commander';
import { type Fate, fates } from '../../core/tally.ts';
import { localTime } from '../../core/time-text.ts';
import { withClient } from '../client/client.ts';
import { textOf } from '../client/response.ts';
import type { AnalyticsJson } from '../client/wire.ts';
import type { Globals } from '../globals.ts';
import { print, printJson, printTable } from '../output.ts';
import { rateText } from '../rate-text.ts';
import type { Shell } from '../shell.ts';
import { moment, spanEnd } from '../values.ts';

type Options = Globals & {
  readonly since?: number;
  readonly until?: number;
  readonly bucket?: string;
  readonly by?: string;
  readonly provider?: string;
  readonly category?: string;
  readonly template?: string;
  readonly csv?: true;
};

export function analytics(command: Command, shell: Shell): void {
  const now = shell.clock.now();
  command
    .option('--since <time>', 'from: 24h, 7d, or 2027-01-31', moment(now, 'past'))
    .option('--until <time>', 'to; now where not given; a date is included', spanEnd(now))
    .addOption(new Option('--bucket <size>', 'a row each').choices(['hour', 'day']))
    .addOption(new Option('--by <what>', 'a series for each').choices(['tenant', 'provider', 'category', 'template']))
    .option('--provider <name>', 'of what went by this provider')
    .option('--category <name>', 'of messages of this category')
    .option('--template <name>', 'of messages that were made with this template')
    .option('--csv', 'as CSV, with every series')
    .addHelpText(
      'after',
      '\nExamples:\n  $ iep analytics --by provider\n  $ iep analytics --since 30d --by category --csv > rates.csv\n  $ iep analytics --by category --template welcome\n',
    )
    .action(async () => {
      const { since, until, bucket, by, provider, category, template, csv, json, ...rest } =
        command.optsWithGlobals<Options>();
      const iso = (at: number | undefined) => (at === undefined ? undefined : new Date(at).toISOString());
      const query = { from: iso(since), to: iso(until), bucket, by, provider, category, template };
      await withClient({ shell, globals: rest }, async (client) => {
        if (csv === true)
          return print(shell, await textOf(await client.call('GET', '/v1/analytics/export', { query })));
        const answer = await client.json<AnalyticsJson>('GET', '/v1/analytics', { query });
        if (json === true) return printJson(shell, answer);
        printSeries(shell, answer, by);
      });
    });
}

function printSeries(shell: Shell, { items, counted }: AnalyticsJson, by: string | undefined): void {
  print(shell, `What was heard of recipients, ${localTime(counted.from)} to ${localTime(counted.to)}`);
  const isEmpty = (fate: Fate) => items.every((series) => series[fate] === 0);
  const shown = fates.filter((fate) => !isEmpty(fate));
  const cells = (row: AnalyticsJson['items'][number]['buckets'][number]) => [
    row.recipients,
    ...shown.map((fate) => `${row[fate]}${rateText(row.rates[fate])}`),
  ];
  const name = (series: AnalyticsJson['items'][number]) => (series.isRest ? '(others)' : series.name || '(none)');
  printTable(
    shell,
    [...(by === undefined ? [] : [by.toUpperCase()]), 'FROM', 'RECIPIENTS', ...shown.map((fate) => fate.toUpperCase())],
    items.flatMap((series) =>
      series.buckets.map((bucket) => [
        ...(by === undefined ? [] : [name(series)]),
        localTime(bucket.at),
        ...cells(bucket),
      ]),
    ),
  );
}
