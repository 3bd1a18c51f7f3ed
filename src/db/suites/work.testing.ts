/** What suites do with the messages of a store: hand them in, claim them, end them. */

import { expect } from 'vitest';
import { IepError, type RefusalCode } from '../../core/errors.ts';
import type { Job, Message, Status } from '../../core/message.ts';
import type { MessageFilter } from '../verbs/messages.ts';
import type { NewMessage, Settlement } from '../verbs/outbox.ts';
import type { Store } from '../verbs/store.ts';
import type { Tenant } from '../verbs/tenants.ts';
import { MINUTE, NOW, newMessage } from './suite.testing.ts';

/** `store` is asked for at each call: every test has another. */
export function workOn(store: () => Store) {
  return {
    async accept(tenant: Tenant, more: Partial<Message> = {}, rest: Partial<NewMessage> = {}): Promise<string> {
      const entry = newMessage(tenant.id, more, rest);
      await store().outbox.accept({ tenantId: tenant.id, messages: [entry] });
      return entry.message.id;
    },
    claim(owner = 'a', more: { now?: number; limit?: number; skipTenants?: string[] } = {}) {
      const now = more.now ?? NOW;
      return store().outbox.claim({ owner, now, leaseMs: MINUTE, limit: 100, skipTenants: [], ...more });
    },
    async retryMany(request: { tenantId: string; filter: MessageFilter; now: number; limit: number; dryRun: boolean }) {
      const { items } = await store().messages.retryable(request);
      const moved = request.dryRun ? items : await store().messages.retryEach({ ...request, messages: items });
      return { matched: items.length, messageIds: moved.map(({ messageId }) => messageId) };
    },
    async statusOf({ id }: Tenant, messageId: string): Promise<Status | undefined> {
      return (await store().messages.get({ tenantId: id, messageId }))?.status;
    },
  };
}

export function idsOf(jobs: readonly Job[]): readonly string[] {
  return jobs.map(({ message }) => message.id);
}

export const attempt = {
  provider: 'relay',
  startedAt: NOW + 1,
  endedAt: NOW + 2,
  outcome: 'delivered',
  counted: true,
} as const;

export async function suppress(store: Store, tenant: Tenant, email: string, expiresAt?: number): Promise<void> {
  const entry = { email, reason: 'manual' as const, createdAt: NOW, ...(expiresAt !== undefined && { expiresAt }) };
  await store.suppressions.add({ tenantId: tenant.id, entries: [entry] });
}

function settlement(job: Job, status: Status): Settlement {
  return {
    tenantId: job.message.tenantId,
    messageId: job.message.id,
    fence: job.fence,
    at: NOW + 2,
    status,
    recipients: job.recipients.map(({ position }) => ({ position, status, reply: '250 ok' })),
    attempts: [attempt],
    events: [{ type: status === 'sent' ? 'sent' : 'failed', at: NOW + 2 }],
  };
}

export function asSent(job: Job): Settlement {
  return { ...settlement(job, 'sent'), sentAt: NOW + 2 };
}

export function asFailed(job: Job): Settlement {
  return settlement(job, 'failed');
}

export function asDeferred(job: Job, dueAt: number, recipients: Settlement['recipients'] = []): Settlement {
  return { ...settlement(job, 'queued'), recipients, events: [{ type: 'retry_scheduled', at: NOW + 2 }], dueAt };
}

export function only({ jobs }: { readonly jobs: readonly Job[] }): Job {
  const [job, ...others] = jobs;
  if (job === undefined || others.length > 0) throw new Error(`expected one job, got ${jobs.length}`);
  return job;
}

export async function expectRefusal(promise: Promise<unknown>, code: RefusalCode): Promise<void> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(IepError);
  expect((error as IepError).code).toBe(code);
}
