/** Warnings about a configuration that is valid, and may not be what the operator meant. */

import type { Log } from '../../base/observe/log.ts';
import type { Config } from '../../config/schema.ts';
import { tenantsNamed } from '../../core/login-provider.ts';
import type { StorePart } from '../../db/verbs/store.ts';

export async function forewarn(
  { store, log }: { readonly store: StorePart<'tenants.list'>; readonly log: Pick<Log, 'warn'> },
  { policy, smtp, dashboard }: Config,
): Promise<void> {
  if (policy.sending === 'off') log.warn({}, 'sending is off: mail is accepted and recorded, and not delivered');
  const slugs = (await store.tenants.list()).map(({ slug }) => slug);
  for (const { cidr, tenant } of smtp.trustedNetworks) {
    if (slugs.includes(tenant)) continue;
    log.warn(
      { cidr, tenant },
      'a trusted network names a tenant that does not exist; its mail is refused until it does',
    );
  }
  for (const { name, ...provider } of dashboard.oidc) {
    for (const tenant of tenantsNamed(provider).filter((slug) => !slugs.includes(slug))) {
      log.warn({ loginProvider: name, tenant }, 'a login provider gives roles in a tenant that does not exist');
    }
  }
}
