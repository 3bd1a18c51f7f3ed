/** The audit log: entries are added at its end, and read. */

import {
  type ActorKind,
  type AuditHead,
  type AuditRecord,
  auditHash,
  checkHead,
  sealHead,
} from '../../../core/audit-entry.ts';
import type { Connection } from '../connection.ts';
import { optional } from '../rows.ts';
import type { Verb } from '../verb.ts';

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

export const appendAudit: Verb<'appendAudit'> = {
  kind: 'write',
  prepare(db) {
    const head = prepareHead(db);
    const last = db.prepare<[], number>('SELECT max(seq) FROM audit_log').pluck();
    const insert = db.prepare(
      `INSERT INTO audit_log (seq, at, actor_kind, actor, actor_name, source, action, outcome, tenant, target,
         request_id, detail, previous_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    const keep = db.prepare(
      'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
    );
    return ({ entry, keys }) => {
      const before = head();
      // The number goes on from the head too: after a cut there is a gap, and not another entry in its place.
      const seq = Math.max(before?.seq ?? 0, last.get() ?? 0) + 1;
      const isVouchedFor = before !== undefined && checkHead(before, keys) === 'right';
      const record = { ...entry, seq, previousHash: isVouchedFor ? before.hash : '' };
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
      keep.run(HEAD, JSON.stringify(sealHead({ seq, hash }, keys[0])));
      return { seq, hash };
    };
  },
};

export const auditEntries: Verb<'auditEntries'> = {
  kind: 'scan',
  prepare(db) {
    const select = db.prepare<[Record<string, string | number | null>], AuditColumns>(
      `SELECT * FROM audit_log
       WHERE seq < @before AND at >= @since AND at < @until
         AND (@tenant IS NULL OR tenant = @tenant)
         AND (@action IS NULL OR instr(action, @action) > 0)
         AND (@actor IS NULL OR actor = @actor OR instr(actor_name, @actor) > 0)
       ORDER BY seq DESC LIMIT @limit`,
    );
    return ({ filter, limit, cursor }) => {
      const rows = select.all({
        before: cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(cursor),
        since: filter.since ?? 0,
        until: filter.until ?? Number.MAX_SAFE_INTEGER,
        tenant: filter.tenant ?? null,
        action: filter.action ?? null,
        actor: filter.actor ?? null,
        limit: limit + 1,
      });
      const items = rows.slice(0, limit).map(recordOf);
      const end = items.at(-1);
      return { items, ...(rows.length > limit && end !== undefined && { cursor: String(end.seq) }) };
    };
  },
};

export const auditAfter: Verb<'auditAfter'> = {
  kind: 'scan',
  prepare(db) {
    const select = db.prepare<[number, number], AuditColumns>(
      'SELECT * FROM audit_log WHERE seq > ? ORDER BY seq LIMIT ?',
    );
    return ({ seq, limit }) => select.all(seq, limit).map(recordOf);
  },
};

export const auditHead: Verb<'auditHead'> = { kind: 'read', prepare: prepareHead };

function prepareHead(db: Connection): () => AuditHead | undefined {
  const select = db.prepare<[string], string>('SELECT value FROM meta WHERE key = +?').pluck();
  return () => {
    const text = select.get(HEAD);
    return text === undefined ? undefined : (JSON.parse(text) as AuditHead);
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
