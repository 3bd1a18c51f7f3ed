/** What is said of one category or type; what is not said is as what is wider has it. */

import type { Preferences } from '../../api/types.ts';
import { Choice } from '../../kit/form.tsx';
import { channels } from '../notifications/channel-names.ts';
import { frequencies, switches } from './read-preferences.ts';

interface PreferenceProps {
  readonly prefix: string;
  readonly of: Preferences['categories'][string] | undefined;
}

export function PreferenceFields({ prefix, of = {} }: PreferenceProps) {
  const { enabled, frequency = '', channels: by = {} } = of;
  return (
    <>
      <div class="two">
        <Choice label="Told" name={`${prefix}.enabled`} value={switchOf(enabled)} options={switches} />
        <Choice label="How often" name={`${prefix}.frequency`} value={frequency} options={frequencies} />
      </div>
      <details open={Object.keys(by).length > 0}>
        <summary>By which channels</summary>
        <div class="two">
          {channels.map(([name, word]) => (
            <Choice
              key={name}
              label={`By ${word}`}
              name={`${prefix}.by.${name}`}
              value={switchOf(by[name])}
              options={switches}
            />
          ))}
        </div>
      </details>
    </>
  );
}

function switchOf(said: boolean | undefined): string {
  if (said === undefined) return '';
  return said ? 'on' : 'off';
}
