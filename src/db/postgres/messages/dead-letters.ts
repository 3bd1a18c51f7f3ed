/** The verbs about dead letters, and the removal of a message. */

import { IepError } from '../../../core/errors.ts';
import { requireDead, requireDeletable } from '../../rules/moves.ts';
import type { Verb } from '../verb.ts';
import { prepareFindMessage } from './find-message.ts';

export const deadLetters: Verb<'messages.deadLetters'> = {
  kind: 'scan',
  prepare(db) {
    const select = db.prepare<[], { tenantId: string; count: number }>(
      `SELECT t.id AS "tenantId", d.count FROM
         (SELECT tenant_no, count(*) AS count FROM messages WHERE dead = 1 GROUP BY tenant_no) d
       JOIN tenants t ON t.no = d.tenant_no WHERE t.removing_at IS NULL ORDER BY t.no`,
    );
    return async () => select.all();
  },
};

export const remove: Verb<'messages.remove'> = {
  kind: 'write',
  prepare(db) {
    const find = prepareFindMessage(db);
    const isOwed = db.prepare<[number], number>('SELECT 1 FROM outbox WHERE message_seq = ?').pluck();
    const remove = db.prepare('DELETE FROM messages WHERE seq = ?');
    return async ({ tenantId, messageId, onlyDead }) => {
      const found = await find(tenantId, messageId);
      if (found === undefined) throw new IepError('not_found', 'No message has this id.');
      if (onlyDead === true) requireDead({ status: found.status, isDead: found.dead === 1 });
      requireDeletable({ isWaiting: (await isOwed.get(found.seq)) !== undefined });
      await remove.run(found.seq);
    };
  },
};
