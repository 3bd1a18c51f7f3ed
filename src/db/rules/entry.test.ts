/** Whose account somebody enters who comes from a login provider. */

import { expect, it } from 'vitest';
import type { Entry, UserRow } from '../verbs/people.ts';
import { changesRights, judgeEntry } from './entry.ts';

const user = (more: Partial<UserRow> = {}): UserRow => ({
  ...{ id: 'u', email: 'ada@example.com', role: 'viewer', tenants: [], createdAt: 0, updatedAt: 0 },
  ...more,
});
const operator: Entry['rights'] = { role: 'operator', tenants: [] };
const nothing: Entry['rights'] = { tenants: [] };
const email = 'ada@example.com';
const { role: _, ...roleless } = user();

it.each([
  ['an identity that is known enters, with an address or without', { known: user() }, 'known'],
  ['a known identity that has no role any more', { known: user(), rights: nothing }, 'no_role'],
  ['a known identity whose role was taken away here', { known: roleless }, 'no_role'],
  ['a known identity that has a role again', { known: roleless, rights: operator }, 'known'],
  ['a stranger with a role', { email, rights: operator }, 'added'],
  ['a stranger with a tenant', { email, rights: { tenants: [{ tenantId: 't', role: 'viewer' }] } }, 'added'],
  ['a stranger without a role', { email, rights: nothing }, 'no_role'],
  ['a stranger where roles are decided here', { email }, 'no_role'],
  ['a stranger with a role whose address is not vouched for', { rights: operator }, 'no_email'],
  ['a user whom somebody added, and who never came', { email, namesake: user() }, 'joined'],
  ['a user with a password', { email, namesake: user({ passwordHash: 'h' }) }, 'taken'],
  [
    'a user with a passkey',
    { email, namesake: user({ factors: { totp: false, recoveryCodes: 0, passkeys: 1 } }) },
    'taken',
  ],
  ['a user whom another provider knows', { email, rights: operator, namesake: user({ issuers: ['i'] }) }, 'taken'],
] as const)('%s', (_name, given, judgement) => {
  expect(judgeEntry({ known: undefined, namesake: undefined, ...given })).toBe(judgement);
});

it('knows other rights from the same in another order', () => {
  const [a, b] = [{ tenantId: 'a', role: 'admin' } as const, { tenantId: 'b', role: 'viewer' } as const];
  expect(changesRights(user({ tenants: [a, b] }), { role: 'viewer', tenants: [b, a] })).toBe(false);
  expect(changesRights(user({ tenants: [a] }), { role: 'viewer', tenants: [b] })).toBe(true);
  expect(changesRights(user(), nothing)).toBe(true);
});
