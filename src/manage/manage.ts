/** All that people change. Made once, and called by whatever door they come through. */

import { type CallbackDesk, type CallbackDeskDeps, createCallbackDesk } from './callbacks.ts';
import { type ChannelDesk, type ChannelDeskDeps, createChannelDesk } from './channels.ts';
import { createDefinitions, type Definitions, type DefinitionsDeps } from './definitions/definitions.ts';
import { createFactorDesk, type FactorDesk, type FactorDeskDeps } from './factors.ts';
import { createFeedbackDesk, type FeedbackDesk, type FeedbackDeskDeps } from './feedback.ts';
import { createInboxDesk, type InboxDesk, type InboxDeskDeps } from './inbox.ts';
import { createKeyDesk, type KeyDesk, type KeyDeskDeps } from './keys.ts';
import { createMessageDesk, type MessageDesk, type MessageDeskDeps } from './messages.ts';
import { createNotificationDesk, type NotificationDesk, type NotificationDeskDeps } from './notifications.ts';
import { createOpsNotificationDesk, type OpsNotificationDeps, type OpsNotificationDesk } from './ops-notifications.ts';
import { createOpsPreferencesDesk, type OpsPreferencesDesk } from './ops-preferences.ts';
import { createPreferencePages, type PreferencePages, type PreferencePagesDeps } from './preference-pages.ts';
import { createProviderActions, type ProviderActions, type ProviderActionsDeps } from './provider-actions.ts';
import { createQueueLevers, type QueueDeps, type QueueLevers } from './queue.ts';
import { createRuleBook, type RuleBookDeps } from './rule-book.ts';
import { createSenderDomainDesk, type SenderDomainDesk, type SenderDomainDeskDeps } from './sender-domains.ts';
import { createSignIn, type SignIn, type SignInDeps } from './sign-in.ts';
import { createSmtpSettingsDesk, type SmtpSettingsDeps, type SmtpSettingsDesk } from './smtp-settings.ts';
import { createSubscriberDesk, type SubscriberDesk, type SubscriberDeskDeps } from './subscribers.ts';
import { createSuppressionDesk, type SuppressionDesk, type SuppressionDeskDeps } from './suppressions.ts';
import { createTemplateDesk, type TemplateDesk, type TemplateDeskDeps } from './templates.ts';
import { createTenants, type Tenants, type TenantsDeps } from './tenants.ts';
import { createTriggerDesk, type TriggerDesk, type TriggerDeskDeps } from './triggers.ts';
import { createUnsubscribeDesk, type UnsubscribeDesk, type UnsubscribeDeskDeps } from './unsubscribes.ts';
import { createUserDesk, type UserDesk, type UserDeskDeps } from './users.ts';

export interface Manage {
  readonly callbacks: CallbackDesk;
  readonly channels: ChannelDesk;
  readonly definitions: Definitions;
  readonly domains: SenderDomainDesk;
  readonly factors: FactorDesk;
  readonly feedback: FeedbackDesk;
  readonly inbox: InboxDesk;
  readonly keys: KeyDesk;
  readonly messages: MessageDesk;
  readonly notifications: NotificationDesk;
  readonly opsNotifications: OpsNotificationDesk;
  readonly opsPreferences: OpsPreferencesDesk;
  readonly preferencePages: PreferencePages;
  readonly providers: ProviderActions;
  readonly queue: QueueLevers;
  readonly signIn: SignIn;
  readonly smtpSettings: SmtpSettingsDesk;
  readonly subscribers: SubscriberDesk;
  readonly suppressions: SuppressionDesk;
  readonly templates: TemplateDesk;
  readonly tenants: Tenants;
  readonly triggers: TriggerDesk;
  readonly unsubscribes: UnsubscribeDesk;
  readonly users: UserDesk;
}

export type ManageDeps = CallbackDeskDeps &
  ChannelDeskDeps &
  DefinitionsDeps &
  FactorDeskDeps &
  FeedbackDeskDeps &
  InboxDeskDeps &
  KeyDeskDeps &
  MessageDeskDeps &
  NotificationDeskDeps &
  Omit<OpsNotificationDeps, 'notifications'> &
  PreferencePagesDeps &
  ProviderActionsDeps &
  QueueDeps &
  SenderDomainDeskDeps &
  SmtpSettingsDeps &
  SignInDeps &
  SubscriberDeskDeps &
  SuppressionDeskDeps &
  TemplateDeskDeps &
  TenantsDeps &
  Omit<TriggerDeskDeps, 'rules' | 'notified'> &
  Omit<RuleBookDeps, 'notifying'> &
  UnsubscribeDeskDeps &
  UserDeskDeps;

export function createManage(deps: ManageDeps): Manage {
  const notifications = createNotificationDesk(deps);
  const rules = createRuleBook({ store: deps.store, notifying: notifications.notifying });
  const messages = createMessageDesk(deps);
  const providers = createProviderActions(deps);
  const tenants = createTenants(deps);
  const subscribers = createSubscriberDesk(deps);
  return {
    callbacks: createCallbackDesk(deps),
    channels: createChannelDesk(deps),
    definitions: createDefinitions(deps),
    domains: createSenderDomainDesk(deps),
    factors: createFactorDesk(deps),
    feedback: createFeedbackDesk(deps),
    inbox: createInboxDesk(deps),
    keys: createKeyDesk(deps),
    messages,
    notifications,
    opsNotifications: createOpsNotificationDesk({ ...deps, notifications }),
    opsPreferences: createOpsPreferencesDesk(subscribers),
    preferencePages: createPreferencePages(deps),
    providers,
    queue: createQueueLevers(deps),
    signIn: createSignIn(deps),
    smtpSettings: createSmtpSettingsDesk(deps, { providers, tenants }),
    subscribers,
    suppressions: createSuppressionDesk(deps),
    templates: createTemplateDesk(deps),
    tenants,
    triggers: createTriggerDesk({ ...deps, rules, notified: notifications.made }),
    unsubscribes: createUnsubscribeDesk(deps),
    users: createUserDesk(deps),
  };
}
