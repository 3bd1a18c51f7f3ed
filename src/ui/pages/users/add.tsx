/** A new person, who sets the password by a link. */

import { useState } from 'preact/hooks';
import { call } from '../../api/call.ts';
import type { Calls } from '../../api/types.ts';
import { Dialog } from '../../kit/dialog.tsx';
import { Field, Form, type Values } from '../../kit/form.tsx';
import { RoleFields, rolesOf } from './roles.tsx';

export function AddUser({ onMade }: { onMade: (made: Calls['POST /v1/users']['answer']) => void }) {
  const [isOpen, setOpen] = useState(false);
  const submit = async (values: Values) => {
    const made = await call('POST /v1/users', { body: { email: values.email ?? '', ...rolesOf(values) } });
    setOpen(false);
    onMade(made);
  };
  return (
    <>
      <button type="button" class="button primary" onClick={() => setOpen(true)}>
        Add
      </button>
      <Dialog title="Add a person" isOpen={isOpen} onClose={() => setOpen(false)}>
        <Form submit="Add" onSubmit={submit}>
          {(faultOf) => (
            <>
              <Field label="Email" name="email" type="email" autocomplete="off" required fault={faultOf('email')} />
              <RoleFields of={{ role: 'viewer', tenants: [] }} />
            </>
          )}
        </Form>
      </Dialog>
    </>
  );
}
