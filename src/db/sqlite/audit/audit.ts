/** The audit log: entries are added at its end, and read. */

import {
  type ActorKind,
  type AuditHead,
  type AuditRecord,
  auditHash,
  checkHead,
  sealHead,
} from '../../../core/audit-entry.ts';
import type { DerivedKey } from '../../../core/vault.ts';
import { optional } from '../../rows/message-rows.ts';
import type { Connection } from '../connection.ts';
import type { Verb } from '../verb.ts';
import { walk } from '../walk.ts';

interface AuditColumns {
  seq: number;
  at: number;
  actor_kind: ActorKind;
  actor: string;
  actor_name: string | null;
  source: string;
  action: string;
  outcome: string;
  tenant: string | null;
  target: string | null;
  request_id: string | null;
  detail: string;
  previous_hash: string;
  hash: string;
}

const HEAD = 'audit.head';

export const append: Verb<'audit.append'> = {
  kind: 'write',
  prepare(db) {
    const end = prepareEnd(db);
    const isRetired = db.prepare<[string], number>('SELECT 1 FROM retired_master_keys WHERE key_id = +?').pluck();
    const last = db.prepare<[], number>('SELECT max(seq) FROM audit_log').pluck();
    const insert = db.prepare(
      `INSERT INTO audit_log (seq, at, actor_kind, actor, actor_name, source, action, outcome, tenant, target,
         request_id, detail, previous_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    return ({ entry, keys, areLatest }) => {
      const before = end.read();
      const verdict = before && checkHead(before, keys);
      if (!areLatest && (verdict === 'unknown' || isRetired.get(keys[0].keyId) !== undefined)) return undefined;
      // The number goes on from the head too: after a cut there is a gap, and not another entry in its place.
      const seq = Math.max(before?.seq ?? 0, last.get() ?? 0) + 1;
      const record = { ...entry, seq, previousHash: before !== undefined && verdict === 'right' ? before.hash : '' };
      const hash = auditHash(record);
      const { actor } = entry;
      insert.run(
        seq,
        entry.at,
        actor.kind,
        actor.id,
        actor.name ?? null,
        entry.source,
        entry.action,
        entry.outcome,
        entry.tenant ?? null,
        entry.target ?? null,
        entry.requestId ?? null,
        entry.detail,
        record.previousHash,
        hash,
      );
      end.keep({ seq, hash }, keys[0]);
      return { seq, hash };
    };
  },
};

export const adoptEnd: Verb<'audit.adoptEnd'> = {
  kind: 'write',
  prepare(db) {
    const end = prepareEnd(db);
    return (key) => {
      const head = end.read();
      if (head !== undefined) end.keep(head, key);
    };
  },
};

export const list: Verb<'audit.list'> = {
  kind: 'scan',
  prepare(db) {
    const endOf = db
      .prepare<[number, number], number>('SELECT seq FROM audit_log WHERE seq < +? ORDER BY seq DESC LIMIT 1 OFFSET +?')
      .pluck();
    const select = db.prepare<[Record<string, string | number | null>], AuditColumns>(
      `SELECT * FROM audit_log
       WHERE seq < @before AND seq >= @from AND at >= @since AND at < @until
         AND (@tenant IS NULL OR tenant = @tenant)
         AND (@action IS NULL OR instr(action, @action) > 0)
         AND (@actor IS NULL OR actor = @actor OR instr(actor_name, @actor) > 0)
       ORDER BY seq DESC LIMIT @limit`,
    );
    return function* ({ filter, limit, cursor }) {
      const conditions = {
        since: filter.since ?? 0,
        until: filter.until ?? Number.MAX_SAFE_INTEGER,
        tenant: filter.tenant ?? null,
        action: filter.action ?? null,
        actor: filter.actor ?? null,
      };
      const { rows, next } = yield* walk<number, AuditColumns>({
        after: cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(cursor),
        limit,
        end: (before, count) => endOf.get(before, count - 1),
        rows: ({ after: before, end, limit: room }) =>
          select.all({ ...conditions, before, from: end ?? 0, limit: room }),
        keyOf: ({ seq }) => seq,
      });
      return { items: rows.map(recordOf), ...(next !== undefined && { cursor: String(next) }) };
    };
  },
};

export const after: Verb<'audit.after'> = {
  kind: 'scan',
  prepare(db) {
    const select = db.prepare<[number, number], AuditColumns>(
      'SELECT * FROM audit_log WHERE seq > ? ORDER BY seq LIMIT ?',
    );
    // biome-ignore lint/correctness/useYield: a page of a log is one piece
    return function* ({ seq, limit }) {
      return select.all(seq, limit).map(recordOf);
    };
  },
};

export const head: Verb<'audit.head'> = { kind: 'read', prepare: (db) => prepareEnd(db).read };

export const oldestMade: Verb<'audit.oldestMade'> = {
  kind: 'scan',
  prepare(db) {
    const select = db
      .prepare<[], number | null>(
        `WITH since (at) AS (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'audit.since')
         SELECT min(created_at) FROM (
           SELECT created_at FROM tenants UNION ALL SELECT created_at FROM api_keys UNION ALL SELECT created_at FROM providers
         ) WHERE created_at > coalesce((SELECT at FROM since), 0)`,
      )
      .pluck();
    // biome-ignore lint/correctness/useYield: few rows
    return function* () {
      return select.get() ?? undefined;
    };
  },
};

interface End {
  read(): AuditHead | undefined;
  /** `key` vouches for it. */
  keep(end: Pick<AuditHead, 'seq' | 'hash'>, key: DerivedKey): void;
}

/** The record of the last entry, for verbs. */
export function prepareEnd(db: Connection): End {
  const select = db.prepare<[string], string>('SELECT value FROM meta WHERE key = +?').pluck();
  const keep = db.prepare(
    'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  );
  return {
    read() {
      const text = select.get(HEAD);
      return text === undefined ? undefined : (JSON.parse(text) as AuditHead);
    },
    keep(end, key) {
      keep.run(HEAD, JSON.stringify(sealHead(end, key)));
    },
  };
}

function recordOf(row: AuditColumns): AuditRecord {
  return {
    seq: row.seq,
    at: row.at,
    actor: { kind: row.actor_kind, id: row.actor, ...optional('name', row.actor_name) },
    source: row.source,
    action: row.action,
    outcome: row.outcome,
    ...optional('tenant', row.tenant),
    ...optional('target', row.target),
    ...optional('requestId', row.request_id),
    detail: row.detail,
    previousHash: row.previous_hash,
    hash: row.hash,
  };
}
