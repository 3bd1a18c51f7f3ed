/** Whom a notification may reach, and by which ways. */

import { foldAddress } from '../core/fold.ts';
import type { Mailbox } from '../core/message.ts';
import type { ChannelType, NotificationTarget } from '../core/notification.ts';
import { type RecipientRef, type RecipientText, readRecipient, recipientText } from '../core/notification-delivery.ts';
import type { Preferences } from '../core/preferences.ts';
import { MAX_NAME_LENGTH, shown } from '../core/shown.ts';
import type { Subscriber } from '../db/verbs/subscribers.ts';
import type { PostedType } from './channels/channel.ts';
import type { ChannelSettings, PostSettings } from './channels/types.ts';

/** A subscriber with all that is known of them. */
export interface KnownPerson extends Pick<Subscriber, 'id' | 'email' | 'name' | 'locale' | 'timezone' | 'data'> {
  readonly posts: { readonly [type in PostedType]?: PostSettings };
  readonly preferences?: Preferences;
}

/** Who is known by a name. */
export interface People {
  /** Those that are there; in no order. */
  of(tenantId: string, ids: readonly string[]): Promise<readonly KnownPerson[]>;
  /** A page of a topic, by id; undefined: there is no such topic. */
  inTopic(
    tenantId: string,
    topic: string,
    page: { readonly limit: number; readonly cursor?: string },
  ): Promise<{ readonly items: readonly KnownPerson[]; readonly cursor?: string } | undefined>;
  channel(tenantId: string, name: string): Promise<ChannelSettings | undefined>;
}

/** One who is told, by each channel that is wanted. */
export interface Party {
  readonly recipient: RecipientText;
  /** Absent: those that the type names. */
  readonly channels?: readonly ChannelType[];
  readonly to: readonly Mailbox[];
  readonly posts: KnownPerson['posts'];
  /** Absent: that of the platform, UTC. */
  readonly zone?: string;
  readonly locale?: string;
  readonly preferences?: Preferences;
  readonly person?: KnownPerson;
}

/** What of the targets of a notification is still to be looked at. */
export interface Rest {
  readonly topics: readonly string[];
  /** Within the first of them. */
  readonly cursor?: string;
  /** Addresses that are named besides, folded: their mail went with the first. */
  readonly mailed?: readonly string[];
}

export interface Resolved {
  readonly parties: readonly Party[];
  /** Undefined: that was all. */
  readonly rest: Rest | undefined;
}

/** Recipients that one transaction decides about. */
export const PAGE = 100;

/** Those that are named, and the topics, of which nobody is looked up yet. */
export async function namedParties(
  people: People,
  tenantId: string,
  targets: readonly NotificationTarget[],
): Promise<Resolved> {
  const topics = targets.flatMap((one) => ('topic' in one ? [one.topic] : []));
  const named = targets.filter((one): one is Exclude<NotificationTarget, { topic: string }> => !('topic' in one));
  const parties = await partiesOf(people, tenantId, named.map(refOf));
  if (topics.length === 0) return { parties, rest: undefined };
  const mailed = named.flatMap((one) => ('email' in one ? [foldAddress(one.email)] : []));
  return { parties, rest: { topics: [...new Set(topics)], ...(mailed.length > 0 && { mailed }) } };
}

/** A page of what is left. A topic that is not there any more has nobody in it. */
export async function nextParties(people: People, tenantId: string, rest: Rest, limit = PAGE): Promise<Resolved> {
  const { cursor: _, ...whole } = rest;
  const [topic, ...others] = rest.topics;
  if (topic === undefined) return { parties: [], rest: undefined };
  const page = await people.inTopic(tenantId, topic, {
    limit,
    ...(rest.cursor !== undefined && { cursor: rest.cursor }),
  });
  const parties = (page?.items ?? []).map(partyOf);
  if (page?.cursor !== undefined) return { parties, rest: { ...whole, cursor: page.cursor } };
  return { parties, rest: others.length === 0 ? undefined : { ...whole, topics: others } };
}

/** Each once, in their order; who is not there has no address. */
export async function partiesOf(
  people: People,
  tenantId: string,
  refs: readonly RecipientRef[],
): Promise<readonly Party[]> {
  const distinct = new Map(refs.map((ref) => [recipientText(ref), ref]));
  const ids = [...distinct.values()].flatMap(({ kind, name }) => (kind === 'subscriber' ? [name] : []));
  const found = ids.length === 0 ? [] : await people.of(tenantId, ids);
  const byId = new Map(found.map((person) => [person.id, person]));
  const parties: Party[] = [];
  for (const [recipient, { kind, name }] of distinct) {
    const person = kind === 'subscriber' ? byId.get(name) : undefined;
    if (person !== undefined) parties.push(partyOf(person));
    else if (kind === 'channel') parties.push(channelParty(recipient, await people.channel(tenantId, name)));
    else if (kind === 'email') parties.push({ recipient, channels: ['email'], to: [{ email: name }], posts: {} });
    else parties.push({ recipient, to: [], posts: {} });
  }
  return parties;
}

export async function partyNamed(people: People, tenantId: string, recipient: RecipientText): Promise<Party> {
  const [party] = await partiesOf(people, tenantId, [readRecipient(recipient)]);
  if (party === undefined) throw new Error(`nobody was made of ${recipient}`);
  return party;
}

/** That a channel or a topic is not there, in words. A subscriber may come later, and has no address until then. */
export async function absentTarget(
  people: People,
  tenantId: string,
  target: NotificationTarget,
): Promise<string | undefined> {
  if ('channel' in target && (await people.channel(tenantId, target.channel)) === undefined) {
    return `no channel is called ${shown(target.channel, MAX_NAME_LENGTH)}`;
  }
  if ('topic' in target && (await people.inTopic(tenantId, target.topic, { limit: 1 })) === undefined) {
    return `no topic is called ${shown(target.topic, MAX_NAME_LENGTH)}`;
  }
  return undefined;
}

function refOf(target: Exclude<NotificationTarget, { topic: string }>): RecipientRef {
  if ('subscriber' in target) return { kind: 'subscriber', name: target.subscriber };
  return 'email' in target ? { kind: 'email', name: target.email } : { kind: 'channel', name: target.channel };
}

function partyOf(person: KnownPerson): Party {
  const { id, email, name, locale, timezone, posts, preferences } = person;
  return {
    recipient: recipientText({ kind: 'subscriber', name: id }),
    to: email === undefined ? [] : [{ email, ...(name !== undefined && { name }) }],
    ...{ posts, person },
    ...(timezone !== undefined && { zone: timezone }),
    ...(locale !== undefined && { locale }),
    ...(preferences !== undefined && { preferences }),
  };
}

function channelParty(recipient: RecipientText, settings: ChannelSettings | undefined): Party {
  if (settings === undefined) return { recipient, channels: ['webhook'], to: [], posts: {} };
  const { type } = settings;
  if (type === 'email')
    return { recipient, channels: ['email'], to: settings.to.map((email) => ({ email })), posts: {} };
  return { recipient, channels: [type], to: [], posts: { [type]: settings } };
}
