/** What narrows the list of messages down. */

import { useId, useState } from 'preact/hooks';
import { FilterInput } from '../../kit/filter-input.tsx';
import { Search } from '../../kit/search.tsx';
import type { Filters } from '../../kit/use-filters.ts';

const statuses = [
  ...['scheduled', 'queued', 'processing', 'sent', 'delivered', 'failed'],
  ...['bounced', 'complained', 'suppressed', 'cancelled'],
];
const fields = [
  ['recipient', 'Recipient', 'user@example.org'],
  ['sender', 'Sender', '@example.com'],
  ['category', 'Category', ''],
  ['tag', 'Tag', ''],
  ['groupId', 'Group', ''],
  ['provider', 'Provider', ''],
  ['since', 'Since', 'date'],
  ['until', 'Until', 'date'],
] as const;

export function FilterBar({ filters }: { filters: Filters }) {
  const { values, set, clear } = filters;
  const isNarrowed = fields.some(([name]) => values[name]);
  const [isOpen, setOpen] = useState(isNarrowed);
  return (
    <search class="filters">
      <Search label="Search subject, address or id" value={values.q ?? ''} onChange={(q) => set({ q })} />
      <select
        aria-label="Status"
        value={values.status ?? ''}
        onChange={(event) => set({ status: event.currentTarget.value })}
      >
        <option value="">Any status</option>
        {statuses.map((status) => (
          <option key={status} value={status}>
            {status}
          </option>
        ))}
      </select>
      <button type="button" class="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        Filters
      </button>
      {Object.keys(values).length > 0 && (
        <button type="button" class="button" onClick={clear}>
          Clear
        </button>
      )}
      {isOpen && (
        <div class="more-filters">
          {fields.map(([name, label, example]) => (
            <FilterField
              key={name}
              label={label}
              value={values[name] ?? ''}
              example={example}
              onChange={(value) => set({ [name]: value })}
            />
          ))}
        </div>
      )}
    </search>
  );
}

interface FilterFieldProps {
  readonly label: string;
  readonly value: string;
  /** `date`, or what may stand there. */
  readonly example: string;
  readonly onChange: (value: string) => void;
}

function FilterField({ label, value, example, onChange }: FilterFieldProps) {
  const id = useId();
  const type = example === 'date' ? 'date' : 'text';
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <FilterInput id={id} type={type} value={value} placeholder={example} onChange={onChange} />
    </div>
  );
}
