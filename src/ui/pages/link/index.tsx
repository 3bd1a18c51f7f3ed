/** Where a link leads that is good once: a password is set there, or it signs in by itself. */

import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { checkLink, followLink } from '../../api/sign-in.ts';
import type { LinkUse } from '../../api/types.ts';
import { Field, Form } from '../../kit/form.tsx';
import { Loading, ProblemNote } from '../../kit/states.tsx';

export function FollowLink({ onDone }: { onDone: () => void }) {
  // Behind #, so that no server and no log ever had it; the address does not keep it either.
  const [token] = useState(() => location.hash.slice(1));
  const { route } = useLocation();
  const [use, setUse] = useState<LinkUse>();
  const [problem, setProblem] = useState<Error>();
  const follow = async (given: { email?: string; password?: string }) => {
    await followLink({ token, ...given });
    route('/ui/', true);
    onDone();
  };
  useEffect(() => {
    history.replaceState(null, '', location.pathname);
    checkLink(token)
      .then((found) => (found.kind === 'sign-in' ? follow({}) : setUse(found)))
      .catch(setProblem);
  }, []);
  return (
    <main class="lonely sign-in">
      <h1>{use === undefined ? 'Signing in' : use.kind === 'owner' ? 'Become the owner' : 'Choose a password'}</h1>
      {problem !== undefined && <ProblemNote problem={problem} />}
      {problem !== undefined && (
        <a class="button" href="/ui/" onClick={onDone}>
          Sign in
        </a>
      )}
      {problem === undefined && use === undefined && <Loading />}
      {problem === undefined && use !== undefined && <NewPassword use={use} follow={follow} />}
    </main>
  );
}

interface NewPasswordProps {
  readonly use: LinkUse;
  readonly follow: (given: { email?: string; password?: string }) => Promise<void>;
}

function NewPassword({ use, follow }: NewPasswordProps) {
  const submit = ({ email = '', password = '' }: Readonly<Record<string, string>>) =>
    follow({ password, ...(use.email === null && { email }) });
  return (
    <div class="panel">
      <div class="panel-body">
        <Form submit="Set the password" onSubmit={submit}>
          {(faultOf) => (
            <>
              <Field
                label="Email"
                name="email"
                type="email"
                autocomplete="username"
                required
                value={use.email ?? ''}
                readonly={use.email !== null}
                fault={faultOf('email')}
              />
              <Field
                label="Password"
                name="password"
                type="password"
                autocomplete="new-password"
                required
                help="At least 12 characters, and not a common one"
                fault={faultOf('password')}
              />
            </>
          )}
        </Form>
      </div>
    </div>
  );
}
