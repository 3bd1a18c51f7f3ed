/** What foreign claims mean here, whatever type they have. */

import { describe, expect, it } from 'vitest';
import type { RolesByClaim } from '../core/login-provider.ts';
import { claimAt, claimedEmail, claimedFactor, claimedRights } from './claims.ts';

const map: RolesByClaim['map'] = {
  bosses: 'owner',
  ops: 'operator',
  support: 'viewer',
  acme: { tenant: 'acme', role: 'admin' },
  readers: [
    { tenant: 'acme', role: 'viewer' },
    { tenant: 'globex', role: 'viewer' },
  ],
};
const rights = (groups: unknown, claim = 'groups') => claimedRights({ groups }, { claim, map });

describe('roles', () => {
  it.each([
    ['one text', 'support', { role: 'viewer', tenants: [] }],
    ['a list', ['staff', 'ops'], { role: 'operator', tenants: [] }],
    ['the role that may most', ['support', 'bosses', 'ops'], { role: 'owner', tenants: [] }],
    ['the platform before tenants', ['acme', 'support'], { role: 'viewer', tenants: [] }],
    ['a tenant', ['acme'], { tenants: [{ tenant: 'acme', role: 'admin' }] }],
    [
      'several tenants, in each the role that may more',
      ['readers', 'acme', 'readers'],
      {
        tenants: [
          { tenant: 'acme', role: 'admin' },
          { tenant: 'globex', role: 'viewer' },
        ],
      },
    ],
  ])('%s', (_name, groups, expected) => {
    expect(rights(groups)).toEqual(expected);
  });

  it.each([
    ...[undefined, null, 7, true, {}, { ops: true }, [], [[['ops']]], ['Ops', 'ops '], 'ops,bosses', 'ops bosses'],
    ...['__proto__', 'constructor', 'toString', ['hasOwnProperty', 7, null]],
  ])('%j means nothing', (groups) => {
    expect(rights(groups)).toEqual({ tenants: [] });
  });

  it('finds a claim by its name with dots, and inside of others', () => {
    const claims = {
      'https://x.example/roles': ['a'],
      realm_access: { roles: ['b'] },
      'realm_access.roles.x': 'c',
      list: ['d'],
    };
    expect(claimAt(claims, 'https://x.example/roles')).toEqual(['a']);
    expect(claimAt(claims, 'realm_access.roles')).toEqual(['b']);
    expect(claimAt(claims, 'realm_access.roles.x')).toBe('c');
    for (const name of [
      'realm_access.none',
      'realm_access.roles.none',
      'constructor',
      'realm_access.__proto__',
      'list.length.x',
    ])
      expect(claimAt(claims, name)).toBeUndefined();
  });
});

describe('an address', () => {
  const email = 'Ada@Example.com';
  it.each([
    [{ email, email_verified: true }, false, 'ada@example.com'],
    [{ email, email_verified: 'true' }, false, 'ada@example.com'],
    [{ email }, true, 'ada@example.com'],
    [{ email }, false, undefined],
    [{ email, email_verified: false }, false, undefined],
    [{ email, email_verified: 1 }, false, undefined],
    [{ email: 'ada', email_verified: true }, false, undefined],
    [{ email: 'ada@example.com\r\nBcc: eve@example.com', email_verified: true }, false, undefined],
    [{ email: [email], email_verified: true }, false, undefined],
    [{ email_verified: true }, true, undefined],
  ])('%j, trusted: %s', (claims, trusted, address) => {
    expect(claimedEmail(claims, trusted)).toBe(address);
  });
});

describe('a second factor', () => {
  it.each([
    [{}, 'provider'],
    [{ amr: ['pwd'] }, 'provider'],
    [{ amr: ['otp', 'sms'] }, 'provider'],
    [{ amr: ['pwd', 'constructor', '__proto__'] }, 'provider'],
    [{ amr: { mfa: true } }, 'provider'],
    [{ acr: '1' }, 'provider'],
    [{ acr: ['phr'] }, 'provider'],
    [{ amr: ['mfa'] }, 'provider_mfa'],
    [{ amr: 'mfa' }, 'provider_mfa'],
    [{ amr: ['pwd', 'otp'] }, 'provider_mfa'],
    [{ amr: ['hwk', 'fpt'] }, 'provider_mfa'],
    [{ acr: 'phr' }, 'provider_mfa'],
  ])('%j is %s', (claims, factor) => {
    expect(claimedFactor(claims)).toBe(factor);
  });
});
