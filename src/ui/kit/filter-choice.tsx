/** A filter that has a few values, or any. */

interface FilterChoiceProps {
  readonly label: string;
  /** Where nothing is chosen. */
  readonly any: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, word: string])[];
  readonly onChange: (value: string) => void;
}

export function FilterChoice({ label, any, value, options, onChange }: FilterChoiceProps) {
  return (
    <select aria-label={label} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
      <option value="">{any}</option>
      {options.map(([one, word]) => (
        <option key={one} value={one}>
          {word}
        </option>
      ))}
    </select>
  );
}
