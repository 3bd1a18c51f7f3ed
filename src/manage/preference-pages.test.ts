/** What a subscriber saves by the page holds whole or not at all, wherever the daemon dies. */

import { afterEach, beforeEach, expect, it } from 'vitest';
import { createManualClock } from '../../test/manual-clock.ts';
import { openTestStore, type TestStore } from '../../test/store.ts';
import type { Store } from '../db/verbs/store.ts';
import { createPreferencePages } from './preference-pages.ts';

const tenantId = '01930000-0000-7000-8000-000000000001';
const tenant = { id: tenantId, slug: 'acme' };
const caller = { actor: { kind: 'recipient', id: 'jo' }, source: '203.0.113.7', asked: {} } as const;
const jo = { tenantId, id: 'jo', email: 'jo@example.org' };
const before = { subscriber: jo, preferences: {}, unsubscribed: [] };
let opened: TestStore;
beforeEach(async () => {
  opened = await openTestStore();
  await opened.store.tenants.add({ id: tenantId, slug: 'acme', name: 'Acme', settings: {}, now: 1 });
  await opened.store.subscribers.put({ ...jo, max: 9, now: 1 });
});
afterEach(() => opened.close());

/** The store of a daemon that dies at the write of that number. */
function dyingAt(number: number, store: Store): Store {
  let writes = 0;
  const counted =
    <A extends readonly unknown[], R>(write: (...input: A) => Promise<R>) =>
    async (...input: A) => {
      writes += 1;
      if (writes === number) throw new Error('the daemon died');
      return write(...input);
    };
  return {
    ...store,
    together: counted(store.together),
    preferences: { ...store.preferences, set: counted(store.preferences.set) },
    unsubscribes: {
      ...store.unsubscribes,
      add: counted(store.unsubscribes.add),
      remove: counted(store.unsubscribes.remove),
    },
  };
}

it('is as it was where the daemon dies at any of the writes', async () => {
  const clock = createManualClock();
  for (const number of [1, 2, 3, 4]) {
    const pages = createPreferencePages({
      store: dyingAt(number, opened.store),
      clock,
      audit: { record: async () => undefined },
    });
    const preferences = { categories: { news: { enabled: false } } };
    const mail = new Map([
      ['', true],
      ['news', false],
      ['billing', false],
    ]);
    const isSaved = await pages.save(caller, { tenant, before, preferences, mail }).then(
      () => true,
      () => false,
    );
    const now = await pages.of(jo);
    const saved = { preferences, unsubscribed: ['billing', 'news'] };
    expect(now).toMatchObject(isSaved ? saved : { preferences: {}, unsubscribed: [] });
    if (!isSaved) expect(now?.preferences).not.toMatchObject(preferences);
  }
});
