/** The verb that takes what the pixels and links of mail tell. */

import type { Json } from '../../../core/message.ts';
import { hitCount } from '../../../core/tracking.ts';
import { trackingOf } from '../../rows/message-rows.ts';
import { judgeHit } from '../../rules/hit.ts';
import { fateOf } from '../../rules/tally.ts';
import type { NewHit } from '../../verbs/hits.ts';
import type { Connection } from '../connection.ts';
import { appendEvent } from '../events/events.ts';
import { mapInTurn } from '../in-turn.ts';
import { type Counted, prepareCount, prepareFirst } from '../tallies/tally.ts';
import type { Verb } from '../verb.ts';
import { prepareCountHit } from './count.ts';

/** Of events that a provider told this is the provider. */
const SOURCE = 'iep';

export const record: Verb<'hits.record'> = {
  kind: 'write',
  prepare(db) {
    const find = prepareCopy(db);
    const countHit = prepareCountHit(db);
    const append = appendEvent(db);
    const isFirst = prepareFirst(db);
    const count = prepareCount(db);
    return async ({ hits, now }) => {
      const counted: Counted[] = [];
      const taken = await mapInTurn(hits, async (hit) => {
        const copy = await find.get(hit.messageId, hit.position);
        if (copy === undefined) return undefined;
        const { seq, tenantNo, tenantId, address, provider, category, template, groupId } = copy;
        const { kind, at, position } = hit;
        const { actor, rule } = judgeHit(hit, copy.isOpen === 1 ? undefined : copy.handedOverAt);
        const isKept = await countHit({ seq, position, kind, actor, at });
        const data = { ...saidOf(hit, copy.tracking), actor, rule, source: SOURCE };
        if (isKept) await append(seq, { type: kind, at, recipient: address, data });
        const fate = fateOf({ kind, data });
        const tally = fate !== undefined && (await isFirst({ seq, position }, fate)) ? { [fate]: 1 } : {};
        const hitOf = { [hitCount(kind, actor)]: 1 };
        const of = { tenantNo, provider: provider ?? '', category, template, groupId };
        counted.push({ ...of, tally, hits: hitOf });
        return { tenantId, actor, rule, isKept };
      });
      await count(counted, now);
      return taken;
    };
  },
};

interface Copy {
  readonly seq: number;
  readonly tenantNo: number;
  readonly tenantId: string;
  readonly provider: string | null;
  readonly category: string | null;
  readonly template: string | null;
  readonly groupId: string | null;
  readonly tracking: number | null;
  readonly address: string;
  readonly isOpen: number;
  /** What is told later changes when the recipient was changed last; the last attempt is before that. */
  readonly handedOverAt: number;
}

function prepareCopy(db: Connection) {
  return db.prepare<[string, number], Copy>(
    `SELECT m.seq, m.tenant_no AS "tenantNo", t.id AS "tenantId", m.provider, m.category, m.template, m.group_id AS "groupId",
       m.tracking, r.address, r.status IN ('scheduled', 'queued', 'processing') AS "isOpen",
       least(r.updated_at, coalesce((SELECT max(a.ended_at) FROM attempts a WHERE a.message_seq = m.seq), r.updated_at)) AS "handedOverAt"
     FROM messages m JOIN tenants t ON t.no = m.tenant_no JOIN recipients r ON r.message_seq = m.seq
     WHERE m.id = ? AND r.position = ? AND t.removing_at IS NULL`,
  );
}

function saidOf({ url, userAgent, ip }: NewHit, tracking: number | null): { readonly [name: string]: Json } {
  const isAnonymous = trackingOf(tracking)?.anonymous === true;
  return {
    ...(url !== undefined && { url }),
    ...(userAgent !== undefined && !isAnonymous && { userAgent }),
    ...(ip !== undefined && !isAnonymous && { ip }),
  };
}
