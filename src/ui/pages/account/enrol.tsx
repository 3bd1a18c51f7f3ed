/** What somebody sees who has not shown the second factor that the platform asks for. */

import { session } from '../../api/session.ts';
import { signOut } from '../../api/sign-in.ts';
import { FactorForm } from '../../kit/factor-form.tsx';
import { Panel } from '../../kit/panel.tsx';
import { Passkeys } from './passkeys.tsx';
import { SecondFactor } from './second-factor.tsx';

export default function Enrol() {
  const now = session.value;
  if (now.kind !== 'person') return null;
  const { totp, passkeys } = now.account.factors;
  const hasOne = totp || passkeys > 0;
  return (
    <main class="lonely">
      <h1>{hasOne ? 'Show your second factor' : 'Set up a second factor'}</h1>
      <p class="soft">This platform asks {now.person.email} for one.</p>
      {hasOne ? (
        <Panel title="Second factor">
          <FactorForm onShown={() => undefined} />
        </Panel>
      ) : (
        <>
          <SecondFactor />
          <Passkeys />
        </>
      )}
      <button type="button" class="button" onClick={() => void signOut()}>
        Sign out
      </button>
    </main>
  );
}
