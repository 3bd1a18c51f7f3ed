/** Whose things an operator looks at: of all tenants, or of one. */

import { lookAt, tenant } from '../api/session.ts';
import { useData } from '../api/use-data.ts';

export function TenantChoice() {
  const { data } = useData('GET /v1/admin/tenants', {});
  const slugs = data?.items.map(({ slug }) => slug) ?? [];
  const chosen = tenant.value;
  const shown = chosen === undefined || slugs.includes(chosen) ? slugs : [chosen, ...slugs];
  return (
    <label class="tenant-choice">
      <span class="sr">Tenant</span>
      <select value={chosen ?? ''} onChange={(event) => lookAt(event.currentTarget.value || undefined)}>
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
