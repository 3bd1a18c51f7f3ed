/** Messages whose attempts are used up: they wait for a person. */

import { type Finding, ok, warning } from './finding.ts';
import type { Patient } from './patient.ts';

export async function* checkDeadLetters({ store, tenants, clock }: Patient): AsyncGenerator<Finding> {
  let total = 0;
  for (const { id, slug } of tenants) {
    const { matched } = await store.retryMany({
      ...{ tenantId: id, filter: { dead: true, status: ['failed'] }, now: clock.now(), limit: 1, dryRun: true },
    });
    total += matched;
    if (matched === 0) continue;
    yield warning(
      `dead letters of ${slug}`,
      `${matched} messages have used up their attempts`,
      `Why: iep list --status failed --tenant ${slug}. Again: iep retry --status failed --tenant ${slug} --dry-run`,
    );
  }
  if (total === 0) yield ok('dead letters', 'none');
}
