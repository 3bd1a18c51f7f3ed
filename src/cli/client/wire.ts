/** What the HTTP API answers, as types: the very schemas that document it. */

import type { z } from 'zod';
import type * as definitionShapes from '../../api/definition-views.ts';
import type * as notificationShapes from '../../api/notification-views.ts';
import type * as peopleShapes from '../../api/people-views.ts';
import type * as shapes from '../../api/shapes.ts';
import type * as subscriberShapes from '../../api/subscriber-views.ts';
import type * as templateDiff from '../../api/template-diff.ts';
import type * as templateShapes from '../../api/template-views.ts';
import type * as webhookShapes from '../../api/webhook-views.ts';

export type AcceptedJson = z.output<typeof shapes.acceptedShape>;
export type AuditJson = z.output<typeof shapes.auditShape>;
export type AuditVerdictJson = z.output<typeof shapes.auditVerdictShape>;
export type ContentJson = z.output<typeof shapes.contentShape>;
export type DaemonJson = z.output<typeof shapes.daemonShape>;
export type DomainCheckJson = z.output<typeof shapes.domainCheckShape>;
export type DomainsJson = z.output<typeof shapes.domainsShape>;
export type DomainReportJson = z.output<typeof shapes.domainReportShape>;
export type DomainVerifiedJson = z.output<typeof shapes.domainVerifiedShape>;
export type EventJson = z.output<typeof shapes.eventShape>;
export type AppliedJson = z.output<typeof shapes.appliedShape>;
export type ResourceJson = z.output<typeof shapes.resourceShape>;
export type EventTakenJson = z.output<typeof shapes.eventTakenShape>;
export type SubscriberJson = z.output<typeof subscriberShapes.subscriberShape>;
export type SubscribersImportedJson = z.output<typeof subscriberShapes.subscribersImportedShape>;
export type PreferencesJson = z.output<typeof subscriberShapes.preferencesShape>;
export type EscalationPolicyJson = z.output<typeof definitionShapes.escalationPolicyShape>;
export type RuleJson = z.output<typeof definitionShapes.ruleShape>;
export type NotificationTypeJson = z.output<typeof definitionShapes.notificationTypeShape>;
export type ChannelJson = z.output<typeof definitionShapes.channelShape>;
export type ChannelTestJson = z.output<typeof definitionShapes.channelTestShape>;
export type TopicJson = z.output<typeof definitionShapes.topicShape>;
export type NotifiedJson = z.output<typeof notificationShapes.notifiedShape>;
export type NotificationRowJson = z.output<typeof notificationShapes.notificationRowShape>;
export type NotificationJson = z.output<typeof notificationShapes.notificationShape>;
export type NotificationDeliveryJson = z.output<typeof notificationShapes.notificationDeliveryShape>;
export type AcknowledgedJson = z.output<typeof notificationShapes.acknowledgedShape>;
export type TriggerJson = z.output<typeof shapes.triggerShape>;
export type TriggerTestJson = z.output<typeof shapes.triggerTestShape>;
export type ExplanationJson = z.output<typeof shapes.explanationShape>;
export type FeedbackJson = z.output<typeof shapes.feedbackShape>;
export type ImportedFeedbackJson = z.output<typeof shapes.importedFeedbackShape>;
export type ImportedJson = z.output<typeof shapes.importedShape>;
export type DeletedJson = z.output<typeof shapes.deletedShape>;
export type InboxRowJson = z.output<typeof shapes.inboxRowShape>;
export type KeyJson = z.output<typeof shapes.keyShape>;
export type MessageJson = z.output<typeof shapes.messageShape>;
export type MessageRowJson = z.output<typeof shapes.rowShape>;
export type MovedJson = z.output<typeof shapes.movedShape>;
export type NewKeyJson = z.output<typeof shapes.newKeyShape>;
export type ProviderJson = z.output<typeof shapes.providerShape>;
export type ProviderTestJson = z.output<typeof shapes.providerTestShape>;
export type PausedJson = z.output<typeof shapes.pausedShape>;
export type QueueJson = z.output<typeof shapes.queueShape>;
export type RetriedJson = z.output<typeof shapes.retriedShape>;
export type CancelledJson = z.output<typeof shapes.cancelledShape>;
export type AnalyticsJson = z.output<typeof shapes.analyticsShape>;
export type GroupJson = z.output<typeof shapes.groupShape>;
export type GroupAnalyticsJson = z.output<typeof shapes.groupAnalyticsShape>;
export type StatsJson = z.output<typeof shapes.statsShape>;
export type UnsubscribePutJson = z.output<typeof shapes.unsubscribePutShape>;
export type UnsubscribeRowJson = z.output<typeof shapes.unsubscribeRowShape>;
export type SuppressionDetailJson = z.output<typeof shapes.suppressionDetailShape>;
export type SuppressionPutJson = z.output<typeof shapes.suppressionPutShape>;
export type SuppressionRowJson = z.output<typeof shapes.suppressionRowShape>;
export type TemplateDiffJson = z.output<typeof templateDiff.templateDiffShape>;
export type TemplateFaultsJson = z.output<typeof templateShapes.templateFaultsShape>;
export type TemplateJson = z.output<typeof templateShapes.templateShape>;
export type TemplatePreviewJson = z.output<typeof templateShapes.templatePreviewShape>;
export type TemplateRowJson = z.output<typeof templateShapes.templateRowShape>;
export type TemplateVersionJson = z.output<typeof templateShapes.templateVersionShape>;
export type TenantJson = z.output<typeof shapes.tenantShape>;
export type ResetUserJson = z.output<typeof peopleShapes.resetUserShape>;
export type UserJson = z.output<typeof peopleShapes.userShape>;
export type UserLinkJson = z.output<typeof peopleShapes.userLinkShape>;
export type DeliveryDetailJson = z.output<typeof webhookShapes.deliveryDetailShape>;
export type DeliveryJson = z.output<typeof webhookShapes.deliveryShape>;
export type NewWebhookJson = z.output<typeof webhookShapes.newWebhookShape>;
export type ReplayedJson = z.output<typeof webhookShapes.replayedShape>;
export type TestedWebhookJson = z.output<typeof webhookShapes.testedShape>;
export type WebhookJson = z.output<typeof webhookShapes.webhookShape>;

export interface ListJson<T> {
  readonly items: readonly T[];
}

export interface PageJson<T> extends ListJson<T> {
  readonly cursor: string | null;
}
