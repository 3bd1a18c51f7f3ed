/** The way in: with an address and a password, or with an API key for this tab. */

import { useState } from 'preact/hooks';
import { signIn, signInByKey } from '../../api/sign-in.ts';
import { Field, Form } from '../../kit/form.tsx';

export function SignIn() {
  const [way, setWay] = useState<'password' | 'key'>('password');
  return (
    <main class="lonely sign-in">
      <h1>Sign in to IEP</h1>
      <div class="panel">
        <div class="panel-body">
          {way === 'password' ? <ByPassword /> : <ByKey />}
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

function ByPassword() {
  return (
    <Form submit="Sign in" onSubmit={({ email = '', password = '' }) => signIn({ email, password })}>
      {() => (
        <>
          <Field label="Email" name="email" type="email" autocomplete="username" required />
          <Field label="Password" name="password" type="password" autocomplete="current-password" required />
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
