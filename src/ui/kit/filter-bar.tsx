/** What narrows a list down: search and what everybody needs in view, the rest folded, all of it in the address. */

import { useId, useState } from 'preact/hooks';
import { FilterChoice } from './filter-choice.tsx';
import { FilterInput } from './filter-input.tsx';
import { Search } from './search.tsx';
import type { Filters } from './use-filters.ts';

interface FilterBarProps {
  readonly filters: Filters;
  /** Label of the search. */
  readonly search: string;
  readonly choices: readonly {
    readonly name: string;
    readonly label: string;
    /** Where nothing is chosen. */
    readonly any: string;
    readonly options: readonly (readonly [value: string, word: string])[];
  }[];
  readonly fields: readonly (readonly [name: string, label: string, example: string])[];
}

export function FilterBar({ filters, search, choices, fields }: FilterBarProps) {
  const { values, set, clear } = filters;
  const isNarrowed = fields.some(([name]) => values[name]);
  const [isOpen, setOpen] = useState(isNarrowed);
  return (
    <search class="filters">
      <Search label={search} value={values.q ?? ''} onChange={(q) => set({ q })} />
      {choices.map(({ name, label, any, options }) => (
        <FilterChoice
          key={name}
          label={label}
          any={any}
          value={values[name] ?? ''}
          options={options}
          onChange={(value) => set({ [name]: value })}
        />
      ))}
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
