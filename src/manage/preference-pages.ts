/** What a subscriber decides by the link of a mail. What they turn off for mail is off for all mail of that category, by whatever door. */

import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../core/clock.ts';
import type { NotificationTypeSpec } from '../core/notification.ts';
import { noPreferences, type Preferences } from '../core/preferences.ts';
import type { StorePart, StoreWrite } from '../db/verbs/store.ts';
import type { Subscriber } from '../db/verbs/subscribers.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import { type Audit, entryOf } from './audit/audit.ts';
import type { Caller } from './audit/caller.ts';

/** A subscriber, and what they can decide about. */
export interface Decidable {
  readonly subscriber: Subscriber;
  readonly preferences: Preferences;
  /** Categories that the address unsubscribed from; an empty one stands for all. */
  readonly unsubscribed: readonly string[];
  /** Types that can be turned off, by category. */
  readonly types: readonly { readonly name: string; readonly category: string }[];
}

export interface PreferencePages {
  /** Undefined where the subscriber is gone. */
  of(named: { tenantId: string; id: string }): Promise<Decidable | undefined>;
  /** All of it or nothing. `mail`: by category, whether its mail is wanted; an empty one stands for all. */
  save(
    caller: Caller,
    input: {
      tenant: Pick<Tenant, 'id' | 'slug'>;
      before: Pick<Decidable, 'preferences' | 'unsubscribed'> & { subscriber: Pick<Subscriber, 'id' | 'email'> };
      preferences: Preferences;
      mail: ReadonlyMap<string, boolean>;
    },
  ): Promise<void>;
}

export interface PreferencePagesDeps {
  readonly store: StorePart<'subscribers.of' | 'preferences.of' | 'definitions.list' | 'unsubscribes.of' | 'together'>;
  readonly audit: Pick<Audit, 'record'>;
  readonly clock: Pick<Clock, 'now'>;
}

export function createPreferencePages({ store, audit, clock }: PreferencePagesDeps): PreferencePages {
  return {
    async of({ tenantId, id }) {
      const [subscriber] = await store.subscribers.of({ tenantId, ids: [id] });
      if (subscriber === undefined) return undefined;
      const emails = subscriber.email === undefined ? [] : [subscriber.email];
      const [kept, definitions, off] = await Promise.all([
        store.preferences.of({ tenantId, ids: [id] }),
        store.definitions.list({ tenantId, kind: 'notification_type' }),
        store.unsubscribes.of({ tenantId, emails }),
      ]);
      const types = definitions.flatMap(({ name, fields }) => {
        const { category, critical, unsubscribable } = fields as unknown as NotificationTypeSpec;
        return unsubscribable && !critical ? [{ name, category }] : [];
      });
      return {
        ...{ subscriber, types },
        preferences: Object.hasOwn(kept, id) ? (kept[id]?.preferences ?? noPreferences) : noPreferences,
        unsubscribed: off.map(({ category }) => category),
      };
    },
    async save(caller, { tenant, before, preferences, mail }) {
      const { id: tenantId, slug } = tenant;
      const { id, email } = before.subscriber;
      const now = clock.now();
      const set: StoreWrite = { verb: 'preferences.set', input: { tenantId, id, preferences, now } };
      await store.together([set, ...(email === undefined ? [] : mailWrites({ tenantId, email, now }, mail))]);
      const unsubscribed = [...mail].filter(([, isWanted]) => !isWanted).map(([category]) => category);
      const was = {
        preferences: before.preferences,
        unsubscribed: before.unsubscribed.filter((one) => mail.has(one)).sort(),
      };
      const is = { preferences, unsubscribed: unsubscribed.sort() };
      // What changes nothing is kept nowhere, however often it comes.
      if (isDeepStrictEqual(was, is)) return;
      const action = { action: 'preferences.set', outcome: 'done', tenant: slug, target: id };
      await audit.record(entryOf(caller, action, { before: was, after: is }));
    },
  };
}

function mailWrites(
  { tenantId, email, now }: { tenantId: string; email: string; now: number },
  mail: ReadonlyMap<string, boolean>,
): readonly StoreWrite[] {
  const named = (wanted: boolean) => [...mail].filter(([, one]) => one === wanted).map(([category]) => category);
  return [
    { verb: 'unsubscribes.remove', input: { tenantId, email, categories: named(true) } },
    ...named(false).map((category): StoreWrite => {
      return { verb: 'unsubscribes.add', input: { tenantId, email, category, way: 'page', now } };
    }),
  ];
}
