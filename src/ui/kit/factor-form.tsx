/** Asks somebody who is signed in for the second factor, or for the password where there is none. */

import { signInAgain } from '../api/login-provider.ts';
import { canUsePasskeys } from '../api/passkey.ts';
import { session } from '../api/session.ts';
import { showFactor, showOwnPasskey } from '../api/sign-in.ts';
import { Action } from './action.tsx';
import { Field, Form } from './form.tsx';

export function FactorForm({ onShown }: { onShown: () => void }) {
  const now = session.value;
  if (now.kind !== 'person') return null;
  const { factors, hasPassword, loginProviders } = now.account;
  const asksPassword = hasPassword && !factors.totp && factors.passkeys === 0;
  const submit = async (given: Readonly<Record<string, string>>) => {
    await showFactor(given);
    onShown();
  };
  const byPasskey = async () => {
    await showOwnPasskey();
    onShown();
    return undefined;
  };
  return (
    <>
      {(factors.totp || asksPassword) && (
        <Form submit="Go on" onSubmit={submit}>
          {() => (factors.totp ? <CodeField /> : <PasswordField />)}
        </Form>
      )}
      {factors.passkeys > 0 &&
        (canUsePasskeys() ? (
          <Action run={byPasskey}>Use a passkey</Action>
        ) : (
          <p>Your passkey works at the name of the platform alone, in a browser that knows passkeys.</p>
        ))}
      {!factors.totp &&
        factors.passkeys === 0 &&
        loginProviders.map((name) => (
          <button key={name} type="button" class="button" onClick={() => void signInAgain(name).then(onShown)}>
            Sign in with {name} again
          </button>
        ))}
      {!hasPassword && !factors.totp && factors.passkeys === 0 && loginProviders.length === 0 && (
        <p>You came by a link, and there is nothing to ask you for. Sign in by a new link, and set a password.</p>
      )}
    </>
  );
}

export function CodeField() {
  return (
    <Field
      label="Code"
      name="totp"
      autocomplete="one-time-code"
      help="What your authenticator shows, or a recovery code"
      autoFocus
      required
    />
  );
}

function PasswordField() {
  return <Field label="Password" name="password" type="password" autocomplete="current-password" autoFocus required />;
}
