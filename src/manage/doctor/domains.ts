/** Sender domains: whether DNS says of them what it should, by the last look. */

import { localTime } from '../../core/time-text.ts';
import type { SenderDomain } from '../../db/verbs/domains.ts';
import type { StorePart } from '../../db/verbs/store.ts';
import type { Tenant } from '../../db/verbs/tenants.ts';
import { type Finding, ok, warning } from './finding.ts';

export async function* checkDomains({
  store,
  tenants,
}: {
  readonly store: StorePart<'domains.list' | 'domains.checks'>;
  readonly tenants: readonly Tenant[];
}): AsyncGenerator<Finding> {
  for (const { id, slug } of tenants) {
    for (const domain of await store.domains.list({ tenantId: id })) yield await checkDomain(domain, { store, slug });
  }
}

async function checkDomain(
  domain: SenderDomain,
  { store, slug }: { readonly store: StorePart<'domains.checks'>; readonly slug: string },
): Promise<Finding> {
  const { domain: name, tenantId, verified, verifiedAt, checkedAt, keys } = domain;
  const check = `domain ${name}`;
  const iep = (verb: string) => `iep domain ${verb} ${name} --tenant ${slug}`;
  if (!keys.some(({ state }) => state === 'active')) {
    return warning(check, 'it has no DKIM key, so its mail is not signed', iep('rotate'));
  }
  if (checkedAt === undefined) return warning(check, 'nobody looked for its records in DNS yet', iep('verify'));
  if (!verified) {
    const [last] = await store.domains.checks({ tenantId, domain: name, limit: 1 });
    const wrong = last?.results.find(({ required, status }) => required && status !== 'ok');
    const advice = `Publish what \`${iep('show')}\` prints, then: ${iep('verify')}`;
    return warning(check, wrong?.detail ?? 'it is not verified', advice);
  }
  const next = keys.find(({ state }) => state === 'next');
  if (next !== undefined) {
    const advice = `Publish what \`${iep('show')}\` prints, then: ${iep('verify')}`;
    return warning(check, `the keys of ${next.slot} wait for their record`, advice);
  }
  return ok(check, `verified since ${localTime(verifiedAt)}`);
}
