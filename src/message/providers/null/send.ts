/** The provider `null`: takes every message and drops it, unread. For measuring everything but the way out. */

import type { Carrier } from '../provider.ts';

const CONCURRENCY = 100;

const reply = { text: '250 2.0.0 dropped; nothing was sent', code: 250, enhanced: '2.0.0' };

export function createNullProvider(): Carrier {
  return {
    concurrency: CONCURRENCY,
    send: async (parcel) => ({
      outcomes: new Map(parcel.recipients.map(({ position }) => [position, { kind: 'delivered', reply }])),
    }),
    check: async () => ({ ok: true, detail: 'Drops every message.' }),
    close: async () => undefined,
  };
}
