/**
 * Whose turn it is, and what share: how a claim gives what is due to tenants and to the endpoints of webhooks, so that
 * nobody waits behind the many entries of another. The caller reads and leases.
 */

import type { Slots, SlotUser } from './slots.ts';

/** All in their order, beginning behind the last that was served. */
export function beginningAfter<One>(all: readonly One[], isAfter: (one: One) => boolean): readonly One[] {
  const start = all.findIndex(isAfter);
  return start <= 0 ? all : [...all.slice(start), ...all.slice(0, start)];
}

/**
 * Every tenant gets the same share of the room; what one leaves over is shared out again in the next round. `read` gives the
 * first `upTo` entries of a tenant that are due. `last`: the tenant that was asked last.
 */
export function shareOut<Entry>(
  tenants: readonly number[],
  room: number,
  read: (tenant: number, upTo: number) => readonly Entry[],
): { readonly entries: readonly Entry[]; readonly last: number | undefined } {
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
      const found = read(tenant, share);
      left -= found.length - had;
      taken.set(tenant, found);
      if (found.length === share) more.push(tenant);
      last = tenant;
    }
    waiting = more;
  }
  return { entries: [...taken.values()].flat(), last };
}

/** The endpoints of each tenant, beginning after the tenant that was served last. */
export function tenantsInTurn<User extends SlotUser>(
  users: readonly User[],
  lastTenant: number,
): readonly (readonly User[])[] {
  const tenants = [...Map.groupBy(users, ({ tenantNo }) => tenantNo)].sort(([one], [other]) => one - other);
  return beginningAfter(tenants, ([tenant]) => tenant > lastTenant).map(([, own]) => own);
}

/** `nothing`: the endpoint has nothing that may go now. `unreadable`: what it had was set aside; there may be more. */
export type ServedTurn<Job> = { readonly job: Job } | 'nothing' | 'unreadable';

/** One delivery of each tenant a round; of its endpoints the one with the fewest slots taken. */
export function serveInTurn<User extends SlotUser, Job>(
  turns: readonly (readonly User[])[],
  { limit, slots, claim }: { limit: number; slots: Slots; claim: (user: User) => ServedTurn<Job> },
): { readonly jobs: readonly Job[]; readonly lastTenant: number | undefined } {
  const jobs: Job[] = [];
  let lastTenant: number | undefined;
  const left = turns.map((own) => [...own]);
  for (let isServed = true; isServed && jobs.length < limit; ) {
    isServed = false;
    for (const own of left) {
      if (jobs.length >= limit) break;
      if (serveOne(own)) isServed = true;
    }
  }
  return { jobs, lastTenant };

  function serveOne(own: User[]): boolean {
    own.sort((one, other) => one.taken - other.taken);
    for (const user of [...own]) {
      if (!slots.isFree(user)) continue;
      const claimed = claim(user);
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
