/** The people: what each may do, what it signs in with, and the links by which a password is set. */

import { useState } from 'preact/hooks';
import { call } from '../../api/call.ts';
import { session, tenant } from '../../api/session.ts';
import type { Calls } from '../../api/types.ts';
import { useData } from '../../api/use-data.ts';
import { Action } from '../../kit/action.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { Page } from '../../kit/page.tsx';
import { Pill } from '../../kit/pill.tsx';
import { Command, Empty, Loaded } from '../../kit/states.tsx';
import { type Column, Table } from '../../kit/table.tsx';
import { Ago } from '../../kit/time.tsx';
import { AddUser } from './add.tsx';
import { UserRoles } from './roles.tsx';

type User = Calls['GET /v1/users']['answer']['items'][number];
type UserLink = Calls['POST /v1/users']['answer'];

export default function Users() {
  const whose = tenant.value;
  const users = useData('GET /v1/users', { query: whose === undefined ? {} : { tenant: whose } });
  const [made, setMade] = useState<UserLink>();
  const show = (link: UserLink) => {
    setMade(link);
    users.refresh();
  };
  return (
    <Page title="People" actions={<AddUser onMade={show} />}>
      <Loaded of={users}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="Nobody yet" text="A person signs in with a password, and has the rights of its role.">
              <Command text={`iep user add ada@example.com --role ${whose ? `sender --tenant ${whose}` : 'owner'}`} />
            </Empty>
          ) : (
            <Table label="People" rows={items} columns={columns(show, users.refresh)} rowKey={({ id }) => id} />
          )
        }
      </Loaded>
      <Dialog title="Give this link on" isOpen={made !== undefined} onClose={() => setMade(undefined)}>
        {made && (
          <>
            <p>
              It is shown this once. {made.email} sets a password by it, once, until <Ago at={made.link.expiresAt} />.
            </p>
            <Command text={made.link.url} />
          </>
        )}
      </Dialog>
    </Page>
  );
}

function columns(show: (made: UserLink) => void, refresh: () => void): readonly Column<User>[] {
  return [
    { head: 'Person', cell: (user) => <UserRoles user={user} onDone={refresh} /> },
    {
      head: 'May',
      cell: ({ role, tenants }) =>
        role === null ? (
          tenants.map((one) => `${one.role} of ${one.tenant}`).join(', ') || 'nothing'
        ) : (
          <Pill state={role} />
        ),
    },
    { head: 'Signs in with', kind: 'narrow', cell: (user) => <span class="soft">{waysOf(user)}</span> },
    {
      head: 'Signed in',
      kind: 'narrow',
      cell: ({ signedInAt }) => (signedInAt === null ? 'never' : <Ago at={signedInAt} />),
    },
    { head: 'Do', kind: 'end', cell: (user) => <UserActions user={user} show={show} refresh={refresh} /> },
  ];
}

function waysOf({ hasPassword, factors: { totp, passkeys }, issuers }: User): string {
  const ways = [
    hasPassword && (totp ? 'password and code' : 'password'),
    passkeys > 0 && (passkeys === 1 ? 'a passkey' : `${passkeys} passkeys`),
    ...issuers.map((issuer) => new URL(issuer).host),
  ].filter((way) => way !== false);
  return ways.join(', ') || 'nothing yet';
}

interface UserActionsProps {
  readonly user: User;
  readonly show: (made: UserLink) => void;
  readonly refresh: () => void;
}

function UserActions({ user: { id, email }, show, refresh }: UserActionsProps) {
  const reset = async () => {
    show(await call('POST /v1/users/{id}/reset', { params: { id } }));
    return undefined;
  };
  const remove = async () => {
    await call('DELETE /v1/users/{id}', { params: { id } });
    refresh();
    return `${email} is removed`;
  };
  const now = session.value;
  const isSelf = now.kind === 'person' && now.person.email === email;
  return (
    <>
      <Action
        look="small"
        run={reset}
        confirm={`The password, the second factor, the passkeys and the single sign-on of ${email} stop working; a link sets another password.`}
        disabled={isSelf}
      >
        Reset
      </Action>
      <Action look="small" run={remove} confirm={`${email} is signed out, and gone.`} disabled={isSelf}>
        Remove
      </Action>
    </>
  );
}
