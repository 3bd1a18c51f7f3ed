/** The API keys: whose, for what, used when. A key itself is shown once, when it is made. */

import { useState } from 'preact/hooks';
import { call } from '../../api/call.ts';
import { tenant } from '../../api/session.ts';
import type { Key, NewKey } from '../../api/types.ts';
import { useData } from '../../api/use-data.ts';
import { Action } from '../../kit/action.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { Page } from '../../kit/page.tsx';
import { Pill } from '../../kit/pill.tsx';
import { Command, Empty, Loaded } from '../../kit/states.tsx';
import { type Column, Table } from '../../kit/table.tsx';
import { Ago } from '../../kit/time.tsx';
import { AddKey } from './add.tsx';

export default function Keys() {
  const whose = tenant.value;
  const keys = useData('GET /v1/admin/keys', { query: whose === undefined ? {} : { tenant: whose } });
  const [made, setMade] = useState<NewKey>();
  const show = (key: NewKey) => {
    setMade(key);
    keys.refresh();
  };
  return (
    <Page title="API keys" actions={<AddKey onMade={show} />}>
      <Loaded of={keys}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No key yet">
              <Command text={`iep key add --tenant ${whose ?? 'default'} --scopes send,read`} />
            </Empty>
          ) : (
            <Table
              label="API keys"
              rows={items}
              columns={columns(show, keys.refresh)}
              rowKey={({ id }) => id}
              dim={(key) => !works(key)}
            />
          )
        }
      </Loaded>
      <Dialog title="The new key" isOpen={made !== undefined} onClose={() => setMade(undefined)}>
        <p>It is shown this once. Put it where the application reads it.</p>
        <Command text={made?.key ?? ''} />
      </Dialog>
    </Page>
  );
}

function works({ revokedAt, expiresAt }: Key): boolean {
  return revokedAt === null && (expiresAt === null || Date.parse(expiresAt) > Date.now());
}

function columns(show: (key: NewKey) => void, refresh: () => void): readonly Column<Key>[] {
  return [
    {
      head: 'Key',
      cell: ({ prefix, name }) => (
        <>
          <span class="mono">{prefix}…</span>
          {name && <p class="sub">{name}</p>}
        </>
      ),
    },
    { head: 'Of', cell: (key) => key.tenant ?? <Pill state="operator" /> },
    { head: 'May', cell: ({ scopes }) => scopes.join(', ') },
    {
      head: 'Used',
      kind: 'narrow',
      cell: ({ lastUsedAt }) => (lastUsedAt === null ? 'never' : <Ago at={lastUsedAt} />),
    },
    { head: 'Works', kind: 'narrow', cell: worksCell },
    { head: 'Do', kind: 'end', cell: (key) => works(key) && <KeyActions apiKey={key} show={show} refresh={refresh} /> },
  ];
}

function worksCell({ revokedAt, expiresAt }: Key) {
  if (revokedAt !== null) return <Pill state="off" word="revoked" />;
  if (expiresAt === null) return 'for good';
  return (
    <>
      until <Ago at={expiresAt} />
    </>
  );
}

interface KeyActionsProps {
  readonly apiKey: Key;
  readonly show: (key: NewKey) => void;
  readonly refresh: () => void;
}

function KeyActions({ apiKey: { id, prefix }, show, refresh }: KeyActionsProps) {
  const rotate = async () => {
    show(await call('POST /v1/admin/keys/{id}/rotate', { params: { id }, body: {} }));
    return undefined;
  };
  const revoke = async () => {
    await call('DELETE /v1/admin/keys/{id}', { params: { id } });
    refresh();
    return `${prefix}… works no longer`;
  };
  return (
    <>
      <Action look="small" run={rotate} confirm="A new key is made; the old one still works for a day.">
        Rotate
      </Action>
      <Action look="small" run={revoke} confirm={`${prefix}… stops working at once, and for good.`}>
        Revoke
      </Action>
    </>
  );
}
