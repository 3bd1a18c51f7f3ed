/** The provider `capture`: takes every message, sends none, and keeps its exact bytes to be looked at. */

import { buffer } from 'node:stream/consumers';
import type { Carrier } from '../provider.ts';

/** Composing in memory is all it does, so a few at once keep it busy. */
const CONCURRENCY = 20;

const reply = { text: '250 2.0.0 captured; nothing was sent', code: 250, enhanced: '2.0.0' };

export function createCaptureProvider(): Carrier {
  return {
    concurrency: CONCURRENCY,
    async send(parcel) {
      const mime = await parcel.mime();
      const kept = mime instanceof Uint8Array ? mime : await buffer(mime);
      return {
        outcomes: new Map(parcel.recipients.map(({ position }) => [position, { kind: 'delivered', reply }])),
        kept,
      };
    },
    check: async () => ({ ok: true, detail: 'Keeps every message and sends none.' }),
    close: async () => undefined,
  };
}
