/** What notifications are made with: who is known by a name, the types there are, decisions, and the page where they are acknowledged. */

import type { Clock } from '../core/clock.ts';
import type { NewId } from '../core/ids.ts';
import type { Attachment } from '../core/message.ts';
import type { EscalationPolicySpec, NotificationTypeSpec } from '../core/notification.ts';
import type { Vault } from '../core/vault.ts';
import type { StorePart } from '../db/verbs/store.ts';
import type { Subscriber } from '../db/verbs/subscribers.ts';
import type { Accept } from '../message/intake/accept.ts';
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
    'notifications.facts' | 'unsubscribes.of' | 'subscribers.of' | 'subscribers.list' | 'definitions.get'
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
  return {
    of: async (tenantId, ids) => (await store.subscribers.of({ tenantId, ids })).map(personOf),
    async inTopic() {
      return undefined;
    },
    async channel(tenantId, name) {
      const found = await store.definitions.get({ tenantId, kind: 'channel', name });
      return found && openedChannel(vault, found);
    },
  };
}

function personOf({ id, email, name, locale, timezone, data }: Subscriber): KnownPerson {
  return {
    ...{ id, posts: {} },
    ...(email !== undefined && { email }),
    ...(name !== undefined && { name }),
    ...(locale !== undefined && { locale }),
    ...(timezone !== undefined && { timezone }),
    ...(data !== undefined && { data }),
  };
}
