/** What the lines of the chart add up to, each with its colour; who cannot see the chart has it here. */

import type { Analytics } from '../../api/types.ts';
import { type Column, Table } from '../../kit/table.tsx';
import { countText } from '../../kit/time.tsx';
import { rateText } from './measures.ts';

type Series = Analytics['items'][number];

const rates = [
  ['delivered', 'Delivered'],
  ['bounced', 'Bounced'],
  ['complained', 'Complained'],
  ['opened', 'Opened'],
  ['clicked', 'Clicked'],
] as const;
/** Of machines, below that of people. */
const machines = { opened: 'openedByMachine', clicked: 'clickedByMachine' } as const;

export function SeriesTable({ series, by }: { series: readonly Series[]; by: string }) {
  const columns: readonly Column<Series>[] = [
    {
      head: by === '' ? 'Mail' : by.charAt(0).toUpperCase() + by.slice(1),
      cell: (one) => (
        <span class="series-name" data-series={series.indexOf(one) + 1}>
          {nameOf(one, by)}
        </span>
      ),
    },
    { head: 'Recipients', kind: 'end', cell: ({ recipients }) => countText(recipients) },
    ...rates.map(
      ([name, head]): Column<Series> => ({
        head,
        kind: 'end',
        cell: (one) => (
          <div class="rate" title={countText(one[name])}>
            {rateText(one.rates[name])}
            {name in machines && <MachineRate series={one} of={name as keyof typeof machines} />}
          </div>
        ),
      }),
    ),
  ];
  return (
    <Table label="In all" rows={series} columns={columns} rowKey={({ name, isRest }) => `${isRest} ${name}`} isPlain />
  );
}

function MachineRate({ series, of }: { series: Series; of: keyof typeof machines }) {
  const count = series[machines[of]];
  return count === 0 ? null : <div class="sub">and {rateText(series.rates[machines[of]])} machines</div>;
}

function nameOf({ name, isRest }: Series, by: string): string {
  if (isRest) return 'Others';
  return name || (by === '' ? 'All' : `no ${by}`);
}
