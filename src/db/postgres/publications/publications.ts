/** How far followers outside of the store were told the event log, and who tells them. */

import { prepareLast } from '../events/events.ts';
import { asking, leaseSql } from '../lease.ts';
import type { Verb } from '../verb.ts';

export const lead: Verb<'publications.lead'> = {
  kind: 'write',
  prepare(db) {
    const last = prepareLast(db);
    const begin = db.prepare('INSERT INTO publications (name, position) VALUES (?, ?) ON CONFLICT (name) DO NOTHING');
    const take = db.prepare<[Record<string, string | number>], { position: number }>(
      `UPDATE publications SET lease_owner = @owner, lease_until = @until, position = least(position, @last)
       WHERE name = @name AND (lease_owner IS NULL OR lease_owner = @owner OR ${leaseSql.isLost}) RETURNING position`,
    );
    return async ({ name, owner, now, leaseMs }) => {
      // After a restore the log may end before what was told.
      const end = await last();
      await begin.run(name, end);
      const taken = await take.get({ name, last: end, until: now + leaseMs, ...asking({ owner, now }) });
      return taken && { position: String(taken.position) };
    };
  },
};

export const told: Verb<'publications.told'> = {
  kind: 'write',
  prepare(db) {
    const move = db.prepare('UPDATE publications SET position = ? WHERE name = ? AND lease_owner = ?');
    return async ({ name, owner, position }) => (await move.run(Number(position), name, owner)).changes > 0;
  },
};
