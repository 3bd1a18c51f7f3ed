/**
 * The tenants, remembered for at most half a second, so that a request does not read them from the store and yet a
 * change made by another process holds everywhere within a second.
 */

import type { Clock } from '../core/clock.ts';
import { IepError } from '../core/errors.ts';
import { type OwnersOf, senderOwners } from '../core/sender-owners.ts';
import type { StorePart } from '../db/verbs/store.ts';
import type { Tenant } from '../db/verbs/tenants.ts';

export interface Directory {
  byId(id: string): Promise<Tenant | undefined>;
  bySlug(slug: string): Promise<Tenant | undefined>;
  all(): Promise<readonly Tenant[]>;
  /** Whose sender domains are. */
  senderOwners(): Promise<OwnersOf>;
  /** Makes the next question read anew. */
  forget(): void;
}

interface Snapshot {
  readonly readAt: number;
  readonly all: readonly Tenant[];
  readonly byId: ReadonlyMap<string, Tenant>;
  readonly bySlug: ReadonlyMap<string, Tenant>;
  readonly ownersOf: OwnersOf;
}

/**
 * The part of its age after which a snapshot is read again while the old one still holds: a read waits for the commits before it,
 * and callers do not wait with it.
 */
const AHEAD = 0.5;
/** How old the answer may be that somebody does not exist; bounds what asking for strangers costs. */
const MISS_MAX_AGE_MS = 50;

export function createDirectory(
  deps: { store: StorePart<'tenants.list'>; clock: Pick<Clock, 'monotonic'> },
  options: { maxAgeMs?: number } = {},
): Directory {
  const maxAgeMs = options.maxAgeMs ?? 500;
  let known: Snapshot | undefined;
  let reading: Promise<Snapshot> | undefined;

  async function read(): Promise<Snapshot> {
    // The age counts from before the read: what was changed while it ran may not be in it.
    const readAt = deps.clock.monotonic();
    const all = await deps.store.tenants.list();
    return {
      readAt,
      all,
      byId: new Map(all.map((tenant) => [tenant.id, tenant])),
      bySlug: new Map(all.map((tenant) => [tenant.slug, tenant])),
      ownersOf: senderOwners(all),
    };
  }

  function readOnce(): Promise<Snapshot> {
    const mine = read();
    reading = mine;
    const done = () => {
      if (reading === mine) reading = undefined;
    };
    mine.then((snapshot) => {
      // A read that was overtaken by `forget` may be stale: its own callers get it, nobody else does.
      if (reading === mine) known = snapshot;
      done();
    }, done);
    return mine;
  }

  function fresh(ageMs = maxAgeMs): Snapshot | undefined {
    return known !== undefined && deps.clock.monotonic() - known.readAt < ageMs ? known : undefined;
  }

  /** Does not wait. Undefined: it is too old. */
  function held(): Snapshot | undefined {
    const snapshot = fresh();
    // Who waits for it later hears of a fault.
    if (snapshot !== undefined && reading === undefined && fresh(maxAgeMs * AHEAD) === undefined)
      readOnce().catch(() => undefined);
    return snapshot;
  }

  async function current(ageMs?: number): Promise<Snapshot> {
    const snapshot = ageMs === undefined ? held() : fresh(ageMs);
    return snapshot ?? reading ?? readOnce();
  }

  /** Who is not known may have been added a moment ago, together with the key that names it. */
  async function find(look: (snapshot: Snapshot) => Tenant | undefined): Promise<Tenant | undefined> {
    const snapshot = held() ?? (await current());
    return look(snapshot) ?? look(await current(Math.min(maxAgeMs, MISS_MAX_AGE_MS)));
  }

  return {
    byId: (id) => find((snapshot) => snapshot.byId.get(id)),
    bySlug: (slug) => find((snapshot) => snapshot.bySlug.get(slug)),
    all: async () => (await current()).all,
    senderOwners: async () => (await current()).ownersOf,
    forget() {
      known = undefined;
      reading = undefined;
    },
  };
}

/** By slug or id. */
export async function findTenant(directory: Pick<Directory, 'bySlug' | 'byId'>, named: string): Promise<Tenant> {
  const tenant = (await directory.bySlug(named)) ?? (await directory.byId(named));
  if (tenant === undefined) throw new IepError('not_found', `No tenant is called ${named}`);
  return tenant;
}
