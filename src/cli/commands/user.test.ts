import { afterEach, beforeEach, expect, it } from 'vitest';
import type { UserJson, UserLinkJson } from '../client/wire.ts';
import { type Home, makeHome } from '../home.testing.ts';

let home: Home;
beforeEach(async () => {
  home = await makeHome();
  await home.iep(['tenant', 'add', 'acme']);
  await home.iep(['tenant', 'add', 'globex']);
});
afterEach(() => home.remove());

it('adds, shows, changes, resets, lists and removes', async () => {
  const made = await home.json<UserLinkJson>(['user', 'add', 'Ada@Example.com', '--role', 'owner']);
  expect(made).toMatchObject({ email: 'ada@example.com', role: 'owner', tenants: [], hasPassword: false });
  expect(made.link.url).toMatch(/^http:\/\/127\.0\.0\.1:3000\/ui\/link#iep_link_\w{43}$/);
  const printed = await home.iep(['user', 'add', 'bob@example.com', '--role', 'viewer']);
  expect(printed.out).toMatch(/^http:\/\/127\.0\.0\.1:3000\/ui\/link#iep_link_\w{43}\n$/);
  expect(printed.err).toContain('Give this link to bob@example.com');

  const tenants = ['--tenant', 'acme', '--tenant', 'globex=viewer'];
  expect(await home.json<UserJson>(['user', 'set', 'bob@example.com', '--role', 'sender', ...tenants])).toMatchObject({
    role: null,
    tenants: [
      { tenant: 'acme', role: 'sender' },
      { tenant: 'globex', role: 'viewer' },
    ],
  });
  expect((await home.iep(['user', 'show', 'bob@example.com'])).out).toBe(
    'bob@example.com  sender of acme, viewer of globex\npassword       not set\nsecond factor  none\n',
  );
  expect(await home.json(['user', 'list', '--tenant', 'globex'])).toMatchObject([{ email: 'bob@example.com' }]);
  expect((await home.iep(['user', 'list'])).out).toMatch(/^EMAIL .*\nada@example\.com +owner +not set +none +never/);
  const reset = await home.json<UserLinkJson>(['user', 'reset', 'ada@example.com']);
  expect(reset.link.url).not.toBe(made.link.url);
  expect(await home.json(['user', 'remove', 'bob@example.com', '--yes'])).toEqual({
    email: 'bob@example.com',
    removed: true,
  });
  expect(await home.json(['user', 'list'])).toHaveLength(1);
});

it('tells the second factor and passkeys of somebody, and that a reset takes them away', async () => {
  const { id: userId } = await home.json<UserLinkJson>(['user', 'add', 'ada@example.com', '--role', 'owner']);
  const store = await home.store();
  await store.factors.offerTotp({ userId, secret: 'v1.aa.x' });
  await store.factors.confirmTotp({ userId, step: 1, recoveryHashes: ['r', 's'], keepSession: '', now: 1 });
  const passkey = { id: 'p', userId, name: 'Laptop', publicKey: 'k', counter: 0, transports: [], createdAt: 1 };
  await store.factors.addPasskey({ passkey, challenge: { hash: 'c', expiresAt: 1 }, keepSession: '' });
  await store.close();
  const has = 'TOTP (2 recovery codes), 1 passkey';
  expect((await home.iep(['user', 'show', 'ada@example.com'])).out).toContain(`second factor  ${has}\n`);
  expect((await home.iep(['user', 'reset', 'ada@example.com'])).err).toContain(`besides the password: ${has}.`);
  expect((await home.iep(['user', 'show', 'ada@example.com'])).out).toContain('second factor  none\n');
});

it.each([
  ['without a role', ['user', 'add', 'a@example.com'], 64, 'no role is given'],
  ['a role that there is not', ['user', 'add', 'a@example.com', '--role', 'king'], 64, 'owner, operator, viewer'],
  [
    'a role of the platform in a tenant',
    ['user', 'add', 'a@x.example', '--role', 'owner', '--tenant', 'acme'],
    65,
    'role',
  ],
  ['a role of a tenant in the platform', ['user', 'add', 'a@example.com', '--role', 'sender'], 65, 'role'],
  [
    'a tenant that is not there',
    ['user', 'add', 'a@example.com', '--role', 'admin', '--tenant', 'no'],
    65,
    'No tenant is called no',
  ],
  ['an email that is not an address', ['user', 'add', 'ada', '--role', 'owner'], 65, 'email'],
  ['a user that is not there', ['user', 'reset', 'no@example.com'], 65, 'No user is called no@example.com'],
  ['a removal without --yes', ['user', 'remove', 'no@example.com'], 64, '--yes'],
])('refuses %s', async (_name, args, exit, words) => {
  const ran = await home.iep(args);
  expect(ran.exit).toBe(exit);
  expect(ran.err).toContain(words);
});

it('keeps the last owner', async () => {
  await home.iep(['user', 'add', 'ada@example.com', '--role', 'owner']);
  for (const args of [
    ['set', 'ada@example.com', '--role', 'viewer'],
    ['remove', 'ada@example.com', '--yes'],
  ]) {
    const ran = await home.iep(['user', ...args]);
    expect([ran.exit, ran.err]).toEqual([65, expect.stringContaining('last owner')]);
  }
});
