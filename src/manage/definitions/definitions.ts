/** The kinds of definitions there are, and a desk for each. */

import type { StorePart } from '../../db/verbs/store.ts';
import type { WebhookDesk } from '../webhooks.ts';
import { channelKind } from './channel.ts';
import { createDefinitionDesk, type DefinitionDesk, type DefinitionDeskDeps } from './desk.ts';
import { escalationPolicyKind } from './escalation-policy.ts';
import type { DefinitionKind } from './kind.ts';
import { notificationTypeKind } from './notification-type.ts';
import { ruleKind } from './rule.ts';
import { topicKind } from './topic.ts';

export type Definitions = Readonly<
  Record<
    'topics' | 'channels' | 'notificationTypes' | 'rules' | 'escalationPolicies',
    DefinitionDesk & { readonly kind: DefinitionKind }
  >
>;

export type DefinitionsDeps = DefinitionDeskDeps & {
  readonly store: StorePart<'subscribers.leaveTopic'>;
  readonly webhooks: Pick<WebhookDesk, 'refusalOf'>;
};

/** Subscribers that leave a topic in one commit, which others wait for. */
const LEAVING = 1_000;

export function createDefinitions(deps: DefinitionsDeps): Definitions {
  const deskOf = (kind: DefinitionKind) => ({ kind, ...createDefinitionDesk(kind, deps) });
  const topics = deskOf(topicKind as DefinitionKind);
  return {
    topics: {
      ...topics,
      // There may be a million in it.
      async remove(caller, { tenant, name }) {
        while (await deps.store.subscribers.leaveTopic({ tenantId: tenant.id, topic: name, limit: LEAVING }));
        await topics.remove(caller, { tenant, name });
      },
    },
    channels: deskOf(channelKind(deps.webhooks.refusalOf) as DefinitionKind),
    notificationTypes: deskOf(notificationTypeKind as DefinitionKind),
    rules: deskOf(ruleKind as DefinitionKind),
    escalationPolicies: deskOf(escalationPolicyKind as DefinitionKind),
  };
}
