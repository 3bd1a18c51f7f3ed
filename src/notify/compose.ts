/** What goes to one party by one channel: a mail, or a post. */

import type { Attachment, Json, Lane, Submission } from '../core/message.ts';
import type { ChannelType, NotificationTypeSpec } from '../core/notification.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import { cardOf } from './channels/card.ts';
import type { Notice, PostedType, Unfit } from './channels/channel.ts';
import { emailSubmission } from './channels/email/render.ts';
import type { ChannelDelivery } from './channels/post.ts';
import { type GatheredItems, type NotificationContent, shownOf } from './content.ts';
import type { Party } from './party.ts';

export interface Composing {
  readonly tenant: Tenant;
  readonly type: NotificationTypeSpec & { readonly name: string };
  readonly party: Party;
  readonly notificationId: string;
  /** Epoch ms. */
  readonly at: number;
  readonly content: NotificationContent;
  /** It stands for all that gathered. */
  readonly gathered?: GatheredItems | undefined;
  readonly attachments?: readonly Attachment[] | undefined;
  readonly acknowledgeUrl?: string | undefined;
  /** Its readers can come to our pages. */
  readonly isPublic: boolean;
}

export function mailOf(input: Composing): Submission | Unfit {
  const { tenant, type, party, content, attachments, acknowledgeUrl, notificationId } = input;
  const { notice, subject, text, variables } = shown(input);
  const alone = (input.gathered?.count ?? 1) === 1 ? content : undefined;
  const { provider } = content;
  const made = emailSubmission(tenant, {
    ...{ notice, variables, mail: alone?.mail, to: party.to, door: content.door },
    card: cardOf({ ...notice, subject, text, acknowledgeUrl }),
    ...{ template: templateOf(input, 'email'), locale: party.locale },
  });
  if ('unfit' in made) return made;
  const lane: Lane | undefined = content.lane ?? (type.critical ? 'high' : undefined);
  return {
    ...made,
    category: type.category,
    metadata: { notificationId, notificationType: type.name },
    ...(party.person && { subscriber: party.person.id }),
    ...(acknowledgeUrl !== undefined && { acknowledgeUrl }),
    // What the tenant's own channels say, no reader turns off for the others.
    ...(input.isPublic &&
      type.unsubscribable &&
      !party.recipient.startsWith('channel:') && { unsubscribe: { category: type.category } }),
    ...(provider !== undefined && tenant.settings.providers?.includes(provider) && { provider }),
    ...(lane !== undefined && { lane }),
    ...(attachments !== undefined && attachments.length > 0 && { attachments }),
  };
}

/** `id`: the same on every try. */
export function postOf(
  input: Composing,
  { channel, id }: { channel: PostedType; id: string },
): ChannelDelivery | Unfit {
  const settings = input.party.posts[channel];
  if (settings === undefined) return { unfit: 'there is no such channel any more' };
  const { notice, subject, text, variables } = shown(input);
  return {
    ...{ tenant: input.tenant, settings, id, notice, subject, text, variables },
    ...{ template: templateOf(input, channel), locale: input.party.locale, acknowledgeUrl: input.acknowledgeUrl },
  };
}

function shown({ type, party, notificationId, at, content, gathered }: Composing) {
  const { data, actor } = content;
  const { person } = party;
  const notice: Notice = {
    ...{ notificationId, type: type.name, at, data },
    ...(actor !== undefined && { actor }),
    ...(person && { subscriber: { id: person.id, ...(person.name !== undefined && { name: person.name }) } }),
  };
  const { variables, ...rest } = shownOf(notice, gathered);
  return { ...rest, variables: { ...variables, ...subscriberVariable(party) } };
}

function subscriberVariable({ person }: Party): { [name: string]: Json } {
  if (person === undefined) return {};
  const { id, email, name, locale, timezone, data } = person;
  const known = Object.entries({ email, name, locale, timezone, data }).filter(([, value]) => value !== undefined);
  return { subscriber: { id, ...(Object.fromEntries(known) as { [name: string]: Json }) } };
}

/** Several have the template of a digest, or none; one alone has its own. */
function templateOf({ type, gathered }: Composing, channel: ChannelType): string | undefined {
  const digest = type.digest?.template;
  if (gathered !== undefined && (gathered.count > 1 || digest !== undefined)) return digest;
  return type.templates[channel];
}
