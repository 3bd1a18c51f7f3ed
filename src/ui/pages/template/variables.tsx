/** The variables that a template declares. */

import { useId } from 'preact/hooks';
import { Panel } from '../../kit/panel.tsx';
import type { Variable } from './draft.ts';
import { exampleText } from './preview.tsx';

const types = ['string', 'url', 'email', 'number', 'boolean', 'date', 'list', 'object'] as const;

interface VariablesProps {
  readonly variables: readonly Variable[];
  readonly onChange: (variables: Variable[]) => void;
}

export function Variables({ variables, onChange }: VariablesProps) {
  const change = (at: number, more: Partial<Variable>) =>
    onChange(variables.map((one, index) => (index === at ? { ...one, ...more } : one)));
  return (
    <Panel
      title="Variables"
      aside={
        <button
          type="button"
          class="button small"
          onClick={() => onChange([...variables, { name: '', type: 'string' }])}
        >
          Add a variable
        </button>
      }
    >
      {variables.length === 0 && (
        <p class="faint">None is declared. What is not declared passes, and is not checked.</p>
      )}
      <ul class="lines">
        {variables.map((variable, at) => (
          <OneVariable
            key={at}
            variable={variable}
            onChange={(more) => change(at, more)}
            onRemove={() => onChange(variables.filter((_, index) => index !== at))}
          />
        ))}
      </ul>
    </Panel>
  );
}

interface OneProps {
  readonly variable: Variable;
  readonly onChange: (more: Partial<Variable>) => void;
  readonly onRemove: () => void;
}

function OneVariable({ variable: { name, type = 'string', required = false, example }, onChange, onRemove }: OneProps) {
  const id = useId();
  return (
    <li class="variable">
      <div class="field">
        <label for={`${id}name`}>Name</label>
        <input id={`${id}name`} value={name} onInput={(event) => onChange({ name: event.currentTarget.value })} />
      </div>
      <div class="field">
        <label for={`${id}type`}>Type</label>
        <select
          id={`${id}type`}
          value={type}
          onChange={(event) => onChange({ type: types.find((one) => one === event.currentTarget.value) ?? 'string' })}
        >
          {types.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for={`${id}example`}>Example</label>
        <input
          id={`${id}example`}
          value={exampleText(example)}
          onInput={(event) => onChange({ example: event.currentTarget.value })}
        />
      </div>
      <label class="check">
        <input
          type="checkbox"
          checked={required}
          onChange={(event) => onChange({ required: event.currentTarget.checked })}
        />
        Required
      </label>
      <button type="button" class="button small" onClick={onRemove}>
        {`Remove ${name}`}
      </button>
    </li>
  );
}
