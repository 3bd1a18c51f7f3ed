/** The turns of rules/turns.ts, where each tenant and each endpoint is asked by a statement. */

import type { Slots, SlotUser } from '../rules/slots.ts';
import type { ServedTurn } from '../rules/turns.ts';

/** As `serveInTurn` of the rules. */
export async function serveByAsking<User extends SlotUser, Job>(
  turns: readonly (readonly User[])[],
  { limit, slots, claim }: { limit: number; slots: Slots; claim: (user: User) => Promise<ServedTurn<Job>> },
): Promise<{ readonly jobs: readonly Job[]; readonly lastTenant: number | undefined }> {
  const jobs: Job[] = [];
  let lastTenant: number | undefined;
  const left = turns.map((own) => [...own]);
  for (let isServed = true; isServed && jobs.length < limit; ) {
    isServed = false;
    for (const own of left) {
      if (jobs.length >= limit) break;
      if (await serveOne(own)) isServed = true;
    }
  }
  return { jobs, lastTenant };

  async function serveOne(own: User[]): Promise<boolean> {
    own.sort((one, other) => one.taken - other.taken);
    for (const user of [...own]) {
      if (!slots.isFree(user)) continue;
      const claimed = await claim(user);
      if (claimed === 'nothing') own.splice(own.indexOf(user), 1);
      else if (claimed !== 'unreadable') {
        slots.take(user);
        jobs.push(claimed.job);
        lastTenant = user.tenantNo;
        return true;
      }
    }
    return false;
  }
}

/** As `shareOut` of the rules. */
export async function shareOutByAsking<Entry>(
  tenants: readonly number[],
  room: number,
  read: (tenant: number, upTo: number) => Promise<readonly Entry[]>,
): Promise<{ readonly entries: readonly Entry[]; readonly last: number | undefined }> {
  const taken = new Map<number, readonly Entry[]>();
  let waiting = tenants;
  let left = room;
  let share = 0;
  let last: number | undefined;
  while (left > 0 && waiting.length > 0) {
    share += Math.max(1, Math.floor(left / waiting.length));
    const more: number[] = [];
    for (const tenant of waiting) {
      if (left === 0) break;
      const had = taken.get(tenant)?.length ?? 0;
      const found = await read(tenant, share);
      left -= found.length - had;
      taken.set(tenant, found);
      if (found.length === share) more.push(tenant);
      last = tenant;
    }
    waiting = more;
  }
  return { entries: [...taken.values()].flat(), last };
}
