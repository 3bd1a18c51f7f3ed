/** What a subscriber decides by the link of a mail. What they turn off for mail is off for all mail of that category, by whatever door. */

import type { Clock } from '../core/clock.ts';
import type { NotificationTypeSpec } from '../core/notification.ts';
import { noPreferences, type Preferences } from '../core/preferences.ts';
import type { StorePart } from '../db/verbs/store.ts';
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
  /** `mail`: by category, whether its mail is wanted; an empty one stands for all. */
  save(input: {
    tenantId: string;
    subscriber: Pick<Subscriber, 'id' | 'email'>;
    preferences: Preferences;
    mail: ReadonlyMap<string, boolean>;
  }): Promise<void>;
}

export interface PreferencePagesDeps {
  readonly store: StorePart<
    | 'subscribers.of'
    | 'preferences.of'
    | 'preferences.set'
    | 'definitions.list'
    | 'unsubscribes.of'
    | 'unsubscribes.add'
    | 'unsubscribes.remove'
  >;
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
      await store.preferences.set({ tenantId, id, preferences, now: clock.now() });
      if (email === undefined) return;
      const wanted = [...mail].filter(([, isWanted]) => isWanted).map(([category]) => category);
      await store.unsubscribes.remove({ tenantId, email, categories: wanted });
      for (const [category, isWanted] of mail) {
        if (!isWanted) await store.unsubscribes.add({ tenantId, email, category, way: 'page', now: clock.now() });
      }
    },
  };
}
