/** Whose a thing is, where an operator looks at all tenants: a column of its lists, and a question before one is added. */

import { isOperator, tenant } from '../api/session.ts';
import { useData } from '../api/use-data.ts';
import { Choice } from './form.tsx';
import type { Column } from './table.tsx';

export const isOfAll = (): boolean => isOperator() && tenant.value === undefined;

/** Empty where one tenant is looked at. */
export function tenantColumn<T extends { readonly tenant: string }>(): readonly Column<T>[] {
  return isOfAll() ? [{ head: 'Tenant', cell: (row) => <span class="soft">{row.tenant}</span> }] : [];
}

/** The field `tenant` of a form. */
export function TenantField() {
  return isOfAll() ? <Tenants /> : null;
}

function Tenants() {
  const { data } = useData('GET /v1/admin/tenants', {});
  const slugs = data?.items.map(({ slug }) => slug) ?? [];
  return <Choice label="Tenant" name="tenant" value={slugs[0] ?? ''} options={slugs.map((slug) => [slug, slug])} />;
}
