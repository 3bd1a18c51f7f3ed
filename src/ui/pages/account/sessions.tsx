/** Where one is signed in, each with its end. */

import { call } from '../../api/call.ts';
import { signOut } from '../../api/sign-in.ts';
import type { Calls } from '../../api/types.ts';
import { useData } from '../../api/use-data.ts';
import { Action } from '../../kit/action.tsx';
import { Panel } from '../../kit/panel.tsx';
import { Pill } from '../../kit/pill.tsx';
import { Loaded } from '../../kit/states.tsx';
import { type Column, Table } from '../../kit/table.tsx';
import { Ago } from '../../kit/time.tsx';

type Session = Calls['GET /v1/sessions']['answer']['items'][number];

const words: Readonly<Record<string, string>> = {
  password: 'password',
  link: 'a link',
  totp: 'password and code',
  recovery_code: 'password and recovery code',
  passkey: 'passkey',
};

export function Sessions() {
  const sessions = useData('GET /v1/sessions', { query: {} });
  return (
    <Panel title="Where you are signed in" flush>
      <Loaded of={sessions}>
        {({ items }) => (
          <Table label="Sessions" rows={items} columns={columns(sessions.refresh)} rowKey={({ id }) => id} />
        )}
      </Loaded>
    </Panel>
  );
}

function columns(refresh: () => void): readonly Column<Session>[] {
  const end = (id: string) => async () => {
    await call('DELETE /v1/sessions/{id}', { params: { id } });
    refresh();
    return 'That session has ended';
  };
  return [
    {
      head: 'From',
      cell: ({ source, agent, isCurrent }) => (
        <>
          <span class="mono">{source}</span> {isCurrent && <Pill state="active" word="this one" />}
          {agent && <p class="sub">{agent}</p>}
        </>
      ),
    },
    { head: 'By', kind: 'narrow', cell: ({ way, factor }) => words[factor ?? way] ?? way },
    { head: 'Used', kind: 'narrow', cell: ({ usedAt }) => <Ago at={usedAt} /> },
    {
      head: 'Do',
      kind: 'end',
      cell: ({ id, isCurrent }) =>
        isCurrent ? (
          <button type="button" class="button small" onClick={() => void signOut()}>
            Sign out
          </button>
        ) : (
          <Action look="small" run={end(id)}>
            Sign out there
          </Action>
        ),
    },
  ];
}
