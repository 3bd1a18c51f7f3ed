/** How mail fared over time: rates by tenant, provider, category or template, and who opened it, people and machines apart. */

import { isOperator, tenant } from '../../api/session.ts';
import type { Analytics as Answer } from '../../api/types.ts';
import { useData } from '../../api/use-data.ts';
import { Download } from '../../kit/download.tsx';
import { FilterInput } from '../../kit/filter-input.tsx';
import { LineChart } from '../../kit/line-chart.tsx';
import { Page } from '../../kit/page.tsx';
import { Panel } from '../../kit/panel.tsx';
import { Empty, Loaded } from '../../kit/states.tsx';
import { useFilters } from '../../kit/use-filters.ts';
import { type Measure, measures } from './measures.ts';
import { SeriesTable } from './series-table.tsx';

const spans = [
  ['day', '24 hours', 1, 'hour'],
  ['week', '7 days', 7, 'hour'],
  ['month', '30 days', 30, 'day'],
  ['quarter', '90 days', 90, 'day'],
  ['year', '12 months', 365, 'day'],
] as const;
const divisions = [
  ['provider', 'by provider'],
  ['category', 'by category'],
  ['template', 'by template'],
  ['tenant', 'by tenant'],
  ['', 'all together'],
] as const;

/** Lines that stand by themselves; the others are one more. */
const TOP = 5;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export default function Analytics() {
  const { values, set } = useFilters();
  const [span, , days, bucket] = spans.find(([name]) => name === values.span) ?? spans[1];
  const isOfMany = isOperator() && tenant.value === undefined;
  const offered = divisions.filter(([name]) => name !== 'tenant' || isOfMany);
  const [by] = offered.find(([name]) => name === values.by) ?? divisions[0];
  const measure = measures.find(({ name }) => name === values.rate) ?? measures[0];
  // Whole hours, so that the question stays the same from one look to the next.
  const from = new Date(Math.ceil(Date.now() / HOUR_MS) * HOUR_MS - days * DAY_MS).toISOString();
  const query = {
    ...{ from, bucket },
    ...(by !== '' && { by }),
    ...(values.provider && { provider: values.provider }),
    ...(values.category && { category: values.category }),
    ...(values.template && { template: values.template }),
  };
  const series = useData('GET /v1/analytics', { query: { ...query, top: TOP } }, 'live');
  return (
    <Page
      title="Analytics"
      live
      actions={<Download call="GET /v1/analytics/export" query={query} filename="analytics.csv" />}
    >
      <search class="filters">
        <Select label="Time" value={span} options={spans.map(([name, word]) => [name, word])} name="span" set={set} />
        <Select label="Divided" value={by} options={offered} name="by" set={set} />
        <FilterInput
          type="text"
          aria-label="Provider"
          placeholder="Any provider"
          value={values.provider ?? ''}
          onChange={(provider) => set({ provider })}
        />
        <FilterInput
          type="text"
          aria-label="Category"
          placeholder="Any category"
          value={values.category ?? ''}
          onChange={(category) => set({ category })}
        />
        <FilterInput
          type="text"
          aria-label="Template"
          placeholder="Any template"
          value={values.template ?? ''}
          onChange={(template) => set({ template })}
        />
      </search>
      <Loaded of={series}>
        {(data) =>
          data.items.length === 0 || measure === undefined ? (
            <Empty
              title="No mail in this time"
              text="Recipients are counted once a provider takes their mail, and again when it tells what became of it. Look at a longer time, or take a filter away."
            />
          ) : (
            <>
              <Panel
                title="Over time"
                aside={
                  <Select
                    label="What is drawn"
                    value={measure.name}
                    options={measures.map(({ name, word }) => [name, word])}
                    name="rate"
                    set={set}
                  />
                }
              >
                <LineChart
                  label={`${measure.word} over time; the sums stand in the table below`}
                  times={timesOf(data)}
                  lines={linesOf(data, measure)}
                  valueText={measure.text}
                />
              </Panel>
              <Panel title="In all" flush>
                <SeriesTable series={data.items} by={by} />
              </Panel>
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

interface SelectProps {
  readonly label: string;
  readonly name: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, word: string])[];
  readonly set: (changes: Readonly<Record<string, string>>) => void;
}

function Select({ label, name, value, options, set }: SelectProps) {
  return (
    <select aria-label={label} value={value} onChange={(event) => set({ [name]: event.currentTarget.value })}>
      {options.map(([one, word]) => (
        <option key={one} value={one}>
          {word}
        </option>
      ))}
    </select>
  );
}

function timesOf({ counted, bucket }: Answer): readonly number[] {
  const step = bucket === 'hour' ? HOUR_MS : DAY_MS;
  const first = Math.floor(Date.parse(counted.from) / step) * step;
  const count = Math.ceil((Date.parse(counted.to) - first) / step);
  return Array.from({ length: count }, (_, at) => (first + at * step) / 1_000);
}

function linesOf(data: Answer, measure: Measure) {
  const times = timesOf(data);
  return data.items.map(({ name, isRest, buckets }, at) => {
    const known = new Map(buckets.map((one) => [Date.parse(one.at) / 1_000, measure.of(one)]));
    return { name: isRest ? 'others' : name, colour: at + 1, values: times.map((time) => known.get(time) ?? null) };
  });
}
