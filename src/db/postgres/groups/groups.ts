/** The verbs that show groups: their numbers, and their recipients one by one. */

import type { Status } from '../../../core/message.ts';
import { optional } from '../../rows/message-rows.ts';
import type { GroupCounts } from '../../verbs/groups.ts';
import { prepareHitsOfOne } from '../hits/rows.ts';
import { mapInTurn } from '../in-turn.ts';
import { notOurs } from '../messages/messages.ts';
import { tenantNumbers } from '../tenant-number.ts';
import type { Verb } from '../verb.ts';

const COUNTS = [
  ...['sent', 'delivered', 'bounced', 'complained', 'failed', 'opens', 'opened', 'clicks', 'clicked'].map(
    (name) => [name, name] as const,
  ),
  ['machine_opens', 'machineOpens'],
  ['machine_clicks', 'machineClicks'],
] as const;

export const counts: Verb<'groups.counts'> = {
  kind: 'read',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const select = db.prepare<[number, string], GroupCounts>(
      `SELECT ${COUNTS.map(([column, name]) => `sum(${column}) AS "${name}"`).join(', ')}
       FROM group_counts WHERE tenant_no = ? AND group_id = ? GROUP BY tenant_no, group_id`,
    );
    return async ({ tenantId, groupId }) => select.get(await tenantNo(tenantId), groupId);
  },
};

interface RecordColumns {
  seq: number;
  position: number;
  id: string;
  address: string;
  subject: string;
  status: Status;
  created_at: number;
  sent_at: number | null;
  delivered_at: number | null;
}

export const records: Verb<'groups.records'> = {
  kind: 'scan',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const select = db.prepare<[Record<string, number | string>], RecordColumns>(
      `SELECT m.seq, r.position, m.id, r.address, r.status, m.created_at,
         coalesce((SELECT v.rendered_subject FROM renditions v WHERE v.message_seq = m.seq), m.subject) AS subject,
         CASE WHEN r.status IN ('sent', 'delivered', 'complained', 'bounced') THEN m.sent_at ELSE NULL END AS sent_at,
         (SELECT min(f.at) FROM feedback f WHERE f.message_seq = m.seq AND f.position = r.position AND f.kind = 'delivered') AS delivered_at
       FROM messages m  JOIN recipients r ON r.message_seq = m.seq
       WHERE m.tenant_no = @tenant AND m.group_id = @groupId AND m.seq >= @seq AND (m.seq > @seq OR r.position > @position)
       ORDER BY m.seq, r.position LIMIT @limit`,
    );
    const hitsOf = prepareHitsOfOne(db);
    return async ({ tenantId, groupId, limit, cursor }) => {
      const after = cursor === undefined ? { seq: 0, position: -1 } : readCursor(cursor);
      const rows = await select.all({ tenant: await tenantNo(tenantId), groupId, ...after, limit: limit + 1 });
      const shown = rows.slice(0, limit);
      const last = rows.length > limit ? shown.at(-1) : undefined;
      return {
        items: await mapInTurn(shown, async (row) => ({
          messageId: row.id,
          recipient: row.address,
          subject: row.subject,
          status: row.status,
          createdAt: row.created_at,
          ...optional('sentAt', row.sent_at),
          ...optional('deliveredAt', row.delivered_at),
          ...(await hitsOf(row.seq, row.position)),
        })),
        ...(last && { cursor: `${last.seq}.${last.position}` }),
      };
    };
  },
};

function readCursor(cursor: string): { seq: number; position: number } {
  const match = /^(\d{1,16})\.(\d{1,6})$/.exec(cursor);
  if (match === null) throw notOurs();
  return { seq: Number(match[1]), position: Number(match[2]) };
}
