/** The verbs that find, a page at a time, what a bulk retry or a bulk cancel would move; others change it. */

import type { Status } from '../../../core/message.ts';
import type { FindMovable, MessageFilter, Movable } from '../../verbs/messages.ts';
import type { Page } from '../../verbs/page.ts';
import type { Connection } from '../connection.ts';
import { tenantNumbers } from '../tenant-number.ts';
import type { Pieces, Verb } from '../verb.ts';
import {
  type CandidateSource,
  type Candidates,
  type ListPosition,
  NEWEST,
  narrowSource,
  prepareCandidates,
} from './candidates.ts';
import { type Condition, filterConditions } from './filter.ts';
import { notOurs } from './messages.ts';
import { search } from './search.ts';

export const retryable: Verb<'messages.retryable'> = {
  kind: 'scan',
  prepare(db) {
    const find = prepareFind(db);
    return (asked) =>
      find(asked, {
        stages: retryStages,
        condition: isRetryable(asked.filter.status ?? []),
      });
  },
};

export const cancellable: Verb<'messages.cancellable'> = {
  kind: 'scan',
  prepare(db) {
    const find = prepareFind(db);
    return (asked) => find(asked, { stages: cancelStages, condition: IS_CANCELLABLE });
  },
};

interface Kind {
  readonly stages: (candidates: Candidates, tenant: number, filter: MessageFilter) => readonly Stage[];
  readonly condition: Condition;
}

function prepareFind(db: Connection): (asked: FindMovable, kind: Kind) => Pieces<Page<Movable>> {
  const tenantNo = tenantNumbers(db);
  const candidates = prepareCandidates(db);
  return function* ({ tenantId, filter, limit, cursor }, { stages: stagesOf, condition }) {
    const tenant = tenantNo(tenantId);
    const stages = stagesOf(candidates, tenant, filter);
    const from = cursor === undefined ? { stage: 0, after: NEWEST } : readCursor(cursor);
    const conditions = [...filterConditions(filter), condition];
    const items: Movable[] = [];
    let { after } = from;
    for (const [number, { source, besides }] of stages.entries()) {
      if (number < from.stage) continue;
      const room = limit - items.length;
      const { rows, next } = yield* search(db, tenant, {
        source,
        conditions: [...conditions, ...besides],
        after,
        limit: room,
      });
      items.push(...rows.map(({ id, status, dead }) => ({ messageId: id, status, dead: dead === 1 })));
      if (next !== undefined) return { items, cursor: `${number}.${next.createdAt}.${next.seq}` };
      if (items.length === limit && number + 1 < stages.length) {
        return { items, cursor: `${number + 1}.${NEWEST.createdAt}.${NEWEST.seq}` };
      }
      after = NEWEST;
    }
    return { items };
  };
}

interface Stage {
  readonly source: CandidateSource;
  /** What earlier stages have told. */
  readonly besides: readonly Condition[];
}

/** What a filter wants is looked for where it is; else what failed, what is dead and what waits is looked through in turn. */
function retryStages(candidates: Candidates, tenant: number, filter: MessageFilter): readonly Stage[] {
  const narrow = narrowSource(candidates, tenant, filter);
  if (narrow !== undefined) return [{ source: narrow, besides: [] }];
  const ends = endsOf(filter.status ?? []);
  const isNew = { sql: `m.status NOT IN (${ends.map(() => '?').join(', ')})`, values: ends };
  return [
    { source: candidates.ended(tenant, ends), besides: [] },
    { source: candidates.dead(tenant), besides: [isNew] },
    { source: candidates.open(tenant), besides: [] },
  ];
}

/** Also what waits for its own time. */
function cancelStages(candidates: Candidates, tenant: number, { recipient, groupId }: MessageFilter): readonly Stage[] {
  const named = { ...(recipient !== undefined && { recipient }), ...(groupId !== undefined && { groupId }) };
  return [{ source: narrowSource(candidates, tenant, named) ?? candidates.open(tenant), besides: [] }];
}

const IS_CANCELLABLE: Condition = {
  sql: 'EXISTS (SELECT 1 FROM outbox o WHERE o.message_seq = m.seq AND o.lease_owner IS NULL)',
  values: [],
};

/** Suppressed mail did not fail: only a caller that names the status sends it again, as after sending was off. */
function endsOf(asked: readonly Status[]): readonly Status[] {
  return asked.includes('suppressed') ? ['failed', 'bounced', 'suppressed'] : ['failed', 'bounced'];
}

/**
 * A dead letter may have reached some: then its status is `sent`. What waits for its own time must not go out early by the
 * way, unless it is asked for by name.
 */
function isRetryable(asked: readonly Status[]): Condition {
  const ends = endsOf(asked);
  const waiting = asked.includes('scheduled') ? '' : ' AND o.scheduled = 0';
  return {
    sql: `m.status IN (${ends.map(() => '?').join(', ')}) OR m.dead = 1 OR EXISTS (
      SELECT 1 FROM outbox o WHERE o.message_seq = m.seq AND o.lease_owner IS NULL${waiting})`,
    values: ends,
  };
}

function readCursor(cursor: string): { stage: number; after: ListPosition } {
  const match = /^([0-2])\.(\d{1,16})\.(\d{1,16})$/.exec(cursor);
  if (match === null) throw notOurs();
  return { stage: Number(match[1]), after: { createdAt: Number(match[2]), seq: Number(match[3]) } };
}
