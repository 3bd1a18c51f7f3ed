/** What a subscriber decides by the link of a mail. What they turn off for mail is off for all mail of that category, by whatever door. */

import type { Clock } from '../core/clock.ts';
import type { NotificationTypeSpec } from '../core/notification.ts';
import { noPreferences, type Preferences } from '../core/preferences.ts';
import type { StorePart, StoreWrite } from '../db/verbs/store.ts';
import type { Subscriber } from '../db/verbs/subscribers.ts';

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
  save(input: {
    tenantId: string;
    subscriber: Pick<Subscriber, 'id' | 'email'>;
    preferences: Preferences;
    mail: ReadonlyMap<string, boolean>;
  }): Promise<void>;
}

export interface PreferencePagesDeps {
  readonly store: StorePart<'subscribers.of' | 'preferences.of' | 'definitions.list' | 'unsubscribes.of' | 'together'>;
  readonly clock: Pick<Clock, 'now'>;
}

export function createPreferencePages({ store, clock }: PreferencePagesDeps): PreferencePages {
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
    async save({ tenantId, subscriber: { id, email }, preferences, mail }) {
      const now = clock.now();
      const set: StoreWrite = { verb: 'preferences.set', input: { tenantId, id, preferences, now } };
      await store.together([set, ...(email === undefined ? [] : mailWrites({ tenantId, email, now }, mail))]);
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
