/** Who may add a sender domain, and what the others are told. */

import { expect, it } from 'vitest';
import { requireFreeForOperator, requireFreeForTenant, requireNewClaim } from './domain-owner.ts';

const domain = 'x.example';
const tenant = { domain, by: 'tenant' as const, shared: false };
const operator = { domain, by: 'operator' as const, shared: false };
const conflict = (message: RegExp) =>
  expect.objectContaining({ code: 'conflict', message: expect.stringMatching(message) });

it('adds what the tenant does not have', () => {
  for (const claim of [tenant, operator]) expect(() => requireNewClaim(claim, undefined)).not.toThrow();
});

it("is the tenant's already, however it came", () => {
  for (const addedBy of ['tenant', 'operator'] as const) {
    expect(() => requireNewClaim(tenant, { addedBy, isShared: false })).toThrow(conflict(/already/));
  }
  expect(() => requireNewClaim(operator, { addedBy: 'operator', isShared: false })).toThrow(conflict(/already/));
});

it('lets the operator take over what a tenant added, share it, and end that', () => {
  expect(() => requireNewClaim(operator, { addedBy: 'tenant', isShared: false })).not.toThrow();
  expect(() => requireNewClaim({ ...operator, shared: true }, { addedBy: 'operator', isShared: false })).not.toThrow();
  expect(() => requireNewClaim(operator, { addedBy: 'operator', isShared: true })).not.toThrow();
});

it('is refused to a tenant where another holds it, without a name', () => {
  expect(() => requireFreeForTenant(tenant, false)).not.toThrow();
  expect(() => requireFreeForTenant(tenant, true)).toThrow(conflict(/^x\.example belongs to another tenant/));
});

it('is refused to the operator where others hold it, with their names, unless it is shared', () => {
  expect(() => requireFreeForOperator(operator, [])).not.toThrow();
  expect(() => requireFreeForOperator({ ...operator, shared: true }, ['acme'])).not.toThrow();
  expect(() => requireFreeForOperator(operator, ['acme', 'globex'])).toThrow(conflict(/acme, globex.*--shared/));
});
