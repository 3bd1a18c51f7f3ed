/** Where a login provider leads back to, and where the way there begins for who has to sign in again. */

import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { comeBack, leaveFor } from '../../api/login-provider.ts';
import { session } from '../../api/session.ts';
import { Loading, ProblemNote } from '../../kit/states.tsx';

interface LoginProviderProps {
  readonly name: string;
  readonly onDone: () => void;
}

export function LoginProvider({ name, onDone }: LoginProviderProps) {
  // A code is good once: the address does not keep it.
  const [returned] = useState(() => location.search.slice(1));
  const { route } = useLocation();
  const [isShown, setShown] = useState(false);
  const [problem, setProblem] = useState<Error>();
  const comeIn = async () => {
    const page = await comeBack(name, returned);
    if (page === undefined) return setShown(true);
    route(page, true);
    onDone();
  };
  useEffect(() => {
    history.replaceState(null, '', location.pathname);
    const isPerson = session.peek().kind === 'person';
    (returned === '' ? leaveFor(name, { again: isPerson }) : comeIn()).catch(setProblem);
  }, []);
  useEffect(() => {
    if (isShown) close();
  }, [isShown]);
  return (
    <main class="lonely sign-in">
      <h1>{isShown ? 'You are back' : `Signing in with ${name}`}</h1>
      {isShown && <p>Close this tab: what you wanted to do goes on in the other one.</p>}
      {problem !== undefined && <ProblemNote problem={problem} />}
      {problem !== undefined && (
        <a class="button" href="/ui/" onClick={onDone}>
          Sign in
        </a>
      )}
      {problem === undefined && !isShown && <Loading />}
    </main>
  );
}
