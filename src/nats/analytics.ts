/** `get_email_engagement_analytics`: the numbers of a group, as seed 002 counts them. */

import type { StorePart } from '../db/verbs/store.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import { INTERNAL, NOT_FOUND } from './email-status.ts';
import { INVALID_PAYLOAD, readPayload } from './payload.ts';
import type { Handler } from './requests.ts';

export interface AnalyticsDeps {
  readonly store: StorePart<'groups.counts'>;
  readonly tenant: () => Promise<Tenant | undefined>;
}

export function getGroupAnalytics({ store, tenant: tenantOf }: AnalyticsDeps): Handler {
  return {
    subject: 'get_email_engagement_analytics',
    failed: INTERNAL,
    async handle({ data }) {
      const groupId = readPayload(data, ['group_id'])?.group_id ?? '';
      if (groupId === '') return { error: INVALID_PAYLOAD };
      const tenant = await tenantOf();
      const counts = tenant && (await store.groups.counts({ tenantId: tenant.id, groupId }));
      if (counts === undefined) return { error: NOT_FOUND };
      const { sent, delivered, bounced, complained, failed, opens, opened } = counts;
      return {
        group_id: groupId,
        // Of one whom no server took, seed 002 counts nothing; here its caller had a yes.
        total_sent: sent + failed,
        delivered,
        opened: opens,
        unique_opened: opened,
        failed: bounced + complained + failed,
      };
    },
  };
}
