/**
 * Decisions made for a page of recipients, and what the store is to write of them: deliveries, with the mail that goes at once. It is
 * written in one transaction, which refuses where a window is not as it was; then all of this is done again.
 */

import type { Clock } from '../core/clock.ts';
import { IepError } from '../core/errors.ts';
import { foldAddress } from '../core/fold.ts';
import type { Attachment, Mailbox } from '../core/message.ts';
import type { ChannelType, NotificationTypeSpec } from '../core/notification.ts';
import { mustDecideAgain } from '../core/notification-delivery.ts';
import type { NewDelivery, Verdict } from '../db/verbs/notifications.ts';
import type { NewMessage } from '../db/verbs/outbox.ts';
import type { StorePart } from '../db/verbs/store.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import type { Accept } from '../message/intake/accept.ts';
import type { PostSettings } from './channels/types.ts';
import { type Composing, mailOf } from './compose.ts';
import type { GatheredItems, NotificationContent } from './content.ts';
import { type Deciding, type Decision, decide, windowsOf } from './decide.ts';
import { groupValue } from './group.ts';
import type { Party } from './party.ts';

export interface PlannerDeps {
  readonly store: StorePart<'notifications.facts' | 'unsubscribes.of'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly draw: Accept['draw'];
  /** Readers can come to our pages, so that mail may have links to unsubscribe. */
  readonly isPublic: () => boolean;
  /** Where somebody says that they have seen it; undefined where no such page is. */
  readonly acknowledgeUrl: (about: {
    readonly tenantId: string;
    readonly notificationId: string;
  }) => Promise<string | undefined>;
}

export type NamedType = NotificationTypeSpec & { readonly name: string };

/** What is decided about. */
export interface Subject {
  readonly tenant: Tenant;
  readonly type: NamedType | undefined;
  readonly notificationId: string;
  /** Epoch ms. */
  readonly at: number;
  readonly content: NotificationContent;
  readonly attachments?: readonly Attachment[] | undefined;
  readonly gathered?: GatheredItems | undefined;
  readonly isEscalating?: boolean | undefined;
}

export interface Way {
  readonly party: Party;
  readonly channel: ChannelType;
}

export interface Decided {
  readonly way: Way;
  readonly decision: Decision;
}

export interface PlannedPage {
  readonly deliveries: readonly NewDelivery[];
  readonly messages: readonly NewMessage[];
}

export interface Planner {
  /** What becomes of it for each way. */
  decide(subject: Subject, ways: readonly Way[], options?: { readonly wasHeld: boolean }): Promise<readonly Decided[]>;
  /** The same as the store is to write it. `step`: of the escalation, of which a reminder waits for no others. */
  plan(
    subject: Subject,
    ways: readonly Way[],
    options: { readonly step: number; readonly isReminder?: boolean },
  ): Promise<PlannedPage>;
  /** The mail of one way; a text: why there can be none. */
  draw(subject: Subject, way: Way): Promise<NewMessage | string>;
  composing(subject: Subject, way: Way): Promise<Composing>;
}

/** So many slots have posts that wait for their turn; those of one address share one. */
const SLOTS = 64;

export function waysOf(
  type: NamedType | undefined,
  parties: readonly Party[],
  {
    only,
    mailed = [],
  }: {
    readonly only?: readonly ChannelType[] | undefined;
    /** Folded addresses that have their mail. */
    readonly mailed?: readonly string[] | undefined;
  } = {},
): readonly Way[] {
  const ways = parties.flatMap((party) =>
    (party.channels ?? only ?? type?.channels ?? []).map((channel): Way => ({ party, channel })),
  );
  const hasMail = ({ email }: Mailbox) => mailed.includes(foldAddress(email));
  return mailedOnce(ways).filter(({ party: { to }, channel }) => channel !== 'email' || !to.some(hasMail));
}

/** An address that is named besides its subscriber, or twice, has one mail: to the subscriber, whose preferences hold, or as it is first. */
function mailedOnce(ways: readonly Way[]): readonly Way[] {
  const ofPeople = ways.filter(({ party, channel }) => channel === 'email' && party.person !== undefined);
  const seen = new Set(ofPeople.flatMap(({ party }) => party.to.map(({ email }) => foldAddress(email))));
  return ways.filter(({ party: { recipient, to } }) => {
    if (!recipient.startsWith('email:')) return true;
    const [address = ''] = to.map(({ email }) => foldAddress(email));
    const isNew = !seen.has(address);
    seen.add(address);
    return isNew;
  });
}

export function createPlanner({ store, clock, ...deps }: PlannerDeps): Planner {
  async function decideAll(
    subject: Subject,
    ways: readonly Way[],
    { wasHeld = false } = {},
  ): Promise<readonly Decided[]> {
    const { tenant, type } = subject;
    if (ways.length === 0) return [];
    const now = clock.now();
    const asked = ways.map((way) => {
      const group = type && groupValue(type.group?.by, { ...subject.content, type: type.name });
      return { way, base: { now, type, recipient: way.party.recipient, channel: way.channel, group } };
    });
    const mailed = ways.filter(({ channel }) => channel === 'email').flatMap(({ party }) => party.to);
    const addresses = [...new Set(mailed.map(({ email }) => email))];
    const windows = wasHeld ? [] : asked.flatMap(({ base }) => windowsOf(base));
    const [facts, turnedOff] = await Promise.all([
      store.notifications.facts({ tenantId: tenant.id, now, windows, addresses }),
      addresses.length === 0 ? [] : store.unsubscribes.of({ tenantId: tenant.id, emails: addresses }),
    ]);
    const open = new Map(facts.windows.map((one) => [`${one.kind} ${one.key}`, one]));
    const suppressed = new Set(facts.suppressed);
    const isMeant = (category: string) => category === '' || category === type?.category;
    const unsubscribed = new Set(turnedOff.filter(({ category }) => isMeant(category)).map(({ email }) => email));
    return asked.map(({ way, base }): Decided => {
      const { party, channel } = way;
      const to = channel === 'email' ? party.to : [];
      const input: Deciding = {
        ...base,
        hasAddress: channel === 'email' ? to.length > 0 : party.posts[channel] !== undefined,
        isSuppressed: to.length > 0 && to.every(({ email }) => suppressed.has(email)),
        isUnsubscribed: to.length > 0 && to.every(({ email }) => unsubscribed.has(email.toLowerCase())),
        preferences: party.preferences,
        zone: party.zone ?? 'UTC',
        windowOf: (kind, key) => open.get(`${kind} ${key}`),
        wasHeld,
      };
      return { way, decision: decide(input) };
    });
  }

  async function composing(subject: Subject, { party }: Way): Promise<Composing> {
    const { tenant, type, notificationId, at, content, gathered, attachments } = subject;
    if (type === undefined) throw new Error('what has no type is never composed');
    const url = subject.isEscalating ? await deps.acknowledgeUrl({ tenantId: tenant.id, notificationId }) : undefined;
    return {
      tenant,
      type,
      party,
      notificationId,
      at,
      content,
      gathered,
      attachments,
      acknowledgeUrl: url,
      isPublic: deps.isPublic(),
    };
  }

  async function draw(subject: Subject, way: Way): Promise<NewMessage | string> {
    const mail = mailOf(await composing(subject, way));
    return 'unfit' in mail ? mail.unfit : deps.draw(subject.tenant, mail).catch(reasonOf);
  }

  return {
    ...{ decide: decideAll, draw, composing },
    async plan(subject, ways, { step, isReminder = false }) {
      const messages: NewMessage[] = [];
      const deliveries: NewDelivery[] = [];
      for (const { way, decision } of await decideAll(subject, ways, { wasHeld: isReminder })) {
        const { party, channel } = way;
        let { verdict } = decision;
        let messageId: string | undefined;
        if (verdict.kind === 'now' && channel === 'email') {
          const drawn = await draw(subject, way);
          if (typeof drawn === 'string') verdict = { kind: 'failed', reason: drawn } satisfies Verdict;
          else {
            messages.push(drawn);
            messageId = drawn.message.id;
          }
        }
        deliveries.push({
          ...{ recipient: party.recipient, channel, step, verdict, slot: slotOf(way) },
          takes: verdict.kind === 'failed' ? [] : decision.takes,
          ...(decision.passed.length > 0 && { passed: decision.passed }),
          ...(messageId !== undefined && { messageId }),
        });
      }
      return { deliveries, messages };
    },
  };
}

/** Of what the caller or the tenant is at fault for. What is the moment's is tried again with all of it. */
function reasonOf(error: unknown): string {
  if (!(error instanceof IepError)) throw error;
  const { status } = error.refusal;
  if (status >= 500 || status === 429 || error.code === 'tenant_inactive') throw error;
  const all = error.errors ?? [];
  return all.length > 1 ? all.map(({ path, message }) => `${path} ${message}`).join('; ') : error.message;
}

/** The slot of a post is that of its address. */
export function slotOf({ party, channel }: Way): number {
  if (channel === 'email') return 0;
  const settings = party.posts[channel];
  return settings === undefined ? 1 : 1 + (hashOf(addressOf(settings)) % SLOTS);
}

function addressOf(settings: PostSettings): string {
  if (settings.type === 'webhook') return settings.url;
  return settings.webhookUrl ?? `${settings.type === 'slack' ? settings.token : ''}`;
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

const MAX_TURNS = 30;

/** Does it again where something else was decided at the same time. */
export async function decided<T>(work: () => Promise<T>): Promise<T> {
  for (let turn = 1; ; turn++) {
    try {
      return await work();
    } catch (error) {
      if (!mustDecideAgain(error) || turn === MAX_TURNS) throw error;
    }
  }
}
