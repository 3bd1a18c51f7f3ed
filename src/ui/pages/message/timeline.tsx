/** What happened to a message, oldest first. */

import type { Explanation } from '../../api/types.ts';
import { Timeline } from '../../kit/timeline.tsx';

const tones: Readonly<Record<string, string>> = {
  ...{ sent: 'good', delivered: 'good', opened: 'good', clicked: 'good' },
  ...{ failed: 'bad', bounced: 'bad', dlq: 'bad', complained: 'bad' },
  ...{ retry_scheduled: 'warn', delivery_delayed: 'warn', suppressed: 'warn', cancelled: 'warn', unsubscribed: 'warn' },
  ...{ queued: 'info', processing: 'info' },
};

export function Happened({ entries }: { entries: Explanation['timeline'] }) {
  return <Timeline entries={entries.map(({ at, event, text }) => ({ at, text, tone: tones[event] }))} />;
}
