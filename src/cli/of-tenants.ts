/** What the API answers for one tenant at a time, asked for all of them where an operator names none. */

import { IepError } from '../core/errors.ts';
import type { Client } from './client/client.ts';
import type { ListJson, TenantJson } from './client/wire.ts';

export interface OfTenant<T> {
  /** Slug; absent where there is only one tenant, or one is meant. */
  readonly tenant?: string;
  readonly answer: T;
}

/** `headers` go with each call of `ask`. Refuses as the call does before the first tenant is made. */
export async function ofTenants<T>(
  client: Client,
  ask: (headers: Readonly<Record<string, string>>) => Promise<T>,
): Promise<readonly OfTenant<T>[]> {
  try {
    return [{ answer: await ask({}) }];
  } catch (error) {
    if (!(error instanceof IepError) || error.code !== 'tenant_required') throw error;
    const slugs = await tenantSlugs(client);
    if (slugs.length === 0) throw error;
    const answers: OfTenant<T>[] = [];
    for (const tenant of slugs) answers.push({ tenant, answer: await ask({ 'x-iep-tenant': tenant }) });
    return answers;
  }
}

async function tenantSlugs(client: Client): Promise<readonly string[]> {
  const { items } = await client.json<ListJson<TenantJson>>('GET', '/v1/admin/tenants');
  return items.map(({ slug }) => slug);
}

/** Slugs by id where the caller is the operator, names no tenant, and there are several; else undefined. */
export async function severalTenants(client: Client): Promise<ReadonlyMap<string, string> | undefined> {
  if (client.tenant !== undefined) return undefined;
  try {
    const { items } = await client.json<ListJson<TenantJson>>('GET', '/v1/admin/tenants');
    return items.length > 1 ? new Map(items.map(({ id, slug }) => [id, slug])) : undefined;
  } catch (error) {
    if (error instanceof IepError && error.code === 'forbidden') return undefined;
    throw error;
  }
}
