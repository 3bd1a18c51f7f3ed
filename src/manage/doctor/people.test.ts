/** What the doctor says of the people, by what they sign in with. */

import { expect, it } from 'vitest';
import type { UserRow } from '../../db/verbs/people.ts';
import { checkPeople } from './people.ts';

const userOf = (email: string, more: Partial<UserRow>): UserRow => ({
  ...{ id: email, email, tenants: [], createdAt: 0, updatedAt: 0 },
  ...more,
});

async function findings(users: readonly UserRow[], requireSecondFactor = false): Promise<string[]> {
  const store = { people: { users: async () => users } };
  const found = await Array.fromAsync(checkPeople({ store, config: { dashboard: { requireSecondFactor } } }));
  for (const { level, advice } of found) expect(level === 'ok' || advice !== undefined).toBe(true);
  return found.map(({ level, check, detail }) => `${level} ${check}: ${detail}`);
}

const totp = (recoveryCodes: number) => ({ totp: true, recoveryCodes, passkeys: 0 });

it('is content with nobody, and with owners who can sign in', async () => {
  expect(await findings([])).toEqual(['ok people: nobody yet: keys alone manage the platform']);
  const [ada, bob] = [userOf('ada', { role: 'owner', passwordHash: 'h' }), userOf('bob', {})];
  expect(await findings([ada, bob])).toEqual(['ok people: 2 people, 1 owner']);
});

it('warns where nobody who manages the platform can sign in', async () => {
  const users = [userOf('ada', { role: 'owner' }), userOf('bob', { role: 'viewer', passwordHash: 'h' })];
  expect(await findings(users)).toEqual([
    expect.stringMatching(/^warning people: no owner or operator has a password/),
  ]);
  const passkey = { totp: false, recoveryCodes: 0, passkeys: 1 };
  expect(await findings([userOf('ada', { role: 'owner', factors: passkey })])).toEqual([
    'ok people: 1 person, 1 owner',
  ]);
});

it('warns of owners who lack the second factor that is asked for', async () => {
  const users = [
    userOf('ada', { role: 'owner', passwordHash: 'h' }),
    userOf('bob', { role: 'owner', passwordHash: 'h', factors: totp(10) }),
  ];
  expect(await findings(users)).toHaveLength(1);
  expect((await findings(users, true)).slice(1)).toEqual([
    'warning second factor of ada: is asked for (dashboard.requireSecondFactor), and not set up',
  ]);
});

it('warns of recovery codes that run out', async () => {
  const user = (left: number) => userOf('ada', { role: 'owner', passwordHash: 'h', factors: totp(left) });
  expect(await findings([user(3)])).toHaveLength(1);
  expect((await findings([user(1)])).slice(1)).toEqual(['warning second factor of ada: 1 recovery code is left']);
});
