/** The way in: with an address, a password and a second factor, with a passkey, at a login provider, or with an API key for this tab. */

import { useEffect, useState } from 'preact/hooks';
import { leaveFor, loginProviders } from '../../api/login-provider.ts';
import { canUsePasskeys } from '../../api/passkey.ts';
import { Problem } from '../../api/problem.ts';
import { signIn, signInByKey, signInByPasskey } from '../../api/sign-in.ts';
import { Action } from '../../kit/action.tsx';
import { CodeField } from '../../kit/factor-form.tsx';
import { Field, Form } from '../../kit/form.tsx';

export function SignIn() {
  const [way, setWay] = useState<'password' | 'key'>('password');
  return (
    <main class="lonely sign-in">
      <h1>Sign in to IEP</h1>
      <div class="panel">
        <div class="panel-body">
          {way === 'password' ? <ByPassword /> : <ByKey />}
          {way === 'password' && canUsePasskeys() && <Action run={byPasskey}>Use a passkey</Action>}
          {way === 'password' && <Providers />}
          <button type="button" class="button" onClick={() => setWay(way === 'password' ? 'key' : 'password')}>
            {way === 'password' ? 'Use an API key' : 'Use a password'}
          </button>
        </div>
      </div>
      <p class="faint">
        {way === 'password'
          ? 'No account yet? On the machine of the daemon, iep user add prints a link that makes one.'
          : 'A key is kept in this tab alone, until the tab is closed. iep key add makes one.'}
      </p>
    </main>
  );
}

async function byPasskey(): Promise<undefined> {
  await signInByPasskey();
  return undefined;
}

/** None where they cannot be asked for: the other ways are there. */
function Providers() {
  const [names, setNames] = useState<readonly string[]>([]);
  useEffect(() => {
    loginProviders().then(setNames, () => undefined);
  }, []);
  return names.map((name) => (
    <Action key={name} run={() => leaveFor(name, { again: false }).then(() => undefined)}>
      Sign in with {name}
    </Action>
  ));
}

function ByPassword() {
  const [needsCode, setNeedsCode] = useState(false);
  const submit = async ({ email = '', password = '', totp }: Readonly<Record<string, string>>) => {
    try {
      await signIn({ email, password, ...(totp && { totp }) });
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'second_factor_needed') throw error;
      setNeedsCode(true);
    }
  };
  return (
    <Form submit="Sign in" onSubmit={submit}>
      {() => (
        <>
          <Field label="Email" name="email" type="email" autocomplete="username" required />
          <Field label="Password" name="password" type="password" autocomplete="current-password" required />
          {needsCode && <CodeField />}
        </>
      )}
    </Form>
  );
}

function ByKey() {
  return (
    <Form submit="Sign in with the key" onSubmit={({ key = '' }) => signInByKey(key.trim())}>
      {() => <Field label="API key" name="key" type="password" autocomplete="off" placeholder="iep_…" required />}
    </Form>
  );
}
