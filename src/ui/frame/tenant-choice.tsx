/** Whose things an operator looks at: of all tenants, or of one. It stands in the address too. */

import { useEffect } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { lookAt, tenant } from '../api/session.ts';
import { useData } from '../api/use-data.ts';
import { addressOf } from '../kit/use-filters.ts';

export function TenantChoice() {
  const { path, query, route } = useLocation();
  const { data } = useData('GET /v1/admin/tenants', {});
  const slugs = data?.items.map(({ slug }) => slug) ?? [];
  const chosen = tenant.value;
  const shown = chosen === undefined || slugs.includes(chosen) ? slugs : [chosen, ...slugs];
  useEffect(() => {
    if (query.tenant !== undefined) lookAt(query.tenant || undefined);
    else if (chosen !== undefined) route(addressOf(path, { ...query, tenant: chosen }), true);
  }, [path, query.tenant]);
  const choose = (slug: string) => {
    lookAt(slug || undefined);
    route(addressOf(path, { ...query, tenant: slug }), true);
  };
  return (
    <label class="tenant-choice">
      <span class="sr">Tenant</span>
      <select value={chosen ?? ''} onChange={(event) => choose(event.currentTarget.value)}>
        <option value="">All tenants</option>
        {shown.map((slug) => (
          <option key={slug} value={slug}>
            {slug}
          </option>
        ))}
      </select>
    </label>
  );
}
