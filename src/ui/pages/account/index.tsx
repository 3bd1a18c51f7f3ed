/** What is one's own: the password, the second factor, passkeys, and where one is signed in. */

import { session } from '../../api/session.ts';
import { Page } from '../../kit/page.tsx';
import { Empty } from '../../kit/states.tsx';
import { Passkeys } from './passkeys.tsx';
import { Password } from './password.tsx';
import { SecondFactor } from './second-factor.tsx';
import { Sessions } from './sessions.tsx';

export default function Account() {
  const now = session.value;
  if (now.kind !== 'person') {
    return (
      <Page title="Your account">
        <Empty title="You are signed in with a key" text="A key has no password and no second factor." />
      </Page>
    );
  }
  return (
    <Page title="Your account">
      <p class="soft">{now.person.email}</p>
      <Password />
      <SecondFactor />
      <Passkeys />
      <Sessions />
    </Page>
  );
}
