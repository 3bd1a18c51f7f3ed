/** Webhook endpoints: those that were turned off, and those that only fail. */

import { counted } from '../../core/counted.ts';
import { age, localTime } from '../../core/time-text.ts';
import type { StorePart } from '../../db/verbs/store.ts';
import { type Finding, ok, warning } from './finding.ts';
import type { Patient } from './patient.ts';

/** A deployment of the receiver takes minutes. */
const FAILING_MS = 3_600_000;

export async function* checkWebhooks({
  store,
  tenants,
  clock,
}: Pick<Patient, 'tenants' | 'clock'> & {
  readonly store: StorePart<'webhooks.list'>;
}): AsyncGenerator<Finding> {
  let well = 0;
  let amiss = 0;
  for (const { id: tenantId, slug } of tenants) {
    for (const { id, url, active, off, failingSince } of await store.webhooks.list({ tenantId })) {
      const check = `webhook ${id} of ${slug}`;
      const failingMs = failingSince === undefined ? 0 : clock.now() - failingSince;
      if (!active && off !== undefined) {
        amiss += 1;
        yield warning(
          check,
          `${new URL(url).host} was turned off at ${localTime(off.at)}: ${off.reason}`,
          `When it is mended: iep webhook set ${id} --active; then iep replay --webhook ${id} --missed`,
        );
      } else if (active && failingMs > FAILING_MS) {
        amiss += 1;
        yield warning(
          check,
          `${new URL(url).host} has only failed for ${age(failingMs)}`,
          `Its answers: iep webhook deliveries ${id} --status failed --tenant ${slug}`,
        );
      } else well += 1;
    }
  }
  if (amiss === 0 && well > 0) yield ok('webhooks', `${counted(well, 'endpoint')}, none turned off`);
}
