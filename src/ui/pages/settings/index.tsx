/** The configuration in force: each value, and who says so. */

import type { Calls } from '../../api/types.ts';
import { useData } from '../../api/use-data.ts';
import { Page } from '../../kit/page.tsx';
import { Pill } from '../../kit/pill.tsx';
import { Search } from '../../kit/search.tsx';
import { Empty, Loaded } from '../../kit/states.tsx';
import { type Column, Table } from '../../kit/table.tsx';
import { type Filters, useFilters } from '../../kit/use-filters.ts';

type Settings = Calls['GET /v1/admin/settings']['answer'];
type Setting = Settings['items'][number];

const sources = ['default', 'file', 'environment', 'command'] as const;

export default function SettingsPage() {
  const settings = useData('GET /v1/admin/settings', {});
  const filters = useFilters();
  return (
    <Page title="Settings">
      <Filtering filters={filters} />
      <Loaded of={settings}>
        {(answer) => {
          const rows = answer.items.filter((row) => isMeant(row, filters.values));
          return (
            <>
              <Origin settings={answer} />
              {rows.length === 0 ? (
                <Empty title="No setting matches" text="Search for a part of its name, such as http.port." />
              ) : (
                <Table label="Settings" rows={rows} columns={columns} rowKey={({ path }) => path} />
              )}
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}

function Filtering({ filters: { values, set } }: { filters: Filters }) {
  return (
    <search class="filters">
      <Search label="Part of a name or value" value={values.q ?? ''} onChange={(q) => set({ q })} />
      <label>
        <span class="sr">Source</span>
        <select value={values.source ?? ''} onChange={(event) => set({ source: event.currentTarget.value })}>
          <option value="">From everywhere</option>
          {sources.map((source) => (
            <option key={source} value={source}>
              {words[source]}
            </option>
          ))}
        </select>
      </label>
    </search>
  );
}

/** Where the file is, and what of it does not hold yet. */
function Origin({ settings: { file, waiting } }: { settings: Settings }) {
  return (
    <>
      <p class="soft">
        {file === null ? (
          'There is no file: defaults, the environment and the command hold.'
        ) : (
          <>
            From <code>{file}</code>; SIGHUP has it read again.
          </>
        )}
      </p>
      {waiting.length > 0 && (
        <p class="note" role="status">
          Other values were read, and wait for a restart: {waiting.join(', ')}.
        </p>
      )}
    </>
  );
}

const words: Readonly<Record<Setting['source'], string>> = {
  default: 'Default',
  file: 'File',
  environment: 'Environment',
  command: 'Command',
};

const columns: readonly Column<Setting>[] = [
  {
    head: 'Setting',
    kind: 'wide',
    cell: ({ path, value }) => (
      <>
        {path}
        <p class="sub mono">{value}</p>
      </>
    ),
  },
  {
    head: 'From',
    cell: ({ source, from }) => (
      <>
        <Pill state={source} word={words[source]} />
        {from !== null && source !== 'file' && <p class="sub">{from}</p>}
      </>
    ),
  },
];

function isMeant({ path, value, source }: Setting, values: Filters['values']): boolean {
  const sought = (values.q ?? '').toLowerCase();
  const isFound = path.toLowerCase().includes(sought) || value.toLowerCase().includes(sought);
  return isFound && (!values.source || values.source === source);
}
