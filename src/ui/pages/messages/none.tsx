/** A list without messages: how the first one is sent, or that the filters let none through. */

import { curlOf } from '../../kit/curl.ts';
import { Command, Empty } from '../../kit/states.tsx';

const example = {
  from: 'noreply@example.com',
  to: ['you@example.com'],
  subject: 'Hello',
  textBody: 'It works.',
};

export function NoMessages({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered) return <Empty title="No message matches" text="Take a filter away, or look at another time." />;
  return (
    <Empty
      title="No mail yet"
      text="Hand in the first message by HTTP, by SMTP, or on the machine of the daemon with the command iep send."
    >
      <Command text={curlOf('/v1/messages', example)} />
    </Empty>
  );
}
