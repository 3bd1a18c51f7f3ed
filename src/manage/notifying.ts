/** What notifications are made with: who is known by a name, the types there are, decisions, and the page where they are acknowledged. */

import type { Clock } from '../core/clock.ts';
import type { NewId } from '../core/ids.ts';
import type { Attachment } from '../core/message.ts';
import type { EscalationPolicySpec, NotificationTypeSpec } from '../core/notification.ts';
import type { Preferences } from '../core/preferences.ts';
import { openChannels, type SubscriberChannels } from '../core/subscriber-channels.ts';
import type { Vault } from '../core/vault.ts';
import type { StorePart } from '../db/verbs/store.ts';
import type { Subscriber } from '../db/verbs/subscribers.ts';
import type { Accept } from '../message/intake/accept.ts';
import type { SlackSettings } from '../notify/channels/slack/settings.ts';
import { createNotifier, type Notifier } from '../notify/notifier.ts';
import type { KnownPerson, People } from '../notify/party.ts';
import { createPlanner, type NamedType, type Planner } from '../notify/planner.ts';
import { openedChannel } from './definitions/channel.ts';
import type { LinkTokens } from './link-tokens.ts';

export interface Notifying {
  readonly people: People;
  readonly planner: Planner;
  readonly notifier: Notifier;
  typeOf(tenantId: string, name: string): Promise<NamedType | undefined>;
  policyOf(tenantId: string, name: string): Promise<(EscalationPolicySpec & { readonly name: string }) | undefined>;
  bytesOf(file: Attachment): Promise<Uint8Array>;
}

export interface NotifyingDeps {
  readonly store: StorePart<
    | 'notifications.facts'
    | 'unsubscribes.of'
    | 'subscribers.of'
    | 'subscribers.list'
    | 'preferences.of'
    | 'definitions.get'
    | 'definitions.list'
  >;
  readonly vault: Pick<Vault, 'open'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly newId: NewId;
  readonly draw: Accept['draw'];
  readonly write: Accept['write'];
  readonly blobs: { read(id: string): Promise<Uint8Array> };
  readonly linkTokens: LinkTokens;
  /** Where links in mail lead to. */
  readonly baseUrl: () => string;
  /** It leads here from outside. */
  readonly isPublic: () => boolean;
}

/** What stands in a link by which somebody acknowledges: the tenant and the notification. */
export const ACKNOWLEDGE = 'acknowledge';

export function createNotifying(deps: NotifyingDeps): Notifying {
  const { store, clock, newId, draw, write, blobs, linkTokens, baseUrl, isPublic } = deps;
  const people = createPeople(deps);
  const planner = createPlanner({
    ...{ store, clock, draw, isPublic },
    async acknowledgeUrl({ tenantId, notificationId }) {
      const sign = await linkTokens.signer();
      return `${baseUrl()}/a/${sign(ACKNOWLEDGE, [tenantId, notificationId])}`;
    },
  });
  const bytesOf: Notifying['bytesOf'] = async ({ content }) =>
    'bytes' in content ? content.bytes : blobs.read(content.blob);
  return {
    ...{ people, planner, bytesOf },
    notifier: createNotifier({ people, planner, newId, clock, write, bytesOf }),
    async typeOf(tenantId, name) {
      const found = await store.definitions.get({ tenantId, kind: 'notification_type', name });
      return found && { ...(found.fields as unknown as NotificationTypeSpec), name };
    },
    async policyOf(tenantId, name) {
      const found = await store.definitions.get({ tenantId, kind: 'escalation_policy', name });
      return found && { ...(found.fields as unknown as EscalationPolicySpec), name };
    },
  };
}

function createPeople({ store, vault }: Pick<NotifyingDeps, 'store' | 'vault'>): People {
  async function peopleOf(tenantId: string, found: readonly Subscriber[]): Promise<readonly KnownPerson[]> {
    if (found.length === 0) return [];
    const said = await store.preferences.of({ tenantId, ids: found.map(({ id }) => id) });
    const channels = found.map((one) => openChannels(one, { vault }));
    const isBot = channels.some(({ slack }) => slack !== undefined && 'channel' in slack);
    const bot = isBot ? await botOf(tenantId) : undefined;
    return found.map((one, at) =>
      personOf(one, { preferences: said[one.id]?.preferences, posts: postsOf(channels[at], bot) }),
    );
  }

  /** The one that writes to the Slack channels of subscribers: that of the first of the tenant's channels that has one. */
  async function botOf(tenantId: string): Promise<SlackSettings | undefined> {
    const all = await store.definitions.list({ tenantId, kind: 'channel' });
    const first = all.find(({ fields }) => fields.type === 'slack' && fields.token !== undefined);
    return first && (openedChannel(vault, first) as SlackSettings);
  }

  return {
    of: async (tenantId, ids) => peopleOf(tenantId, await store.subscribers.of({ tenantId, ids })),
    async inTopic(tenantId, topic, { limit, cursor }) {
      if ((await store.definitions.get({ tenantId, kind: 'topic', name: topic })) === undefined) return undefined;
      const page = await store.subscribers.list({ tenantId, topic, limit, ...(cursor !== undefined && { cursor }) });
      return { ...page, items: await peopleOf(tenantId, page.items) };
    },
    async channel(tenantId, name) {
      const found = await store.definitions.get({ tenantId, kind: 'channel', name });
      return found && openedChannel(vault, found);
    },
  };
}

function postsOf(
  { slack, teams, webhook }: SubscriberChannels = {},
  bot: SlackSettings | undefined,
): KnownPerson['posts'] {
  const byBot = slack !== undefined && 'channel' in slack && bot !== undefined;
  return {
    ...(slack !== undefined && 'webhookUrl' in slack && { slack: { type: 'slack', webhookUrl: slack.webhookUrl } }),
    ...(byBot && { slack: { ...bot, channel: slack.channel } }),
    ...(teams !== undefined && { teams: { type: 'teams', webhookUrl: teams.webhookUrl } }),
    ...(webhook !== undefined && { webhook: { type: 'webhook', url: webhook.url } }),
  };
}

function personOf(
  { id, email, name, locale, timezone, data }: Subscriber,
  { preferences, posts }: { preferences: Preferences | undefined; posts: KnownPerson['posts'] },
): KnownPerson {
  return {
    ...{ id, posts },
    ...(preferences !== undefined && { preferences }),
    ...(email !== undefined && { email }),
    ...(name !== undefined && { name }),
    ...(locale !== undefined && { locale }),
    ...(timezone !== undefined && { timezone }),
    ...(data !== undefined && { data }),
  };
}
