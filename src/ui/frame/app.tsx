/** Who is not signed in sees the way in; who lacks the second factor, how to set it up; everyone else the page of the address. */

import { useEffect, useState } from 'preact/hooks';
import lazy, { ErrorBoundary } from 'preact-iso/lazy';
import { LocationProvider } from 'preact-iso/router';
import { isGone } from '../api/call.ts';
import { providerHere } from '../api/login-provider.ts';
import { session } from '../api/session.ts';
import { resume } from '../api/sign-in.ts';
import { Toasts } from '../kit/toast.tsx';
import { FollowLink } from '../pages/link/index.tsx';
import { LoginProvider } from '../pages/login-provider/index.tsx';
import { SignIn } from '../pages/sign-in/index.tsx';
import { AskFactor } from './ask-factor.tsx';
import { Frame } from './frame.tsx';

const EnrolPage = lazy(() => import('../pages/account/enrol.tsx'));

const LINK_PATH = '/ui/link';

export function App() {
  const now = session.value;
  const { kind } = now;
  const mayUse = now.kind !== 'person' || !now.account.secondFactorMissing;
  const [linked, setLinked] = useState(location.pathname === LINK_PATH);
  const [provider, setProvider] = useState(providerHere);
  const isComing = linked || provider !== undefined;
  const gone = isGone.value;
  useEffect(() => {
    if (kind === 'unknown' && !gone) resume().catch(() => undefined);
  }, [gone, kind]);
  return (
    <LocationProvider scope="/ui">
      {linked && kind !== 'unknown' && <FollowLink onDone={() => setLinked(false)} />}
      {provider !== undefined && kind !== 'unknown' && (
        <LoginProvider name={provider} onDone={() => setProvider(undefined)} />
      )}
      {kind === 'unknown' && (gone ? <Away /> : null)}
      {kind === 'nobody' && !isComing && <SignIn />}
      {(kind === 'person' || kind === 'key') && !isComing && (mayUse ? <Frame /> : <Enrol />)}
      <AskFactor />
      <Toasts />
    </LocationProvider>
  );
}

function Enrol() {
  return (
    <ErrorBoundary>
      <EnrolPage />
    </ErrorBoundary>
  );
}

function Away() {
  return (
    <main class="lonely">
      <h1>The daemon does not answer</h1>
      <p>This page comes back by itself as soon as it does.</p>
    </main>
  );
}
