/** Why it is not clear whose a call is that names no tenant: there is none, or there are several. */

import { IepError } from './errors.ts';

const NONE_HINT =
  '`iep tenant add SLUG` makes one. Where a daemon has some already, run this in its directory, or with its --config or IEP_DATADIR.';

export function tenantUnclear({ isNone, hint }: { readonly isNone: boolean; readonly hint?: string }): IepError {
  const said = isNone ? NONE_HINT : hint;
  return new IepError('tenant_required', isNone ? 'No tenant exists yet' : 'There are several tenants', {
    ...(said !== undefined && { extra: { hint: said } }),
  });
}
