/** From rows of the store to the JSON of the API: RFC 3339 for times, null for what is absent. */

import type { z } from 'zod';
import type { AuditRecord } from '../core/audit-entry.ts';
import type { LoggedEvent, Marks } from '../core/message.ts';
import type { ProviderState } from '../core/provider-state.ts';
import { rfc3339, rfc3339OrNull } from '../core/rfc3339.ts';
import { showEntryAddress } from '../core/suppression-entry.ts';
import { type HitCounts, noHits } from '../core/tracking.ts';
import { bounceReasons, type FeedbackRow } from '../db/verbs/feedback.ts';
import type { KeyRow } from '../db/verbs/keys.ts';
import type { MessageDetail, MessageRow, StoredContent } from '../db/verbs/messages.ts';
import type { QueueRow } from '../db/verbs/outbox.ts';
import type { ListedSuppression, Suppression } from '../db/verbs/suppressions.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import type { ListedUnsubscribe } from '../db/verbs/unsubscribes.ts';
import type { AuditVerdict } from '../manage/audit/verify.ts';
import type { ImportedReport } from '../manage/feedback.ts';
import type { ShownCallbacks, ShownProvider } from '../manage/providers.ts';
import { refusalText } from '../manage/vendor-reports.ts';
import type { Accepted } from '../message/intake/accept.ts';
import type * as shapes from './shapes.ts';

type Json<T extends z.ZodType> = z.output<T>;

export function acceptedView(accepted: Accepted): Json<typeof shapes.acceptedShape> {
  const { messageId, status, suppressedRecipients } = accepted;
  return { messageId, status, suppressedRecipients: [...suppressedRecipients] };
}

export function rowView(row: MessageRow): Json<typeof shapes.rowShape> {
  return {
    messageId: row.id,
    tenant: row.tenantSlug,
    status: row.status,
    from: { email: row.from.email, ...(row.from.name !== undefined && { name: row.from.name }) },
    to: [...row.to],
    cc: [...row.cc],
    bcc: [...row.bcc],
    rcpt: [...row.rcpt],
    subject: row.subject,
    provider: row.provider ?? null,
    attempts: row.attempts,
    maxAttempts: row.maxAttempts,
    dead: row.dead,
    lastError: row.lastError ?? null,
    createdAt: rfc3339(row.createdAt),
    updatedAt: rfc3339(row.updatedAt),
    sentAt: rfc3339OrNull(row.sentAt),
    scheduledAt: rfc3339OrNull(row.scheduledAt),
    nextAttemptAt: rfc3339OrNull(row.nextAttemptAt),
    category: row.category ?? null,
    tags: [...row.tags],
    priority: row.lane,
    groupId: row.groupId ?? null,
    template: row.template ?? null,
    templateVersion: row.templateVersion ?? null,
  };
}

export function messageView(message: MessageDetail): Json<typeof shapes.messageShape> {
  return {
    ...rowView(message),
    replyTo: message.replyTo ?? null,
    envelopeFrom: message.envelopeFrom,
    messageIdHeader: message.messageIdHeader,
    idempotencyKey: message.idempotencyKey ?? null,
    metadata: message.metadata ?? null,
    door: message.door,
    tracking: message.tracking ?? null,
    unsubscribe: message.unsubscribe ?? null,
    recipients: message.recipients.map(
      ({ email, kind, status, reply, providerMessageId, hits = noHits, updatedAt }) => ({
        email,
        kind,
        status,
        reply: reply ?? null,
        providerMessageId: providerMessageId ?? null,
        ...hitsView(hits),
        updatedAt: rfc3339(updatedAt),
      }),
    ),
    attemptLog: message.attemptLog.map((attempt) => ({
      number: attempt.number,
      provider: attempt.provider || null,
      startedAt: rfc3339(attempt.startedAt),
      endedAt: rfc3339(attempt.endedAt),
      outcome: attempt.outcome,
      reply: attempt.reply ?? null,
      counted: attempt.counted,
      providerMessageId: attempt.providerMessageId ?? null,
    })),
    attachments: message.attachments.map(({ removedAt, ...file }) => ({
      ...file,
      ...(removedAt !== undefined && { removedAt: rfc3339(removedAt) }),
    })),
    events: message.events.map(historyView),
  };
}

function hitsView({ opens, clicks, machineOpens, machineClicks }: HitCounts): HitCounts {
  return { opens, clicks, machineOpens, machineClicks };
}

export function historyView(event: LoggedEvent): Json<typeof shapes.historyShape> {
  return {
    type: event.type,
    timestamp: rfc3339(event.at),
    sequence: event.sequence,
    ...(event.recipient !== undefined && { recipient: event.recipient }),
    data: event.data,
  };
}

function marksView({ tags = [], category, groupId, idempotencyKey, metadata }: Marks = {}) {
  return {
    tags: [...tags],
    category: category ?? null,
    groupId: groupId ?? null,
    idempotencyKey: idempotencyKey ?? null,
    metadata: metadata ?? null,
  };
}

export function eventView(event: LoggedEvent): Json<typeof shapes.eventShape> {
  return {
    id: event.position,
    messageId: event.messageId ?? null,
    tenantId: event.tenantId,
    ...(event.subject !== undefined && { subject: event.subject }),
    ...historyView(event),
    ...marksView(event.marks),
  };
}

export function contentView({ message, rendered }: StoredContent): Json<typeof shapes.contentShape> {
  const { content } = message;
  const parts = content.kind === 'parts' ? content : undefined;
  return {
    kind: content.kind,
    subject: message.subject,
    html: parts?.html ?? null,
    text: parts?.text ?? null,
    rendered:
      rendered === undefined
        ? null
        : { subject: rendered.subject, html: rendered.html ?? null, text: rendered.text ?? null },
    variables: parts?.variables ?? null,
    headers: (parts?.headers ?? []).map(([name, value]) => ({ name, value })),
    attachmentUrls: (message.attachmentUrls ?? []).map(({ url }) => url),
  };
}

export function unsubscribeRowView(entry: ListedUnsubscribe): Json<typeof shapes.unsubscribeRowShape> {
  const { email, category, way, createdAt, tenantSlug: tenant } = entry;
  return { email, category: category === '' ? null : category, way, createdAt: rfc3339(createdAt), tenant };
}

export function suppressionView(entry: Suppression): Json<typeof shapes.suppressionShape> {
  return {
    email: showEntryAddress(entry.email),
    reason: entry.reason,
    note: entry.note ?? null,
    expiresAt: rfc3339OrNull(entry.expiresAt),
    createdAt: rfc3339(entry.createdAt),
  };
}

export function suppressionRowView(entry: ListedSuppression): Json<typeof shapes.suppressionRowShape> {
  return { ...suppressionView(entry), tenant: entry.tenantSlug };
}

export function suppressionDetailView(entry: Suppression): Json<typeof shapes.suppressionDetailShape> {
  const { evidence = [] } = entry;
  return {
    ...suppressionView(entry),
    evidence: evidence.map(({ at, messageId, reply }) => ({
      at: rfc3339(at),
      messageId: messageId ?? null,
      reply: reply ?? null,
    })),
  };
}

/** `fromConfig`: what the configuration says of it. */
export function tenantView(
  tenant: Tenant,
  fromConfig: readonly string[],
  isRemoved = false,
): Json<typeof shapes.tenantShape> {
  return {
    id: tenant.id,
    slug: tenant.slug,
    name: tenant.name,
    active: tenant.active,
    paused: tenant.paused,
    pausedReason: tenant.pausedReason ?? null,
    removing: isRemoved,
    settings: { ...tenant.settings },
    fromConfig: [...fromConfig],
    senderDomains: [...tenant.senderDomains],
    verifiedDomains: [...tenant.verifiedDomains],
    createdAt: rfc3339(tenant.createdAt),
    updatedAt: rfc3339(tenant.updatedAt),
  };
}

/** Never the hash. */
export function keyView(row: KeyRow, tenant: Tenant | undefined): Json<typeof shapes.keyShape> {
  return {
    id: row.id,
    prefix: row.prefix,
    tenant: tenant?.slug ?? null,
    name: row.name ?? null,
    scopes: [...row.scopes],
    createdAt: rfc3339(row.createdAt),
    expiresAt: rfc3339OrNull(row.expiresAt),
    revokedAt: rfc3339OrNull(row.revokedAt),
    lastUsedAt: rfc3339OrNull(row.lastUsedAt),
    allowedIps: [...(row.allowedIps ?? [])],
  };
}

export function auditView(record: AuditRecord): Json<typeof shapes.auditShape> {
  const { actor } = record;
  return {
    seq: record.seq,
    at: rfc3339(record.at),
    actor: { kind: actor.kind, id: actor.id, name: actor.name ?? null },
    source: record.source,
    action: record.action,
    outcome: record.outcome,
    tenant: record.tenant ?? null,
    target: record.target ?? null,
    requestId: record.requestId ?? null,
    detail: detailOf(record.detail),
    hash: record.hash,
  };
}

/** Somebody may have written over it; that must not hide the entry. */
function detailOf(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return { unreadable: text };
  }
}

export function auditVerdictView({ entries, head, breaks }: AuditVerdict): Json<typeof shapes.auditVerdictShape> {
  return { intact: breaks.length === 0, entries, head: head ?? null, breaks: [...breaks] };
}

export function importedFeedbackView(reports: readonly ImportedReport[]): Json<typeof shapes.importedFeedbackShape> {
  return {
    reports: reports.map(({ report, taken }) => ({
      recipient: taken.match?.recipient ?? report.recipient ?? null,
      kind: report.kind,
      class: taken.class ?? report.class ?? null,
      enhanced: report.enhanced ?? null,
      messageId: taken.match?.messageId ?? null,
      matched: taken.match !== undefined,
    })),
  };
}

export function feedbackView(row: FeedbackRow): Json<typeof shapes.feedbackShape> {
  const { match, data, provider, recipient } = row;
  return {
    at: rfc3339(row.at),
    receivedAt: rfc3339(row.receivedAt),
    provider: provider ?? null,
    door: row.door,
    kind: row.kind,
    class: bounceReasons.find((reason) => reason === data.class) ?? null,
    recipient: match?.recipient ?? recipient ?? null,
    diagnostic: typeof data.diagnostic === 'string' ? data.diagnostic : null,
    unproved: data.unproved === true,
    tenant: match?.tenant ?? null,
    messageId: match?.messageId ?? null,
  };
}

export function providerView(provider: ShownProvider): Json<typeof shapes.providerShape> {
  const { name, source, settings, capabilities, tells, webhookUrl, state, problem } = provider;
  return {
    name,
    type: String(settings.type),
    source,
    settings: { ...settings },
    where: provider.where ?? null,
    problem: problem ?? null,
    capabilities: capabilities ? capabilitiesView(capabilities, tells) : null,
    callbacks: provider.callbacks ? callbacksView(provider.callbacks) : null,
    webhookUrl: webhookUrl ?? null,
    createdAt: rfc3339OrNull(provider.createdAt),
    updatedAt: rfc3339OrNull(provider.updatedAt),
    state: state ? providerStateView(state) : null,
  };
}

function callbacksView({
  ready,
  setting,
  takenAt,
  refused,
  queue,
}: ShownCallbacks): NonNullable<Json<typeof shapes.providerShape>['callbacks']> {
  return {
    ...{ ready, setting, takenAt: rfc3339OrNull(takenAt) },
    refused: refused ? { at: rfc3339(refused.at), reason: refused.reason, detail: refusalText[refused.reason] } : null,
    queue: queue ? { where: queue.where, problem: queue.problem ?? null } : null,
  };
}

function capabilitiesView(
  capabilities: NonNullable<ShownProvider['capabilities']>,
  tells: boolean,
): NonNullable<Json<typeof shapes.providerShape>['capabilities']> {
  const { takes, idempotent, maxRecipients, maxBytes } = capabilities;
  return {
    raw: takes !== 'parts',
    attachments: true,
    idempotency: idempotent,
    events: tells,
    maxRecipients: maxRecipients ?? null,
    maxBytes: maxBytes ?? null,
  };
}

function providerStateView(state: ProviderState): NonNullable<Json<typeof shapes.providerShape>['state']> {
  const { breaker, health } = state;
  return {
    paused: state.paused ?? false,
    breaker: {
      state: breaker.state,
      openSince: rfc3339OrNull(breaker.openSince),
      retryAt: rfc3339OrNull(breaker.retryAt),
      account: breaker.account ?? false,
      attempts: breaker.attempts ?? null,
      failures: breaker.failures ?? null,
    },
    throttledUntil: rfc3339OrNull(state.throttledUntil),
    turnedAway: state.turnedAway ?? false,
    inFlight: state.inFlight,
    waiting: state.waiting,
    limit: state.limit,
    concurrency: state.concurrency,
    maxPerSecond: state.maxPerSecond ?? null,
    health: health ? { ok: health.ok, detail: health.detail, checkedAt: rfc3339(health.at) } : null,
  };
}

export function queueView(queue: { paused: boolean; rows: readonly QueueRow[] }): Json<typeof shapes.queueShape> {
  return {
    paused: queue.paused,
    items: queue.rows.map((row) => ({
      tenant: row.tenantSlug,
      tenantId: row.tenantId,
      lane: row.lane,
      waiting: row.waiting,
      due: row.due,
      leased: row.leased,
      scheduled: row.scheduled,
      oldestAt: rfc3339(row.oldestAt),
      nextDueAt: rfc3339(row.nextDueAt),
      paused: row.paused,
      active: row.active,
    })),
  };
}
