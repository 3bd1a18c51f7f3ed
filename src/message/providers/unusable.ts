/** Stands for a provider whose settings cannot be used now, so that its mail waits and the reason is seen. */

import type { Provider } from './provider.ts';
import { plainReply } from './reply.ts';

export function createUnusableProvider(name: string, { type, why }: { type: string; why: string }): Provider {
  const reply = plainReply(`${name}: ${why}`);
  return {
    name,
    type,
    capabilities: { takes: 'either', wantsDkim: false, idempotent: false },
    concurrency: 1,
    send: async (parcel) => ({
      outcomes: new Map(
        parcel.recipients.map(({ position }) => [position, { kind: 'unavailable', account: true, reply }]),
      ),
    }),
    check: async () => ({ ok: false, detail: reply.text, account: true }),
    close: async () => undefined,
  };
}
