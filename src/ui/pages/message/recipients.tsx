/** Whom a message went to, and what came of it for each. */

import type { Message } from '../../api/types.ts';
import { Pill } from '../../kit/pill.tsx';
import { type Column, Table } from '../../kit/table.tsx';
import { Ago, countText } from '../../kit/time.tsx';

type Recipient = Message['recipients'][number];

const columns: readonly Column<Recipient>[] = [
  {
    head: 'Address',
    cell: ({ email, kind, reply, ...hits }) => (
      <>
        <span class="mono">{email}</span> {kind !== 'to' && <span class="sub">{kind}</span>}
        {reply && <p class="sub">{reply}</p>}
        <Reading of={hits} />
      </>
    ),
  },
  { head: 'Status', cell: ({ status }) => <Pill state={status} /> },
  { head: 'Changed', kind: 'end', cell: ({ updatedAt }) => <Ago at={updatedAt} /> },
];

export function Recipients({ message: { recipients } }: { message: Message }) {
  return (
    <Table label="Recipients" rows={recipients} columns={columns} rowKey={({ email, kind }) => `${kind} ${email}`} />
  );
}

type Hits = Pick<Recipient, 'opens' | 'clicks' | 'machineOpens' | 'machineClicks'>;

/** What the recipient did with the mail, and apart from that what machines did. */
function Reading({ of: { opens, clicks, machineOpens, machineClicks } }: { of: Hits }) {
  const people = saying(opens, clicks);
  const machines = saying(machineOpens, machineClicks);
  if (people === '' && machines === '') return null;
  return (
    <p class="sub">
      {people}
      {people && machines && '; '}
      {machines && `${machines} by machines`}
    </p>
  );
}

function saying(opens: number, clicks: number): string {
  const parts = [opens > 0 && `opened ${times(opens)}`, clicks > 0 && `clicked ${times(clicks)}`];
  return parts.filter((part) => part !== false).join(', ');
}

function times(count: number): string {
  return count === 1 ? 'once' : `${countText(count)} times`;
}
