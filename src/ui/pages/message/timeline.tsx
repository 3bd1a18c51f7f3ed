/** What happened to a message, oldest first. */

import type { Explanation } from '../../api/types.ts';
import { Ago, Sentence } from '../../kit/time.tsx';

const tones: Readonly<Record<string, string>> = {
  ...{ sent: 'good', delivered: 'good', opened: 'good', clicked: 'good' },
  ...{ failed: 'bad', bounced: 'bad', dlq: 'bad', complained: 'bad' },
  ...{ retry_scheduled: 'warn', delivery_delayed: 'warn', suppressed: 'warn', cancelled: 'warn', unsubscribed: 'warn' },
  ...{ queued: 'info', processing: 'info' },
};

export function Timeline({ entries }: { entries: Explanation['timeline'] }) {
  return (
    <ol class="timeline">
      {entries.map(({ at, event, text }, place) => (
        <li key={`${place} ${at}`} data-tone={tones[event]}>
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
