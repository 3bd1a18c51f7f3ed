/** A new provider: the types that need no more than an address and a login have fields, all others their settings as JSON. */

import { useState } from 'preact/hooks';
import { call } from '../../api/call.ts';
import { Dialog } from '../../kit/dialog.tsx';
import { Choice, Field, Form } from '../../kit/form.tsx';
import { say } from '../../kit/toast.tsx';
import { typeFields } from './type-fields.ts';

export function AddProvider({ onDone }: { onDone: () => void }) {
  const [isOpen, setOpen] = useState(false);
  const [type, setType] = useState('smtp');
  const fields = typeFields[type] ?? [];
  const submit = async ({ name = '', more = '', ...values }: Readonly<Record<string, string>>) => {
    const given = fields.filter(([field]) => values[field]);
    const plain = given.map(
      ([field, kind]) => [field, kind === 'number' ? Number(values[field]) : values[field]] as const,
    );
    const settings = { type, ...Object.fromEntries(plain), ...(more.trim() && JSON.parse(more)) };
    await call('POST /v1/admin/providers', { body: { name, settings } });
    setOpen(false);
    say(`${name} can be used now`);
    onDone();
  };
  return (
    <>
      <button type="button" class="button primary" onClick={() => setOpen(true)}>
        Add
      </button>
      <Dialog title="Add a provider" isOpen={isOpen} onClose={() => setOpen(false)}>
        <Form submit="Add" onSubmit={submit}>
          {(faultOf) => (
            <>
              <Field label="Name" name="name" required placeholder="relay" fault={faultOf('name')} />
              <Choice
                label="Type"
                name="type"
                value={type}
                options={Object.keys(typeFields).map((one) => [one, one])}
                onChange={setType}
              />
              {fields.map(([field, kind]) => (
                <Field
                  key={`${type} ${field}`}
                  label={field}
                  name={field}
                  type={kind === 'secret' ? 'password' : 'text'}
                  autocomplete={kind === 'secret' ? 'new-password' : 'off'}
                  fault={faultOf(field)}
                />
              ))}
              <Field
                label="Other settings"
                name="more"
                placeholder='{"maxPerSecond": 10}'
                help="JSON, as in the configuration; may be empty"
              />
            </>
          )}
        </Form>
      </Dialog>
    </>
  );
}
