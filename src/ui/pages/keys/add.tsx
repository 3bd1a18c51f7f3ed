/** A new key, with no more scopes than it needs. */

import { useState } from 'preact/hooks';
import { call } from '../../api/call.ts';
import { tenant } from '../../api/session.ts';
import type { Calls, NewKey } from '../../api/types.ts';
import { useData } from '../../api/use-data.ts';
import { Dialog } from '../../kit/dialog.tsx';
import { Choice, Field, Form } from '../../kit/form.tsx';

type Scope = Calls['POST /v1/admin/keys']['body']['scopes'][number];

const scopes: readonly (readonly [Scope, string])[] = [
  ['send', 'hand in, retry, cancel mail'],
  ['read', 'read mail and what became of it'],
  ['admin', 'webhooks, domains, suppressions'],
];

export function AddKey({ onMade }: { onMade: (key: NewKey) => void }) {
  const [isOpen, setOpen] = useState(false);
  const tenants = useData('GET /v1/admin/tenants', {});
  const submit = async (values: Readonly<Record<string, string>>) => {
    const { of = '', name = '' } = values;
    const chosen = scopes.map(([scope]) => scope).filter((scope) => values[scope] !== undefined);
    const body = of === '' ? { scopes: ['operator' as const] } : { tenant: of, scopes: chosen };
    const key = await call('POST /v1/admin/keys', { body: { ...body, ...(name && { name }) } });
    setOpen(false);
    onMade(key);
  };
  const slugs = tenants.data?.items.map(({ slug }) => slug) ?? [];
  return (
    <>
      <button type="button" class="button primary" onClick={() => setOpen(true)}>
        Add
      </button>
      <Dialog title="Add a key" isOpen={isOpen} onClose={() => setOpen(false)}>
        <Form submit="Add" onSubmit={submit}>
          {(faultOf) => (
            <>
              <Choice
                label="For"
                name="of"
                value={tenant.value ?? slugs[0] ?? ''}
                options={[...slugs.map((slug) => [slug, slug] as const), ['', 'the operator: everything']]}
              />
              <fieldset class="check">
                <legend>May</legend>
                {scopes.map(([scope, does]) => (
                  <label key={scope}>
                    <input type="checkbox" name={scope} defaultChecked={scope !== 'admin'} /> {scope}: {does}
                  </label>
                ))}
              </fieldset>
              <Field label="Name" name="name" placeholder="billing job" fault={faultOf('name')} />
            </>
          )}
        </Form>
      </Dialog>
    </>
  );
}
