/** Rows of sessions to nouns, alike in both stores. */

import type { Factor, SessionRow } from '../verbs/people.ts';
import { optional } from './message-rows.ts';

export interface SessionColumns {
  id: string;
  user_no: number;
  user_id: string;
  token_hash: string;
  way: string;
  source: string;
  agent: string | null;
  created_at: number;
  used_at: number;
  factor: Factor | null;
  factor_at: number | null;
}

export function readSession(row: SessionColumns): SessionRow {
  return {
    id: row.id,
    userId: row.user_id,
    hash: row.token_hash,
    way: row.way,
    source: row.source,
    ...optional('agent', row.agent),
    createdAt: row.created_at,
    usedAt: row.used_at,
    ...optional('factor', row.factor),
    ...optional('factorAt', row.factor_at),
  };
}
