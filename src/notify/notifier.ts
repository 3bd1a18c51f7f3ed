/** A notification as it is asked for becomes what the store is to write: in a call by itself, or with what caused it. */

import { createHash } from 'node:crypto';
import type { NewId } from '../core/ids.ts';
import type { Attachment, Json } from '../core/message.ts';
import type { EscalationPolicySpec, NotificationTarget } from '../core/notification.ts';
import { sortMembers } from '../core/sorted-members.ts';
import type { NewDelivery, NotificationFile } from '../db/verbs/notifications.ts';
import type { NewMessage } from '../db/verbs/outbox.ts';
import type { StoreWrite } from '../db/verbs/store.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import type { Accept } from '../message/intake/accept.ts';
import type { NotificationContent } from './content.ts';
import { type Escalation, nextStep } from './escalation.ts';
import { groupValue } from './group.ts';
import { namedParties, nextParties, PAGE, type Party, type People, type Rest } from './party.ts';
import { type NamedType, type Planner, waysOf } from './planner.ts';

export interface NotificationRequest {
  readonly type: NamedType;
  readonly to: readonly NotificationTarget[];
  readonly content: NotificationContent;
  readonly rule?: string;
  /** Its first step takes the place of `to`. */
  readonly escalation?: EscalationPolicySpec & { readonly name: string };
  readonly idempotencyKey?: string;
  readonly attachments?: readonly Attachment[];
}

export interface PlannedNotification {
  readonly id: string;
  readonly deliveries: readonly NewDelivery[];
  readonly messages: readonly NewMessage[];
  readonly writes: readonly StoreWrite[];
}

export interface Notifier {
  /** As it is decided now. The writes refuse with `decideAgain` where it has to be planned again. */
  plan(tenant: Tenant, request: NotificationRequest): Promise<PlannedNotification>;
}

export interface NotifierDeps {
  readonly people: People;
  readonly planner: Planner;
  readonly newId: NewId;
  readonly clock: { now(): number };
  readonly write: Accept['write'];
  /** The bytes of a file. */
  readonly bytesOf: (file: Attachment) => Promise<Uint8Array>;
}

export function createNotifier({ people, planner, newId, clock, ...deps }: NotifierDeps): Notifier {
  return {
    async plan(tenant, request) {
      const { type, content, rule, attachments = [] } = request;
      const id = newId();
      const now = clock.now();
      const started = request.escalation && startOf(request, { name: request.escalation, now });
      const first = started && nextStep(started);
      const isFirstNow = first !== undefined && first.at <= now;
      const targets = started === undefined ? request.to : isFirstNow ? first.step.to : [];
      const { parties, rest } = await firstParties(people, tenant.id, targets);
      const subject = { tenant, type, notificationId: id, at: now, content, attachments };
      const ways = waysOf(type, parties, { only: isFirstNow ? first.step.channels : undefined });
      const { deliveries, messages } = await planner.plan({ ...subject, isEscalating: started !== undefined }, ways, {
        step: isFirstNow ? 1 : 0,
      });
      const state = started && (isFirstNow ? { ...started, taken: 1 } : started);
      const next = state && nextStep(state);
      const isOpen =
        rest !== undefined || next !== undefined || deliveries.some(({ verdict }) => verdict.kind === 'held');
      const notification = {
        ...{ id, type: type.name, category: type.category, content: content as unknown as Json },
        ...(rule !== undefined && { rule }),
        ...(rest !== undefined && { rest: rest as unknown as Json }),
        ...(state && { escalation: { state: state as unknown as Json, ...(next && { nextAt: next.at }) } }),
        ...(request.idempotencyKey !== undefined && {
          ...{ idempotencyKey: request.idempotencyKey, idempotencyHash: await hashRequest(request, deps.bytesOf) },
        }),
        ...(isOpen && attachments.length > 0 && { files: await filesOf(attachments, deps.bytesOf) }),
      };
      const add: StoreWrite = {
        verb: 'notifications.add',
        input: { tenantId: tenant.id, now, notification, deliveries },
      };
      return { id, deliveries, messages, writes: messages.length === 0 ? [add] : [deps.write(tenant, messages), add] };
    },
  };
}

function startOf(
  { type, content }: NotificationRequest,
  { name: policy, now }: { name: EscalationPolicySpec & { readonly name: string }; now: number },
): Escalation {
  const { name, steps, repeat, resolveOn } = policy;
  const group = groupValue(type.group?.by, { ...content });
  return {
    ...{ policy: name, steps, repeat, startedAt: now, taken: 0 },
    ...(resolveOn !== undefined && { resolveOn }),
    ...(group !== undefined && type.group && { group, groupBy: type.group.by }),
  };
}

/** Those who are named, and of topics as many as are decided about at once. */
async function firstParties(people: People, tenantId: string, targets: readonly NotificationTarget[]) {
  const named = await namedParties(people, tenantId, targets);
  const parties = new Map(named.parties.map((one) => [one.recipient, one]));
  let rest: Rest | undefined = named.rest;
  while (rest !== undefined && parties.size < PAGE) {
    const page = await nextParties(people, tenantId, rest, PAGE - parties.size);
    for (const one of page.parties) parties.set(one.recipient, one);
    rest = page.rest;
  }
  return { parties: [...parties.values()] as readonly Party[], rest };
}

export async function hashRequest(
  { type, to, content, rule, attachments = [] }: NotificationRequest,
  bytesOf: NotifierDeps['bytesOf'],
): Promise<string> {
  // What the store made of it may be another by then.
  const { door: _, plainType: __, provider: ___, ...said } = content;
  const hash = createHash('sha256').update(JSON.stringify([type.name, to, said, rule ?? null], sortMembers));
  for (const file of attachments) {
    hash.update(JSON.stringify([file.filename, file.contentType, file.contentId ?? null, file.content.size]));
    hash.update(await bytesOf(file));
  }
  return hash.digest('base64url');
}

function filesOf(files: readonly Attachment[], bytesOf: NotifierDeps['bytesOf']): Promise<readonly NotificationFile[]> {
  return Promise.all(
    files.map(async (file) => {
      const { filename, contentType, contentId } = file;
      return { filename, contentType, ...(contentId !== undefined && { contentId }), content: await bytesOf(file) };
    }),
  );
}
