/** Windows: the first that comes opens one, what comes after counts in it or waits in it, and only while it is open. */

import { decideAgain } from '../../../core/notification-delivery.ts';
import type { Verdict, WindowTake } from '../../verbs/notifications.ts';
import type { Connection } from '../connection.ts';

type Held = Extract<Verdict, { kind: 'held'; window: object }>;

interface Open {
  no: number;
  ends_at: number;
  count: number;
}

/** SQL of the windows that are open, by `tenant_no`, `kind` and `key`; one whose time is over may still say that it is. */
export const OPEN =
  'SELECT no, ends_at, count FROM notification_windows WHERE tenant_no = ? AND kind = ? AND key = ? AND ended = 0';

/** All of it refuses with `decideAgain` where the windows are not as the decision had them. */
export function prepareWindows(db: Connection) {
  const find = db.prepare<[number, string, string], Open>(OPEN);
  const insert = db
    .prepare<[number, string, string, number, number], number>(
      'INSERT INTO notification_windows (tenant_no, kind, key, ends_at, count) VALUES (?, ?, ?, ?, ?) RETURNING no',
    )
    .pluck();
  const end = db.prepare('UPDATE notification_windows SET ended = no WHERE no = ?');
  const forget = db.prepare(
    `DELETE FROM notification_windows WHERE no = ? AND NOT EXISTS (SELECT 1 FROM notification_queue WHERE window_no = ?)`,
  );
  const count = db.prepare('UPDATE notification_windows SET count = count + 1 WHERE no = ?');
  const isOpen = db.prepare<[number, number], number>(
    'SELECT 1 FROM notification_windows WHERE no = ? AND ended = 0 AND ends_at > ?',
  );
  const isWaiting = db.prepare('SELECT 1 FROM notification_queue WHERE window_no = ?');
  const enqueue = db.prepare(
    `INSERT INTO notification_queue (tenant_no, slot, kind, window_no, due_at)
     SELECT tenant_no, ?, 'window', no, ends_at FROM notification_windows WHERE no = ?`,
  );

  /** The one that is open now. Makes room for the next where its time is over. */
  async function current(tenant: number, kind: string, key: string, now: number): Promise<Open | undefined> {
    const found = await find.get(tenant, kind, key);
    if (found === undefined || found.ends_at > now) return found;
    if ((await forget.run(found.no, found.no)).changes === 0) await end.run(found.no);
    return undefined;
  }

  return {
    async take(tenant: number, { kind, key, endsAt, limit }: WindowTake, now: number): Promise<void> {
      const open = await current(tenant, kind, key, now);
      if (open === undefined) await insert.run(tenant, kind, key, endsAt, 1);
      else if (open.count >= limit) throw decideAgain();
      else await count.run(open.no);
    },
    /** The number of the window that holds it. */
    async hold(tenant: number, { window, until }: Held, { now, slot }: { now: number; slot: number }): Promise<number> {
      const { kind, key } = window;
      let { no } = window;
      if (no === undefined) {
        if ((await current(tenant, kind, key, now)) !== undefined) throw decideAgain();
        no = (await insert.get(tenant, kind, key, until, 0)) ?? 0;
      } else if ((await isOpen.get(no, now)) === undefined) throw decideAgain();
      if ((await isWaiting.get(no)) === undefined) await enqueue.run(slot, no);
      return no;
    },
  };
}
