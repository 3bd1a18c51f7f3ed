/** What the doctor says of sender domains, each with what to do. */

import { expect, it } from 'vitest';
import type { DkimKey, DkimState, DomainCheck, SenderDomain } from '../../db/verbs/domains.ts';
import type { Tenant } from '../../db/verbs/tenants.ts';
import { checkDomains } from './domains.ts';
import type { Finding } from './finding.ts';

const key = (slot: string, state: DkimState): DkimKey => ({
  ...{ id: slot, slot, selector: slot, algorithm: 'rsa-sha256', publicKey: '', state, createdAt: 1 },
});
const acme = { id: 't', slug: 'acme' } as Tenant;

async function look(domain: Partial<SenderDomain>, checks: readonly DomainCheck[] = []): Promise<Finding | undefined> {
  const whole: SenderDomain = {
    ...{
      id: 'd',
      tenantId: 't',
      tenantSlug: 'acme',
      domain: 'a.example',
      addedBy: 'operator',
      held: true,
      shared: false,
      verified: false,
      createdAt: 1,
      keys: [key('iep1', 'active')],
    },
    ...domain,
  };
  const store = { domains: { list: async () => [whole], checks: async () => checks } };
  return (await Array.fromAsync(checkDomains({ store, tenants: [acme] })))[0];
}

it.each([
  ['a domain without a key', { keys: [] }, 'iep domain rotate a.example --tenant acme'],
  ['one that was never looked at', {}, 'iep domain verify a.example --tenant acme'],
  [
    'keys that wait',
    { checkedAt: 2, verified: true, keys: [key('iep1', 'active'), key('iep2', 'next')] },
    'iep domain show',
  ],
] as const)('warns of %s', async (_, domain, advice) => {
  expect(await look(domain)).toMatchObject({ level: 'warning', advice: expect.stringContaining(advice) });
});

it('says what the last look found wrong, and is content with what is verified', async () => {
  const result = {
    purpose: 'spf',
    name: 'a.example',
    required: true,
    found: [],
    detail: 'The domain has no SPF record',
  } as const;
  const checks = [{ at: 2, verified: false, results: [{ ...result, status: 'missing' as const }] }];
  expect(await look({ checkedAt: 2 }, checks)).toMatchObject({
    level: 'warning',
    detail: 'The domain has no SPF record',
  });
  expect(await look({ checkedAt: 2, verified: true, verifiedAt: 2 })).toMatchObject({ level: 'ok' });
});
