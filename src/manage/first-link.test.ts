/** The link that the daemon shows at its start: what it makes, what it lets in, and from where. */

import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeFirstLink } from './first-link.ts';
import { openManage, type TestManage } from './manage.testing.ts';

const HERE = { source: '127.0.0.1', requestId: 'r', agent: undefined };
const ELSEWHERE = { ...HERE, source: '192.0.2.1' };
const PASSWORD = 'three blue kettles';

let test: TestManage;
beforeEach(async () => {
  test = await openManage();
});
afterEach(() => test.close());

const tokenOf = (link: { url: string } | undefined) => link?.url.split('#')[1] ?? '';

it('makes the first owner, and is there no more once there is one', async () => {
  const link = await makeFirstLink(test.deps, false);
  expect(link).toMatchObject({ kind: 'owner', url: expect.stringContaining('/ui/link#iep_link_') });
  const { user } = await test.manage.signIn.byLink(ELSEWHERE, {
    ...{ token: tokenOf(link), email: 'Ada@Example.com', password: PASSWORD },
  });
  expect(user).toMatchObject({ email: 'ada@example.com', role: 'owner' });
  expect(await makeFirstLink(test.deps, false)).toBeUndefined();
});

it('takes the place of the one before', async () => {
  const first = await makeFirstLink(test.deps, false);
  await makeFirstLink(test.deps, false);
  await expect(test.manage.signIn.link(tokenOf(first))).rejects.toMatchObject({ code: 'link_used' });
});

it('signs in, in development, from this machine alone and once', async () => {
  const link = await makeFirstLink(test.deps, true);
  const token = tokenOf(link);
  expect(link?.kind).toBe('sign-in');
  await expect(test.manage.signIn.byLink(ELSEWHERE, { token })).rejects.toMatchObject({ code: 'forbidden' });
  const { user } = await test.manage.signIn.byLink({ ...HERE, source: '::ffff:127.0.0.1' }, { token });
  expect(user).toMatchObject({ email: 'dev@localhost', role: 'owner' });
  expect(user).not.toHaveProperty('passwordHash');
  await expect(test.manage.signIn.byLink(HERE, { token })).rejects.toMatchObject({ code: 'link_used' });
  expect(await test.entries()).toEqual(['user.add done - dev@localhost', 'session.begin done - dev@localhost']);
});

it('signs in, in development, as the owner that there is', async () => {
  await makeFirstLink(test.deps, true);
  const again = await makeFirstLink(test.deps, true);
  const { user } = await test.manage.signIn.byLink(HERE, { token: tokenOf(again) });
  expect(await test.store.people.users({})).toMatchObject([{ id: user.id }]);
});
