/** The own password. */

import { call } from '../../api/call.ts';
import { session } from '../../api/session.ts';
import { refresh } from '../../api/sign-in.ts';
import { Field, Form } from '../../kit/form.tsx';
import { Panel } from '../../kit/panel.tsx';
import { say } from '../../kit/toast.tsx';

export function Password() {
  const now = session.value;
  const has = now.kind === 'person' && now.account.hasPassword;
  const submit = async ({ password = '' }: Readonly<Record<string, string>>, form: HTMLFormElement) => {
    await call('PUT /v1/session/password', { body: { password } });
    form.reset();
    await refresh();
    say('You have the new password; your other sessions have ended');
  };
  return (
    <Panel title="Password">
      <Form submit={has ? 'Change the password' : 'Set a password'} onSubmit={submit}>
        {(faultOf) => (
          <Field
            label="New password"
            name="password"
            type="password"
            autocomplete="new-password"
            help="At least 12 characters, and not a common one"
            required
            fault={faultOf('password')}
          />
        )}
      </Form>
    </Panel>
  );
}
