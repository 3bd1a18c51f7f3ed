/** What happened, oldest first. */

import { Ago, Sentence } from './time.tsx';

export interface Happening {
  readonly at: string;
  readonly text: string;
  readonly tone?: string | undefined;
}

export function Timeline({ entries }: { entries: readonly Happening[] }) {
  return (
    <ol class="timeline">
      {entries.map(({ at, text, tone }, index) => (
        <li key={`${index} ${at}`} data-tone={tone}>
          <p>
            <Sentence text={text} />
          </p>
          <span class="faint">
            <Ago at={at} />
          </span>
        </li>
      ))}
    </ol>
  );
}
