/** The verb `claim`: leases what is due, tenants in turn. A slot that does not answer fills no more than its share. */

import type { Json } from '../../../core/message.ts';
import type { RecipientText, WindowKind } from '../../../core/notification-delivery.ts';
import { NOTIFICATIONS, type NotificationColumns, notificationOf } from '../../rows/notification-rows.ts';
import { createSlots, type SlotUser } from '../../rules/slots.ts';
import { tenantsInTurn } from '../../rules/turns.ts';
import type {
  DueDelivery,
  DueWindow,
  DueWork,
  NotificationClaimed,
  NotificationJob,
} from '../../verbs/notifications.ts';
import type { SetAside } from '../../verbs/set-aside.ts';
import type { Connection } from '../connection.ts';
import { flatMapInTurn } from '../in-turn.ts';
import { asking, leaseSql, newFence } from '../lease.ts';
import { UnreadableEntry, unreadableFor } from '../set-aside.ts';
import { serveByAsking } from '../turns.ts';
import type { Verb } from '../verb.ts';

/** Of what gathered in a window, so many are shown; all are counted. */
const SHOWN = 100;

interface Waiting extends SlotUser {
  readonly slot: number;
  readonly tenantId: string;
}

interface TenantSlot {
  tenant_no: number;
  slot: number;
}

interface Entry {
  no: number;
  kind: DueWork['kind'];
  notification_seq: number | null;
  delivery_seq: number | null;
  window_no: number | null;
  tries: number;
}

/** Names the tenant that was served last. */
const TURN = 'notifications';

export const claim: Verb<'notifications.claim'> = {
  kind: 'write',
  prepare(db) {
    const free = db.prepare(`UPDATE notification_queue  SET ${leaseSql.ended} WHERE ${leaseSql.isOver}`);
    const waitingNow = prepareWaiting(db);
    const next = db.prepare<[number, number, number], Entry>(
      `SELECT no, kind, notification_seq, delivery_seq, window_no, tries FROM notification_queue 
       WHERE lease_owner IS NULL AND tenant_no = ? AND slot = ? AND due_at <= ? ORDER BY due_at LIMIT 1`,
    );
    const earliest = db
      .prepare<[number, number], number>(
        `SELECT due_at FROM notification_queue  WHERE lease_owner IS NULL AND tenant_no = ? AND slot = ?
         ORDER BY due_at LIMIT 1`,
      )
      .pluck();
    const lease = db.prepare(`UPDATE notification_queue SET ${leaseSql.taken} WHERE no = ?`);
    const leave = db.prepare('DELETE FROM notification_queue WHERE no = ?');
    const read = prepareWork(db);

    return async (request): Promise<NotificationClaimed> => {
      const { owner, now, limit, leaseMs } = request;
      await free.run(asking({ owner, now }));
      const waiting = await waitingNow();
      const setAside: SetAside[] = [];
      const limits = {
        maxPerEndpoint: request.maxPerSlot,
        maxPerTenant: request.maxPerTenant,
        maxDoubtful: request.maxDoubtful,
      };
      const slots = createSlots(waiting, limits);
      const served = await serveByAsking(tenantsInTurn(waiting, db.memory.get(TURN) ?? 0), {
        limit,
        // What IEP does by itself counts for its tenant alone.
        slots: {
          ...slots,
          isFree: (user) => slots.isFree((user as Waiting).slot === 0 ? { ...user, taken: 0 } : user),
        },
        async claim({ tenantNo, slot, tenantId }) {
          const entry = await next.get(tenantNo, slot, now);
          if (entry === undefined) return 'nothing';
          try {
            const work = await read(entry);
            const fence = newFence();
            await lease.run(owner, now + leaseMs, fence, entry.no);
            const job: NotificationJob = {
              ...{ entry: entry.no, tenantId, tries: entry.tries, fence },
              ...{ leaseUntil: now + leaseMs, work },
            };
            return { job };
          } catch (error) {
            setAside.push({ entry: entry.no, tenantId, reason: unreadableFor(error) });
            await leave.run(entry.no);
            return 'unreadable';
          }
        },
      });
      if (served.lastTenant !== undefined) db.memory.set(TURN, served.lastTenant);
      const dueTimes = await flatMapInTurn(
        waiting,
        async ({ tenantNo, slot }) => (await earliest.get(tenantNo, slot)) ?? [],
      );
      const later = dueTimes.filter((at) => at > now);
      return {
        jobs: served.jobs,
        held: later.length < dueTimes.length,
        ...(later.length > 0 && { nextDueAt: Math.min(...later) }),
        ...(setAside.length > 0 && { setAside, nextDueAt: now }),
      };
    };
  },
};

/** Slots of tenants that something waits for, with what is under lease. */
function prepareWaiting(db: Connection): () => Promise<readonly Waiting[]> {
  // Two seeks along the index, whatever waits.
  const WAITING = 'SELECT tenant_no, slot FROM notification_queue  WHERE lease_owner IS NULL';
  const nextSlot = db.prepare<[number, number], TenantSlot>(
    `${WAITING} AND tenant_no = ? AND slot > ? ORDER BY slot LIMIT 1`,
  );
  const nextTenant = db.prepare<[number], TenantSlot>(`${WAITING} AND tenant_no > ? ORDER BY tenant_no, slot LIMIT 1`);
  const next = async ({ tenant_no: tenant, slot }: TenantSlot) =>
    (await nextSlot.get(tenant, slot)) ?? (await nextTenant.get(tenant));
  const active = db
    .prepare<[number], string>('SELECT id FROM tenants WHERE no = ? AND active = 1 AND removing_at IS NULL')
    .pluck();
  const leases = db.prepare<[], { tenant_no: number; slot: number; leased: number }>(
    `SELECT tenant_no, slot, count(*) AS leased FROM notification_queue  WHERE lease_owner IS NOT NULL
     GROUP BY tenant_no, slot`,
  );
  const standing = db.prepare<[number, number], { quick: number; failing: number }>(
    'SELECT quick, failing FROM notification_slots WHERE tenant_no = ? AND slot = ?',
  );
  return async () => {
    const leased = new Map((await leases.all()).map((row) => [`${row.tenant_no}.${row.slot}`, row.leased]));
    const waiting: Waiting[] = [];
    for (let row = await next({ tenant_no: -1, slot: -1 }); row !== undefined; row = await next(row)) {
      const tenantId = await active.get(row.tenant_no);
      if (tenantId === undefined) continue;
      const taken = leased.get(`${row.tenant_no}.${row.slot}`) ?? 0;
      const known = await standing.get(row.tenant_no, row.slot);
      // What IEP does by itself asks nobody.
      const isQuick = row.slot === 0 || known?.quick === 1;
      waiting.push({
        tenantNo: row.tenant_no,
        slot: row.slot,
        tenantId,
        isQuick,
        isFailing: known?.failing === 1,
        taken,
      });
    }
    return waiting;
  };
}

function prepareWork(db: Connection): (entry: Entry) => Promise<DueWork> {
  const notification = db.prepare<[number], NotificationColumns>(`${NOTIFICATIONS} WHERE n.seq = ?`);
  const delivery = db.prepare<[number], DueDelivery & { notification_seq: number }>(
    `SELECT seq AS no, recipient, channel, step, notification_seq FROM notification_deliveries WHERE seq = ?`,
  );
  const window = prepareWindow(db);
  const notificationAt = async (seq: number | null) => {
    const row = seq === null ? undefined : await notification.get(seq);
    if (row === undefined) throw new UnreadableEntry('its notification was lost with a damaged page of the database');
    return notificationOf(row);
  };
  return async ({ kind, notification_seq: seq, delivery_seq: deliverySeq, window_no: windowNo }) => {
    if (kind === 'window') return { kind, no: windowNo ?? 0, window: await window(windowNo ?? 0) };
    if (kind !== 'deliver') return { kind, notification: await notificationAt(seq) };
    const due = deliverySeq === null ? undefined : await delivery.get(deliverySeq);
    if (due === undefined) throw new UnreadableEntry('its delivery was lost with a damaged page of the database');
    const { notification_seq: of, ...rest } = due;
    return { kind, notification: await notificationAt(of), delivery: rest };
  };
}

const FILES = `(SELECT coalesce(json_agg(json_build_object('filename', filename, 'contentType', content_type, 'size', size)), '[]')::text FROM
  (SELECT filename, content_type, length(content) AS size FROM notification_files f WHERE f.notification_seq = n.seq ORDER BY position) files)`;

function prepareWindow(db: Connection): (no: number) => Promise<DueWindow | undefined> {
  // Whatever comes from now on waits in the next.
  const select = db.prepare<[number], { kind: WindowKind; key: string }>(
    'UPDATE notification_windows SET ended = no WHERE no = ? RETURNING kind, key',
  );
  const summary = db.prepare<[number], { count: number; first_at: number; last_at: number }>(
    `SELECT count(*) AS count, min(n.created_at) AS first_at, max(n.created_at) AS last_at
     FROM notification_deliveries d JOIN notifications n ON n.seq = d.notification_seq WHERE d.window_no = ? AND d.status IN ('held', 'pending')`,
  );
  const newest = db.prepare<
    [number, number],
    {
      id: string;
      type: string;
      content: string;
      files: string;
      created_at: number;
      recipient: RecipientText;
      channel: string;
      step: number;
    }
  >(
    `SELECT n.id, n.type, n.content, n.created_at, ${FILES} AS files, d.recipient, d.channel, d.step
     FROM notification_deliveries d JOIN notifications n ON n.seq = d.notification_seq
     WHERE d.window_no = ? AND d.status IN ('held', 'pending') ORDER BY d.seq DESC LIMIT ?`,
  );
  return async (no) => {
    const found = await select.get(no);
    if (found === undefined) throw new UnreadableEntry('its window was lost with a damaged page of the database');
    const [last, ...others] = await newest.all(no, SHOWN);
    const all = await summary.get(no);
    if (last === undefined || all === undefined) return undefined;
    return {
      ...{ no, ...found, recipient: last.recipient, channel: last.channel, step: last.step, type: last.type },
      ...{ count: all.count, firstAt: all.first_at, lastAt: all.last_at },
      items: [last, ...others].reverse().map(({ id, content, created_at: at, files }) => {
        return {
          notificationId: id,
          content: JSON.parse(content) as Json,
          at,
          files: JSON.parse(files) as DueWindow['items'][0]['files'],
        };
      }),
    };
  };
}
