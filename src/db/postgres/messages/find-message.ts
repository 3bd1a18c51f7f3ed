/** A message of a tenant, found by its id. */

import type { Status } from '../../../core/message.ts';
import type { Connection } from '../connection.ts';

export interface FoundMessage {
  seq: number;
  tenant_no: number;
  wanted_provider: string | null;
  attempts: number;
  status: Status;
  dead: number;
}

export function prepareFindMessage(
  db: Connection,
): (tenantId: string, messageId: string) => Promise<FoundMessage | undefined> {
  const select = db.prepare<[string, string], FoundMessage>(
    `SELECT m.seq, m.tenant_no, m.wanted_provider, m.attempts, m.status, m.dead
     FROM messages m JOIN tenants t ON t.no = m.tenant_no WHERE m.id = ? AND t.id = ?`,
  );
  return (tenantId, messageId) => select.get(messageId, tenantId);
}
