/** Tenants whose mail bounces or annoys too often: vendors turn such senders away, and all tenants with them. */

import { type Finding, warning } from './finding.ts';
import type { Patient } from './patient.ts';

export async function* checkRates({
  store,
  clock,
  tenants,
}: Pick<Patient, 'tenants'> & {
  readonly store: { readonly tallies: Pick<Patient['store']['tallies'], 'rates'> };
  readonly clock: Pick<Patient['clock'], 'now'>;
}): AsyncGenerator<Finding> {
  for (const { tenantId, rates } of await store.tallies.rates({ now: clock.now() })) {
    const tenant = tenants.find(({ id }) => id === tenantId);
    if (tenant === undefined) continue;
    for (const { rate, value } of rates.filter(({ isTooHigh }) => isTooHigh)) {
      const what = rate === 'bounced' ? 'of its recipients bounced' : 'of its recipients complained';
      yield warning(
        `rate of ${tenant.slug}`,
        `too high: ${(value * 100).toFixed(2)} % ${what}`,
        `Which and why: iep tail --type ${rate} --since 1d --tenant ${tenant.slug}. To hold its mail: iep queue pause --tenant ${tenant.slug}`,
      );
    }
  }
}
