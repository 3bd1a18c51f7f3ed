/** One's passkeys, each with the name that one gave it. */

import { useState } from 'preact/hooks';
import { call } from '../../api/call.ts';
import { canUsePasskeys, makePasskey } from '../../api/passkey.ts';
import { refresh } from '../../api/sign-in.ts';
import type { Calls } from '../../api/types.ts';
import { useData } from '../../api/use-data.ts';
import { Action } from '../../kit/action.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { Field, Form } from '../../kit/form.tsx';
import { Panel } from '../../kit/panel.tsx';
import { Loaded } from '../../kit/states.tsx';
import { type Column, Table } from '../../kit/table.tsx';
import { Ago } from '../../kit/time.tsx';
import { say } from '../../kit/toast.tsx';

type Passkey = Calls['GET /v1/session/passkeys']['answer']['items'][number];
type Made = Calls['POST /v1/session/passkeys']['body']['credential'];

export function Passkeys() {
  const passkeys = useData('GET /v1/session/passkeys', {});
  const changed = async () => {
    await refresh();
    passkeys.refresh();
  };
  return (
    <Panel title="Passkeys" aside={canUsePasskeys() && <Add onAdded={changed} />} flush>
      <Loaded of={passkeys}>
        {({ items }) =>
          items.length === 0 ? (
            <div class="panel-body">
              <p>A passkey of this device, or of a security key, signs you in without password and code.</p>
              {!canUsePasskeys() && (
                <p class="faint">This browser makes none here: the platform needs a name of its own, and HTTPS.</p>
              )}
            </div>
          ) : (
            <Table label="Passkeys" rows={items} columns={columns(changed)} rowKey={({ id }) => id} />
          )
        }
      </Loaded>
    </Panel>
  );
}

function columns(changed: () => Promise<void>): readonly Column<Passkey>[] {
  const remove = (id: string, name: string) => async () => {
    await call('DELETE /v1/session/passkeys/{id}', { params: { id } });
    await changed();
    return `${name} signs you in no longer`;
  };
  return [
    { head: 'Name', cell: ({ name }) => name },
    { head: 'Since', kind: 'narrow', cell: ({ createdAt }) => <Ago at={createdAt} /> },
    { head: 'Used', kind: 'narrow', cell: ({ usedAt }) => (usedAt === null ? 'never' : <Ago at={usedAt} />) },
    {
      head: 'Do',
      kind: 'end',
      cell: ({ id, name }) => (
        <Action look="small" run={remove(id, name)} confirm={`${name} signs you in no longer.`}>
          Remove
        </Action>
      ),
    },
  ];
}

function Add({ onAdded }: { onAdded: () => Promise<void> }) {
  const [isOpen, setOpen] = useState(false);
  const submit = async ({ name = '' }: Readonly<Record<string, string>>) => {
    const options = await call('POST /v1/session/passkeys/options', {});
    const credential = (await makePasskey(options)) as Made;
    await call('POST /v1/session/passkeys', { body: { name, credential } });
    setOpen(false);
    say(`${name} signs you in from now on`);
    await onAdded();
  };
  return (
    <>
      <button type="button" class="button" onClick={() => setOpen(true)}>
        Add a passkey
      </button>
      <Dialog title="Add a passkey" isOpen={isOpen} onClose={() => setOpen(false)}>
        <Form submit="Add" onSubmit={submit}>
          {(faultOf) => (
            <Field
              label="Name"
              name="name"
              placeholder="Laptop"
              help="So that you know it again"
              required
              fault={faultOf('name')}
            />
          )}
        </Form>
      </Dialog>
    </>
  );
}
