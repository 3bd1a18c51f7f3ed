/** One of a few, side by side. */

interface SegmentsProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, word: string])[];
  readonly onChange: (value: string) => void;
}

export function Segments({ label, value, options, onChange }: SegmentsProps) {
  return (
    <fieldset class="segments">
      <legend class="sr">{label}</legend>
      {options.map(([one, word]) => (
        <label key={one}>
          <input type="radio" name={label} value={one} checked={one === value} onChange={() => onChange(one)} />
          {word}
        </label>
      ))}
    </fieldset>
  );
}
