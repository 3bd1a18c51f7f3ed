/** Things of which a form takes any number, each with fields of its own: `<prefix>.<n>.<field>`. */

import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Values } from './form.tsx';

interface SeveralProps {
  readonly label: string;
  /** Of one: `recipient`. */
  readonly noun: string;
  /** How many there are at first. */
  readonly begin: number;
  /** The fields of the one with this number. */
  readonly children: (at: number) => ComponentChildren;
}

export function Several({ label, noun, begin, children }: SeveralProps) {
  const [shown, setShown] = useState(() => Array.from({ length: begin }, (_, at) => at));
  const add = () => setShown((before) => [...before, (before.at(-1) ?? -1) + 1]);
  return (
    <fieldset class="several">
      <legend>{label}</legend>
      <ul class="lines">
        {shown.map((at, index) => (
          <li key={at} class="variable">
            {children(at)}
            <button type="button" class="button small" onClick={() => setShown(shown.filter((one) => one !== at))}>
              {`Remove ${noun} ${index + 1}`}
            </button>
          </li>
        ))}
      </ul>
      <button type="button" class="button small" onClick={add}>
        {`Add a ${noun}`}
      </button>
    </fieldset>
  );
}

/** The prefixes of those that a form had, in order. */
export function severalOf(values: Values, prefix: string): readonly string[] {
  const numbers = Object.keys(values).flatMap((name) =>
    name.startsWith(`${prefix}.`) ? [Number.parseInt(name.slice(prefix.length + 1), 10)] : [],
  );
  return [...new Set(numbers)].toSorted((a, b) => a - b).map((number) => `${prefix}.${number}`);
}
