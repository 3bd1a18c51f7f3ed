/** The caller at a socket where every user of the machine may hand in mail: a tenant that the configuration names. */

import type { Directory } from '../access/directory.ts';
import { requireScope } from '../access/principal.ts';
import { IepError } from '../core/errors.ts';
import { tenantUnclear } from '../core/tenant-unclear.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import { NOBODY } from './access-rule.ts';
import type { Auth } from './authorize.ts';

/** `named`: slug of that tenant; undefined for the only one there is. */
export function createSubmitAuth(directory: Directory, named: () => string | undefined): Auth {
  async function meant(): Promise<Tenant> {
    const slug = named();
    if (slug !== undefined) {
      const tenant = await directory.bySlug(slug);
      if (tenant !== undefined) return tenant;
      throw new IepError('tenant_required', `sendmail.tenant names ${slug}, and that tenant does not exist`);
    }
    const [only, second] = await directory.all();
    if (only !== undefined && second === undefined) return only;
    throw tenantUnclear({
      isNone: only === undefined,
      hint: 'The operator says whose such mail is: sendmail.tenant in the configuration.',
    });
  }

  return {
    async authorize(request, rule, known) {
      if (rule.kind === 'public') return NOBODY;
      if (rule.kind === 'operator' || rule.kind === 'person')
        throw new IepError('forbidden', 'Mail is handed in here, and nothing else');
      const tenant = await meant();
      const principal = { kind: 'tenant', tenant, scopes: new Set(['send'] as const) } as const;
      known?.(principal);
      requireScope(principal, rule.scopes);
      const asked = request.header('x-iep-tenant');
      if (asked === undefined || asked === tenant.slug || asked === tenant.id) return { principal, tenant };
      throw new IepError('forbidden', `Mail of this machine's users is the tenant ${tenant.slug}'s, not ${asked}'s`, {
        extra: {
          hint: 'Leave out --tenant and IEP_TENANT, or send with a key of that tenant: IEP_URL and IEP_API_KEY.',
        },
      });
    },
    stillValid: async () => true,
  };
}
