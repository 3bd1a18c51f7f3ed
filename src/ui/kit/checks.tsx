/** Any number of a few, each with a box to tick: `<prefix>.<option>`. */

import type { Values } from './form.tsx';

interface ChecksProps<T extends string> {
  readonly legend: string;
  readonly prefix: string;
  readonly options: readonly (readonly [value: T, word: string])[];
  /** At first. */
  readonly chosen: readonly T[];
}

export function Checks<T extends string>({ legend, prefix, options, chosen }: ChecksProps<T>) {
  return (
    <fieldset class="check">
      <legend>{legend}</legend>
      {options.map(([value, word]) => (
        <label key={value}>
          <input type="checkbox" name={`${prefix}.${value}`} defaultChecked={chosen.includes(value)} /> {word}
        </label>
      ))}
    </fieldset>
  );
}

/** What was ticked. */
export function checksOf<T extends string>(
  values: Values,
  { prefix, options }: Pick<ChecksProps<T>, 'prefix' | 'options'>,
): readonly T[] {
  return options.map(([value]) => value).filter((value) => `${prefix}.${value}` in values);
}
