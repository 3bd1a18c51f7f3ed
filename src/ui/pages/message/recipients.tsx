/** Whom a message went to, and what came of it for each. */

import type { Message } from '../../api/types.ts';
import { Pill } from '../../kit/pill.tsx';
import { type Column, Table } from '../../kit/table.tsx';
import { Ago } from '../../kit/time.tsx';

type Recipient = Message['recipients'][number];

const columns: readonly Column<Recipient>[] = [
  {
    head: 'Address',
    cell: ({ email, kind, reply }) => (
      <>
        <span class="mono">{email}</span> {kind !== 'to' && <span class="sub">{kind}</span>}
        {reply && <p class="sub">{reply}</p>}
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
