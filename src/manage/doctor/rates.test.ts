import { expect, it } from 'vitest';
import type { Tenant } from '../../db/verbs/tenants.ts';
import { checkRates } from './rates.ts';

it('names the tenants whose rates are too high, and says how to hold their mail', async () => {
  const rates = [
    { rate: 'bounced' as const, value: 0.18, isTooHigh: true },
    { rate: 'complained' as const, value: 0.0001, isTooHigh: false },
  ];
  const found = await Array.fromAsync(
    checkRates({
      store: { tallies: { rates: async () => [{ tenantId: 't', rates }] } },
      clock: { now: () => 0 },
      tenants: [{ id: 't', slug: 'shop' } as Tenant],
    }),
  );
  expect(found).toEqual([
    {
      ...{ check: 'rate of shop', level: 'warning', detail: 'too high: 18.00 % of its recipients bounced' },
      advice:
        'Which and why: iep tail --type bounced --since 1d --tenant shop. To hold its mail: iep queue pause --tenant shop',
    },
  ]);
});
