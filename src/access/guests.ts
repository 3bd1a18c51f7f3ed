/**
 * The connections of a door: how many there may be, and whose. A stranger is a connection that has not shown who it is. Strangers
 * never fill the door, nor does one source of them, nor one tenant; where it is full, the one that has been silent for
 * longest makes room, first of the source that holds most.
 */

import type { Clock } from '../core/clock.ts';
import { IepError } from '../core/errors.ts';
import { sourceOf } from './failed-logins.ts';

export interface Guest {
  /** Whose it is: a source of strangers, or a tenant. */
  holder(): string;
  /** It said something, which is progress. */
  active(): void;
  /** While it waits for us it keeps its connection, once it has shown who it is: a stranger may refuse to hear the answer. */
  waits(waits: boolean): void;
  /** A stranger has shown who it is. Refuses with `rate_limited` where that tenant has its share already. */
  member(owner: string): void;
  leave(): void;
  /** It has flooded us: its source is turned away for a moment. */
  shutOut(): void;
  /** Its connection is needed: it must go. It is not counted any more. */
  dismiss: () => void;
}

export interface Guests {
  /** Refuses with `rate_limited`. With an owner it is not a stranger. */
  admit(from: { readonly address: string; readonly owner?: string | undefined }): Guest;
}

/** Of all connections, what strangers may hold together, one source of them, and the logins of one tenant. */
const STRANGERS = 3 / 4;
const ONE_SOURCE = 1 / 4;
const ONE_TENANT = 1 / 2;

/** A connection that was silent for less makes no room for its own source, nor does a member for another that holds as much. */
const SILENT_MS = 10_000;
/** The same between the connections of one member: a client between two messages has been silent for longer. */
const PAUSE_MS = 1_000;

const SHUT_OUT_MS = 5_000;
/** Sources shut out at once; past that the first ones come in again. */
const MAX_SHUT_OUT = 10_000;

interface Entry {
  readonly guest: Guest;
  /** A source of strangers, or a tenant. */
  holder: string;
  isStranger: boolean;
  activeAt: number;
  waits: boolean;
}

export function createGuests({ clock }: { clock: Pick<Clock, 'monotonic'> }, limits: { readonly max: number }): Guests {
  const entries = new Set<Entry>();
  const held = new Map<string, number>();
  /** Until when, by source. */
  const shutOut = new Map<string, number>();
  let strangers = 0;

  const heldBy = (holder: string) => held.get(holder) ?? 0;
  const share = (of: number) => Math.ceil(limits.max * of);

  function count(entry: Entry, by: 1 | -1): void {
    const left = heldBy(entry.holder) + by;
    if (left === 0) held.delete(entry.holder);
    else held.set(entry.holder, left);
    if (entry.isStranger) strangers += by;
  }

  function remove(entry: Entry): void {
    if (entries.delete(entry)) count(entry, -1);
  }

  function dismiss(entry: Entry | undefined): boolean {
    if (entry === undefined) return false;
    remove(entry);
    entry.guest.dismiss();
    return true;
  }

  const goesBefore = (one: Entry, other: Entry) => {
    const more = heldBy(one.holder) - heldBy(other.holder);
    return more > 0 || (more === 0 && one.activeAt < other.activeAt);
  };

  /** The one that was silent for longest, of the holder that holds most among those that may be asked. */
  function findIdle(mayGo: (entry: Entry) => boolean): Entry | undefined {
    let found: Entry | undefined;
    for (const entry of entries) {
      if ((entry.waits && !entry.isStranger) || !mayGo(entry)) continue;
      if (found === undefined || goesBefore(entry, found)) found = entry;
    }
    return found;
  }

  const isSilent = ({ activeAt }: Entry, ms = SILENT_MS) => clock.monotonic() - activeAt >= ms;

  function isShutOut(source: string): boolean {
    const until = shutOut.get(source);
    if (until === undefined || until > clock.monotonic()) return until !== undefined;
    shutOut.delete(source);
    return false;
  }

  function makeRoom(newcomer: Entry): void {
    const { holder, isStranger } = newcomer;
    if (isStranger && isShutOut(holder)) throw full('This address sends more than it waits for');
    if (isStranger && heldBy(holder) >= share(ONE_SOURCE)) {
      const own = findIdle((entry) => entry.holder === holder && isSilent(entry));
      if (!dismiss(own)) throw full('Too many connections from this address');
    }
    const isFull = entries.size >= limits.max || (isStranger && strangers >= share(STRANGERS));
    if (!isFull) return;
    const memberMayGo = (entry: Entry) =>
      entry.holder === holder ? isSilent(entry, PAUSE_MS) : isSilent(entry) || heldBy(entry.holder) > heldBy(holder);
    const other = findIdle((entry) => entry.isStranger) ?? findIdle(memberMayGo);
    if (!dismiss(other)) throw full('Too many connections');
  }

  return {
    admit({ address, owner }) {
      const guest: Guest = {
        holder: () => entry.holder,
        active() {
          entry.activeAt = clock.monotonic();
        },
        waits(waits) {
          entry.waits = waits;
          guest.active();
        },
        member(tenant) {
          if (!entry.isStranger || !entries.has(entry)) return;
          if (heldBy(tenant) >= share(ONE_TENANT)) throw full(`This tenant has ${heldBy(tenant)} connections already`);
          count(entry, -1);
          entry.holder = tenant;
          entry.isStranger = false;
          count(entry, 1);
        },
        leave: () => remove(entry),
        shutOut() {
          const [first] = shutOut.keys();
          if (shutOut.size >= MAX_SHUT_OUT && first !== undefined) shutOut.delete(first);
          shutOut.set(sourceOf(address), clock.monotonic() + SHUT_OUT_MS);
        },
        dismiss: () => undefined,
      };
      const entry: Entry = {
        guest,
        holder: owner ?? sourceOf(address),
        isStranger: owner === undefined,
        activeAt: clock.monotonic(),
        waits: false,
      };
      makeRoom(entry);
      entries.add(entry);
      count(entry, 1);
      return guest;
    },
  };
}

function full(detail: string): IepError {
  return new IepError('rate_limited', detail, { retryAfterMs: 5_000 });
}
