/** What recipients turn off and on again: by their links, or by who manages the tenant. */

import type { Clock } from '../core/clock.ts';
import { IepError } from '../core/errors.ts';
import type { StorePart } from '../db/verbs/store.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import type { UnsubscribeWay } from '../db/verbs/unsubscribes.ts';
import { type Audit, entryOf } from './audit/audit.ts';
import type { Caller } from './audit/caller.ts';

/** Empty: all that can be turned off. */
interface Meant {
  readonly email: string;
  readonly category: string;
}

export interface UnsubscribeDesk {
  /** False: it was off already. */
  add(caller: Caller, input: Meant & { tenant: Pick<Tenant, 'id' | 'slug'> }): Promise<boolean>;
  /** Without a category all that it turned off. Refuses with `not_found` where nothing of it was off. */
  remove(
    caller: Caller,
    input: { tenant: Pick<Tenant, 'id' | 'slug'>; email: string; category?: string | undefined },
  ): Promise<void>;
  /** By who has the link of a message. */
  turnOff(
    caller: Caller,
    input: Meant & { tenant: Pick<Tenant, 'id' | 'slug'>; messageId: string; way: UnsubscribeWay },
  ): Promise<void>;
  /** Mail of that category comes again, also where all was off. */
  turnOn(caller: Caller, input: Meant & { tenant: Pick<Tenant, 'id' | 'slug'> }): Promise<void>;
}

export interface UnsubscribeDeskDeps {
  readonly store: StorePart<'unsubscribes.add' | 'unsubscribes.remove' | 'unsubscribes.of'>;
  readonly audit: Pick<Audit, 'act' | 'record'>;
  readonly clock: Pick<Clock, 'now'>;
  /** As many as the suppression list may have. */
  readonly maxSuppressions: () => number;
  readonly metrics: { feedbackEvent(labels: { readonly provider: string; readonly kind: string }): void };
}

export function createUnsubscribeDesk({
  store,
  audit,
  clock,
  metrics,
  maxSuppressions,
}: UnsubscribeDeskDeps): UnsubscribeDesk {
  return {
    add: (caller, { tenant, email, category }) =>
      audit.act(caller, { action: 'unsubscribe.add', tenant: tenant.slug, target: email }, (note) => {
        note({ after: { category } });
        const entry = { tenantId: tenant.id, email, category, way: 'manual', now: clock.now() } as const;
        return store.unsubscribes.add({ ...entry, max: maxSuppressions() });
      }),
    remove: (caller, { tenant, email, category }) =>
      audit.act(caller, { action: 'unsubscribe.remove', tenant: tenant.slug, target: email }, async (note) => {
        const tenantId = tenant.id;
        const off = await store.unsubscribes.of({ tenantId, emails: [email] });
        const categories = category === undefined ? off.map((one) => one.category) : [category];
        note({ before: { categories } });
        const removed = await store.unsubscribes.remove({ tenantId, email, categories });
        if (removed === 0) throw new IepError('not_found', 'That address did not turn this off');
      }),
    async turnOff(caller, { tenant, email, category, messageId, way }) {
      const entry = { tenantId: tenant.id, email, category, messageId, way, now: clock.now() };
      // What changes nothing is kept nowhere, however often it comes.
      if (!(await store.unsubscribes.add(entry))) return;
      metrics.feedbackEvent({ provider: '', kind: 'unsubscribed' });
      const action = { action: 'unsubscribe.add', outcome: 'done', tenant: tenant.slug, target: caller.actor.id };
      await audit.record(entryOf(caller, action, { after: { category, way, messageId } }));
    },
    async turnOn(caller, { tenant, email, category }) {
      const categories = [category, ''];
      if ((await store.unsubscribes.remove({ tenantId: tenant.id, email, categories })) === 0) return;
      const action = { action: 'unsubscribe.remove', outcome: 'done', tenant: tenant.slug, target: caller.actor.id };
      await audit.record(entryOf(caller, action, { before: { categories } }));
    },
  };
}
