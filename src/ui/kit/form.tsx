/** Forms: a label and a sentence to each field, what is wrong beside the field it is about, one button that waits. */

import type { ComponentChildren, TargetedSubmitEvent } from 'preact';
import { useId, useState } from 'preact/hooks';
import { Problem } from '../api/problem.ts';
import { ProblemNote } from './states.tsx';

export type Values = Readonly<Record<string, string>>;

interface FormProps {
  /** Rejects with what is to be shown. */
  readonly onSubmit: (values: Values, form: HTMLFormElement) => Promise<void>;
  readonly submit: string;
  readonly danger?: boolean;
  /** Given what is wrong with a field, by the path that the API names. */
  readonly children?: (faultOf: (path: string) => string | undefined) => ComponentChildren;
}

export function Form({ onSubmit, submit, danger = false, children }: FormProps) {
  const [problem, setProblem] = useState<Error>();
  const [waits, setWaits] = useState(false);
  const fields = problem instanceof Problem ? problem.fields : [];
  const send = async (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    setWaits(true);
    setProblem(undefined);
    try {
      await onSubmit(valuesOf(form), form);
    } catch (error) {
      setProblem(error instanceof Error ? error : new Error(String(error)));
    } finally {
      setWaits(false);
    }
  };
  const beside = new Set<Problem['fields'][number]>();
  const body = children?.((path) => {
    const found = fields.find((one) => one.path === path || one.path.endsWith(`.${path}`));
    if (found !== undefined) beside.add(found);
    return found?.message;
  });
  // The only fault of the whole is what the note says already.
  const others = fields.filter((one) => !beside.has(one) && (one.path !== '' || fields.length > 1));
  return (
    <form onSubmit={send} aria-busy={waits}>
      {body}
      {problem && <ProblemNote problem={problem} />}
      {others.length > 0 && <Faults fields={others} />}
      <footer class="form-foot">
        <button type="submit" class="button primary" data-danger={danger} disabled={waits}>
          {submit}
        </button>
      </footer>
    </form>
  );
}

function Faults({ fields }: { fields: Problem['fields'] }) {
  return (
    <ul class="faults">
      {fields.map(({ path, message }) => (
        <li key={path}>
          {path && <code>{path}</code>} {message}
        </li>
      ))}
    </ul>
  );
}

function valuesOf(form: HTMLFormElement): Values {
  const entries = [...new FormData(form)].flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as const] : [],
  );
  return Object.fromEntries(entries);
}

interface FieldProps {
  readonly label: string;
  readonly name: string;
  readonly help?: string | undefined;
  readonly type?: 'text' | 'email' | 'password' | 'number' | 'url' | 'datetime-local' | 'time';
  readonly value?: string | number | undefined;
  readonly placeholder?: string | undefined;
  readonly autocomplete?: string;
  readonly inputMode?: 'numeric';
  readonly autoFocus?: boolean;
  readonly required?: boolean;
  /** Shown, and not changed here. */
  readonly readonly?: boolean;
  readonly min?: number;
  /** Of text that goes over several. */
  readonly rows?: number;
  /** What may be meant; something else may be typed. */
  readonly suggestions?: readonly string[];
  readonly fault?: string | undefined;
}

/** What somebody types stays through whatever the page draws meanwhile: `value` is where the field begins. */
export function Field({ label, help, fault, type = 'text', value, suggestions = [], ...input }: FieldProps) {
  const id = useId();
  const told = [help && `${id}-help`, fault && `${id}-fault`].filter(Boolean).join(' ');
  const typed: object = {
    ...{ id, defaultValue: value, 'aria-invalid': fault !== undefined, 'aria-describedby': told || undefined },
    ...(input.rows === undefined && { type }),
    ...(suggestions.length > 0 && { list: `${id}-list` }),
    ...input,
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {input.rows === undefined ? <input {...typed} /> : <textarea {...typed} />}
      {suggestions.length > 0 && (
        <datalist id={`${id}-list`}>
          {suggestions.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
      {help && <small id={`${id}-help`}>{help}</small>}
      {fault && (
        <small id={`${id}-fault`} class="fault">
          {fault}
        </small>
      )}
    </div>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly name: string;
  readonly value?: string;
  readonly options: readonly (readonly [value: string, word: string])[];
  readonly onChange?: (value: string) => void;
}

/** As with a field, `value` is what is chosen at first. */
export function Choice({ label, name, value, options, onChange }: ChoiceProps) {
  const id = useId();
  const [chosen, setChosen] = useState<string>();
  const choose = (one: string) => {
    setChosen(one);
    onChange?.(one);
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} name={name} value={chosen ?? value} onChange={(event) => choose(event.currentTarget.value)}>
        {options.map(([one, word]) => (
          <option key={one} value={one}>
            {word}
          </option>
        ))}
      </select>
    </div>
  );
}
