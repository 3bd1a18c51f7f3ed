/** What the contracts of the store begin with: the time, a store with two tenants, and a message as short as it may be. */

import { createIds } from '../../core/ids.ts';
import type { Job, Message } from '../../core/message.ts';
import type { NewMessage } from '../verbs/outbox.ts';
import type { Store } from '../verbs/store.ts';
import type { Tenant } from '../verbs/tenants.ts';
import type { StoreHarness } from './store.suite.ts';

export const NOW = 1_790_000_000_000;
export const MINUTE = 60_000;
export const DAY = 24 * 60 * MINUTE;

export const newId = createIds({ now: () => NOW });

export function addTenant(store: Store, slug: string): Promise<Tenant> {
  return store.tenants.add({ id: newId(), slug, name: slug, settings: {}, now: NOW });
}

/** For `beforeEach`. */
export async function openWithTenants(createHarness: () => Promise<StoreHarness>) {
  const harness = await createHarness();
  const store = await harness.open();
  return { harness, store, acme: await addTenant(store, 'acme'), globex: await addTenant(store, 'globex') };
}

/** Accepts a message to these addresses, and leases it in the same call. */
export async function takeMessage(
  store: Store,
  { tenantId, to, now = NOW, more }: { tenantId: string; to: readonly string[]; now?: number; more?: Partial<Message> },
): Promise<Job> {
  const entry = newMessage(tenantId, { to: to.map((email) => ({ email })), ...more });
  const lease = { owner: 'a', now, leaseMs: MINUTE };
  const [answer] = await store.outbox.accept({ tenantId, messages: [entry], lease });
  if (answer?.kind !== 'accepted' || answer.job === undefined) throw new Error('expected a job');
  return answer.job;
}

/** To those that `more` names in `to` and `cc`. */
export function newMessage(tenantId: string, more: Partial<Message> = {}, rest: Partial<NewMessage> = {}): NewMessage {
  const id = newId();
  const message: Message = {
    id,
    tenantId,
    createdAt: NOW,
    door: 'http',
    from: { email: 'from@acme.example' },
    envelopeFrom: 'from@acme.example',
    to: [{ email: 'to@x.example' }],
    cc: [],
    subject: 'Hello',
    messageIdHeader: `<${id}@acme.example>`,
    content: { kind: 'parts', text: 'hi' },
    attachments: [],
    tags: [],
    lane: 'normal',
    maxAttempts: 5,
    ...more,
  };
  const recipients = [
    ...message.to.map(({ email }) => ({ address: email, kind: 'to' as const })),
    ...message.cc.map(({ email }) => ({ address: email, kind: 'cc' as const })),
  ];
  return { message, recipients, ...rest };
}
