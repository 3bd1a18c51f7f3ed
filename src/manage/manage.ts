/** All that people change. Made once, and called by whatever door they come through. */

import { type CallbackDesk, type CallbackDeskDeps, createCallbackDesk } from './callbacks.ts';
import { createFeedbackDesk, type FeedbackDesk, type FeedbackDeskDeps } from './feedback.ts';
import { createKeyDesk, type KeyDesk, type KeyDeskDeps } from './keys.ts';
import { createMessageDesk, type MessageDesk, type MessageDeskDeps } from './messages.ts';
import { createProviderActions, type ProviderActions, type ProviderActionsDeps } from './provider-actions.ts';
import { createQueueLevers, type QueueDeps, type QueueLevers } from './queue.ts';
import { createSenderDomainDesk, type SenderDomainDesk, type SenderDomainDeskDeps } from './sender-domains.ts';
import { createSuppressionDesk, type SuppressionDesk, type SuppressionDeskDeps } from './suppressions.ts';
import { createTenants, type Tenants, type TenantsDeps } from './tenants.ts';

export interface Manage {
  readonly callbacks: CallbackDesk;
  readonly domains: SenderDomainDesk;
  readonly feedback: FeedbackDesk;
  readonly keys: KeyDesk;
  readonly messages: MessageDesk;
  readonly providers: ProviderActions;
  readonly queue: QueueLevers;
  readonly suppressions: SuppressionDesk;
  readonly tenants: Tenants;
}

export type ManageDeps = CallbackDeskDeps &
  FeedbackDeskDeps &
  KeyDeskDeps &
  MessageDeskDeps &
  ProviderActionsDeps &
  QueueDeps &
  SenderDomainDeskDeps &
  SuppressionDeskDeps &
  TenantsDeps;

export function createManage(deps: ManageDeps): Manage {
  return {
    callbacks: createCallbackDesk(deps),
    domains: createSenderDomainDesk(deps),
    feedback: createFeedbackDesk(deps),
    keys: createKeyDesk(deps),
    messages: createMessageDesk(deps),
    providers: createProviderActions(deps),
    queue: createQueueLevers(deps),
    suppressions: createSuppressionDesk(deps),
    tenants: createTenants(deps),
  };
}
