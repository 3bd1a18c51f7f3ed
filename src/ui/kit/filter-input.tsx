/** A field of a filter: it is sought when it is left or Enter is pressed, and keeps what is typed while the page draws anew. */

import { useState } from 'preact/hooks';

interface FilterInputProps {
  readonly type: 'text' | 'email' | 'date';
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly id?: string;
  readonly placeholder?: string;
  readonly 'aria-label'?: string;
}

export function FilterInput({ value, onChange, ...input }: FilterInputProps) {
  const kind: object = input;
  const [typed, setTyped] = useState<string>();
  return (
    <input
      {...kind}
      value={typed ?? value}
      onInput={(event) => setTyped(event.currentTarget.value)}
      onChange={(event) => {
        setTyped(undefined);
        onChange(event.currentTarget.value.trim());
      }}
    />
  );
}
