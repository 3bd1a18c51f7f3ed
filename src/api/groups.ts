/** Groups: messages that their caller put together, recipient by recipient and in numbers. */

import * as z from 'zod';
import { IepError } from '../core/errors.ts';
import { rfc3339, rfc3339OrNull } from '../core/rfc3339.ts';
import type { GroupCounts, GroupRecord } from '../db/verbs/groups.ts';
import type { AppDeps } from './deps.ts';
import { cursorField, limitField } from './paging.ts';
import { json } from './reply.ts';
import { type Route, tenantRoute } from './route.ts';
import { groupAnalyticsShape, type groupRecordShape, groupShape } from './shapes.ts';

export function groupRoutes({ store }: Pick<AppDeps, 'store'>): readonly Route[] {
  /** A group is there from its first message on, and of another tenant is none. */
  async function countsOf(tenantId: string, groupId: string): Promise<GroupCounts> {
    const counts = await store.groups.counts({ tenantId, groupId });
    if (counts === undefined) throw new IepError('not_found', 'No message is in a group of this name');
    return counts;
  }

  return [
    tenantRoute(['read'], {
      method: 'GET',
      path: '/v1/groups/:groupId',
      summary: 'The recipients of a group, in the order in which its messages were accepted',
      query: z.strictObject({ limit: limitField, cursor: cursorField }),
      answers: { 200: { description: 'A page', schema: groupShape } },
      async handle({ tenant, param, query: { limit, cursor }, gone }) {
        const of = { tenantId: tenant.id, groupId: param('groupId') };
        await countsOf(of.tenantId, of.groupId);
        const page = await store.groups.records({ ...of, limit, ...(cursor !== undefined && { cursor }) }, gone);
        return json({ groupId: of.groupId, items: page.items.map(recordView), cursor: page.cursor ?? null });
      },
    }),
    tenantRoute(['read'], {
      method: 'GET',
      path: '/v1/groups/:groupId/analytics',
      summary: 'What became of the recipients of a group, and who of them read the mail',
      answers: { 200: { description: 'The numbers', schema: groupAnalyticsShape } },
      async handle({ tenant, param }) {
        const groupId = param('groupId');
        return json(analyticsOf(groupId, await countsOf(tenant.id, groupId)));
      },
    }),
  ];
}

function analyticsOf(groupId: string, counts: GroupCounts): z.output<typeof groupAnalyticsShape> {
  const { sent, delivered, opens, opened, clicks, clicked, machineOpens, machineClicks } = counts;
  const { bounced, complained, failed } = counts;
  return {
    ...{ groupId, totalSent: sent, delivered },
    ...{ opened: opens, uniqueOpened: opened, clicked: clicks, uniqueClicked: clicked },
    ...{ machineOpened: machineOpens, machineClicked: machineClicks },
    ...{ bounced, complained, failed },
  };
}

function recordView(record: GroupRecord): z.output<typeof groupRecordShape> {
  const { messageId, recipient, subject, status, opens, clicks, machineOpens, machineClicks } = record;
  return {
    ...{ messageId, recipient, subject, status },
    createdAt: rfc3339(record.createdAt),
    sentAt: rfc3339OrNull(record.sentAt),
    delivered: status === 'delivered' || record.deliveredAt !== undefined,
    deliveredAt: rfc3339OrNull(record.deliveredAt),
    ...{ opened: opens > 0, clicked: clicks > 0, opens, clicks, machineOpens, machineClicks },
    firstOpenedAt: rfc3339OrNull(record.firstOpenedAt),
    lastOpenedAt: rfc3339OrNull(record.lastOpenedAt),
    lastClickedAt: rfc3339OrNull(record.lastClickedAt),
    failed: status === 'failed' || status === 'bounced',
  };
}
