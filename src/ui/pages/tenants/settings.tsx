/** What a tenant may do, and how much: the settings that are changed from day to day. All others are the command's. */

import { useState } from 'preact/hooks';
import { call } from '../../api/call.ts';
import type { Calls, Tenant } from '../../api/types.ts';
import { Dialog } from '../../kit/dialog.tsx';
import { Choice, Field, Form } from '../../kit/form.tsx';
import { say } from '../../kit/toast.tsx';

type Change = NonNullable<Calls['PATCH /v1/admin/tenants/{slug}']['body']['settings']>;

const counts = [
  ['ratePerMinute', 'Messages a minute'],
  ['ratePerHour', 'Messages an hour'],
  ['ratePerDay', 'Messages a day'],
  ['maxAttempts', 'Attempts of a message'],
] as const;
const names = [
  ['primary', 'Provider'],
  ['fallback', 'Provider while that one is unavailable'],
] as const;

export function TenantSettings({ tenant, onDone }: { tenant: Tenant; onDone: () => void }) {
  const [isOpen, setOpen] = useState(false);
  const { slug, settings, fromConfig } = tenant;
  const submit = async (values: Readonly<Record<string, string>>) => {
    const { name = '' } = values;
    await call('PATCH /v1/admin/tenants/{slug}', {
      params: { slug },
      body: { ...(name && name !== tenant.name && { name }), settings: changeOf(values, fromConfig) },
    });
    setOpen(false);
    say(`${slug} has the new settings`);
    onDone();
  };
  return (
    <>
      <button type="button" class="link" data-row onClick={() => setOpen(true)}>
        {slug}
      </button>
      <Dialog title={slug} isOpen={isOpen} onClose={() => setOpen(false)}>
        <Form submit="Save" onSubmit={submit}>
          {(faultOf) => (
            <>
              {fromConfig.length > 0 && (
                <p class="note">The configuration file says: {fromConfig.join(', ')}. That is changed there.</p>
              )}
              <Field label="Name" name="name" value={tenant.name} fault={faultOf('name')} />
              <div class="two">
                {counts.map(([key, label]) => (
                  <Field
                    key={key}
                    label={label}
                    name={key}
                    type="number"
                    min={1}
                    value={settings[key]}
                    placeholder="as the platform"
                    fault={faultOf(key)}
                  />
                ))}
                {names.map(([key, label]) => (
                  <Field
                    key={key}
                    label={label}
                    name={key}
                    value={settings[key]}
                    placeholder="as the platform"
                    fault={faultOf(key)}
                  />
                ))}
              </div>
              <Choice
                label="Sending"
                name="sending"
                value={settings.sending ?? 'on'}
                options={[
                  ['on', 'on'],
                  ['off', 'off: mail is accepted and recorded, and not delivered'],
                ]}
              />
              <p class="faint">Every other setting is changed by iep tenant set {slug}.</p>
            </>
          )}
        </Form>
      </Dialog>
    </>
  );
}

/** What is left empty is the platform's; what the configuration says is not touched. */
function changeOf(values: Readonly<Record<string, string>>, fromConfig: readonly string[]): Change {
  const free = <T extends readonly (readonly [string, string])[]>(fields: T) =>
    fields.filter(([key]) => !fromConfig.includes(key)).map(([key]) => key);
  return Object.fromEntries([
    ...free(counts).map((key) => [key, values[key] ? Number(values[key]) : null] as const),
    ...free(names).map((key) => [key, values[key] || null] as const),
    ...(fromConfig.includes('sending') ? [] : [['sending', values.sending === 'off' ? 'off' : null] as const]),
  ]);
}
