/** The verbs that stop and start the claiming, and what others ask of it. */

import type { Connection } from '../connection.ts';
import { tenantNumbers } from '../tenant-number.ts';
import type { Verb } from '../verb.ts';

const PAUSED = 'queue.paused';

export const pause: Verb<'outbox.pause'> = {
  kind: 'write',
  prepare(db) {
    const tenantNo = tenantNumbers(db);
    const pauseTenant = db.prepare('UPDATE tenants SET paused = ?, paused_reason = NULL, updated_at = ? WHERE no = +?');
    const pauseAll = db.prepare(
      'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
    );
    const isAllPaused = allPaused(db);
    return ({ tenantId, paused, now }) => {
      if (tenantId === undefined) pauseAll.run(PAUSED, paused ? '1' : '0');
      else pauseTenant.run(paused ? 1 : 0, now, tenantNo(tenantId));
      return { allPaused: isAllPaused() };
    };
  },
};

/** Whether the whole queue is paused. */
export function allPaused(db: Connection): () => boolean {
  const select = db.prepare<[string], string>('SELECT value FROM meta WHERE key = +?').pluck();
  return () => select.get(PAUSED) === '1';
}

/** Whether the queue is paused, as a whole or for this tenant, or the tenant is not active. */
export function queuePaused(db: Connection): (tenantNo: number) => boolean {
  const all = allPaused(db);
  const tenant = db.prepare<[number], number>('SELECT paused = 1 OR active = 0 FROM tenants WHERE no = +?').pluck();
  return (tenantNo) => all() || tenant.get(tenantNo) === 1;
}
