/** The verbs of tenants. */

import type { TenantSettings, TenantSettingsChange } from '../../core/tenant-settings.ts';

export interface Tenant {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly active: boolean;
  readonly paused: boolean;
  /** Why, where IEP itself paused it. */
  readonly pausedReason?: string;
  readonly settings: TenantSettings;
  /** The sender domains it holds. */
  readonly senderDomains: readonly string[];
  /** Those of them whose DNS records were found right. */
  readonly verifiedDomains: readonly string[];
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface TenantVerbs {
  add(input: { id: string; slug: string; name: string; settings: TenantSettings; now: number }): Promise<Tenant>;
  /** Changes what is given; a setting of null is removed. Of a tenant that is not active nothing is claimed. */
  set(input: {
    tenantId: string;
    name?: string;
    active?: boolean;
    settings?: TenantSettingsChange;
    now: number;
  }): Promise<Tenant>;
  /**
   * Closes a tenant that owes no mail; refuses with `conflict` while it does, unless `force`. From then on nobody
   * finds the tenant, its keys are gone, its slug and its domains are free; `clear` takes away what it had.
   */
  remove(input: { tenantId: string; force: boolean; now: number }): Promise<void>;
  /** Takes away `limit` rows of a tenant that is being removed, and at last the tenant. `isDone`: none is being removed. */
  clear(input: { limit: number }): Promise<{ readonly isDone: boolean }>;
  list(): Promise<readonly Tenant[]>;
  beingRemoved(): Promise<readonly Tenant[]>;
  /** The tenant whose it is: for the operator, to whom an id is enough. */
  ownerOf(input: { kind: 'message' | 'notification' | 'webhook'; id: string }): Promise<string | undefined>;
}
