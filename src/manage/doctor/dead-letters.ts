/** Messages that are not tried again by themselves, mostly because their attempts are used up: they wait for a person. */

import { counted } from '../../core/counted.ts';
import type { StorePart } from '../../db/verbs/store.ts';
import type { Tenant } from '../../db/verbs/tenants.ts';
import { type Finding, ok, warning } from './finding.ts';

export async function* checkDeadLetters({
  store,
  tenants,
}: {
  store: StorePart<'messages.deadLetters'>;
  tenants: readonly Tenant[];
}): AsyncGenerator<Finding> {
  const counts = new Map((await store.messages.deadLetters()).map(({ tenantId, count }) => [tenantId, count]));
  for (const { id, slug } of tenants) {
    const count = counts.get(id);
    if (count === undefined) continue;
    yield warning(
      `dead letters of ${slug}`,
      `${counted(count, 'message')} ${count === 1 ? 'is' : 'are'} not tried again`,
      `Why: iep dead --tenant ${slug}. Again: iep dead retry --all --tenant ${slug}`,
    );
  }
  if (counts.size === 0) yield ok('dead letters', 'none');
}
