/** Who is not signed in sees the way in; everyone else the frame with the page of the address. */

import { useEffect, useState } from 'preact/hooks';
import { LocationProvider } from 'preact-iso/router';
import { isGone } from '../api/call.ts';
import { session } from '../api/session.ts';
import { resume } from '../api/sign-in.ts';
import { Toasts } from '../kit/toast.tsx';
import { FollowLink } from '../pages/link/index.tsx';
import { SignIn } from '../pages/sign-in/index.tsx';
import { Frame } from './frame.tsx';

const LINK_PATH = '/ui/link';

export function App() {
  const { kind } = session.value;
  const [linked, setLinked] = useState(location.pathname === LINK_PATH);
  const gone = isGone.value;
  useEffect(() => {
    if (kind === 'unknown' && !gone) resume().catch(() => undefined);
  }, [gone, kind]);
  return (
    <LocationProvider scope="/ui">
      {linked && kind !== 'unknown' && <FollowLink onDone={() => setLinked(false)} />}
      {kind === 'unknown' && (gone ? <Away /> : null)}
      {kind === 'nobody' && !linked && <SignIn />}
      {(kind === 'person' || kind === 'key') && !linked && <Frame />}
      <Toasts />
    </LocationProvider>
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
