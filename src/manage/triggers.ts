/**
 * Triggers: events of a tenant that send mail. An event is kept with what came of it in the transaction that stores its
 * messages, so that the same one again triggers nothing, and one that could not be stored has triggered nothing.
 */

import { createHash } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import { unmet, unmetWords } from '../core/condition.ts';
import { IepError } from '../core/errors.ts';
import { fillValue } from '../core/fill-text.ts';
import type { NewId } from '../core/ids.ts';
import { isRecord } from '../core/is-record.ts';
import { readMailbox } from '../core/mailbox-list.ts';
import type { Json, Mailbox, Submission } from '../core/message.ts';
import { mustDecideAgain } from '../core/notification-delivery.ts';
import { MAX_NAME_LENGTH, shown } from '../core/shown.ts';
import type { NewMessage } from '../db/verbs/outbox.ts';
import type { StorePart } from '../db/verbs/store.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import type { StoredTrigger, Trigger } from '../db/verbs/triggers.ts';
import type { Accept } from '../message/intake/accept.ts';
import type { PlannedNotification } from '../notify/notifier.ts';
import { decided } from '../notify/planner.ts';
import type { Audit } from './audit/audit.ts';
import type { Caller } from './audit/caller.ts';
import { fillTexts } from './fill-texts.ts';
import type { RuleBook, Rules } from './rule-book.ts';

/** What happened somewhere else, as its caller says it. */
export interface IncomingEvent {
  readonly type: string;
  /** Absent: one is given. */
  readonly id?: string | undefined;
  /** RFC 3339. */
  readonly time?: string | undefined;
  readonly source?: string | undefined;
  /** Whose ids these are, where not the tenant's: of a CloudEvent its source. */
  readonly idsOf?: string | undefined;
  readonly subject?: string | undefined;
  readonly data?: Json | undefined;
}

/** What came of an event. */
export interface EventOutcome {
  readonly eventId: string;
  /** It came before: this is what came of it then. */
  readonly duplicate: boolean;
  readonly triggered: readonly { readonly trigger: string; readonly messageId: string }[];
  /** Notifications that rules made of it. */
  readonly notified: readonly { readonly rule: string; readonly notificationId: string }[];
  /** Notifications whose escalation it ended. */
  readonly acknowledged: readonly string[];
  /** Triggers and rules that fit and sent nothing. */
  readonly skipped: readonly { readonly trigger?: string; readonly rule?: string; readonly reason: string }[];
}

/** What an event would do to a trigger. */
export interface TriggerTest {
  readonly trigger: string;
  readonly fits: boolean;
  /** Why it would send nothing; none where it would. */
  readonly reasons: readonly string[];
  readonly messages: readonly { readonly to: readonly string[]; readonly template: string; readonly variables: Json }[];
}

export interface TriggerDesk {
  add(caller: Caller, input: { tenant: Tenant; trigger: Trigger }): Promise<StoredTrigger>;
  /** Changes what is given; null takes a field away. */
  set(caller: Caller, input: { tenant: Tenant; name: string; trigger: Trigger }): Promise<StoredTrigger>;
  remove(caller: Caller, input: { tenant: Tenant; name: string }): Promise<void>;
  list(tenant: Tenant): Promise<readonly StoredTrigger[]>;
  /** Refuses with `not_found`. */
  get(tenant: Tenant, name: string): Promise<StoredTrigger>;
  /** What the event would do, and why not; nothing is kept or sent. */
  test(input: { tenant: Tenant; trigger: Trigger; event: IncomingEvent }): Promise<TriggerTest>;
  /** An answer each, in order. */
  take(
    tenant: Tenant,
    events: readonly (IncomingEvent | IepError)[],
    door: Submission['door'],
  ): Promise<readonly (EventOutcome | IepError)[]>;
}

export interface TriggerDeskDeps {
  readonly store: StorePart<
    | 'triggers.add'
    | 'triggers.set'
    | 'triggers.remove'
    | 'triggers.list'
    | 'triggers.event'
    | 'subscribers.of'
    | 'together'
  >;
  readonly audit: Pick<Audit, 'act'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly newId: NewId;
  readonly draw: Accept['draw'];
  readonly write: Accept['write'];
  readonly taken: Accept['taken'];
  readonly rules: RuleBook;
  /** They are stored. */
  readonly notified: (tenant: Tenant, planned: readonly PlannedNotification[]) => void;
  readonly metrics: { callerEvent(outcome: 'triggered' | 'ignored' | 'duplicate' | 'refused'): void };
}

/** Of one tenant. */
export const MAX_TRIGGERS = 200;
/** Events that are worked on at once, so that their commits are shared. */
const AT_ONCE = 50;
/** Reasons that are kept of what one event did not send. */
const MAX_SKIPPED = 100;
/** Messages of one event. */
const MAX_MESSAGES = 200;

export function createTriggerDesk(deps: TriggerDeskDeps): TriggerDesk {
  const { store, audit, clock, newId, draw, metrics } = deps;

  const list = (tenant: Tenant) => store.triggers.list({ tenantId: tenant.id });

  function actOn<T>(
    caller: Caller,
    { action, tenant, name }: { action: string; tenant: Tenant; name: string },
    work: () => Promise<T>,
  ): Promise<T> {
    return audit.act(caller, { action, tenant: tenant.slug, target: name }, work);
  }

  async function get(tenant: Tenant, name: string): Promise<StoredTrigger> {
    const found = (await list(tenant)).find((one) => one.name === name);
    if (found === undefined) throw new IepError('not_found', 'No trigger has this name.');
    return found;
  }

  /** To whom a trigger writes: one message to all of `to`, or one to each subscriber. */
  async function addressees(
    tenant: Tenant,
    trigger: Trigger,
    facts: object,
  ): Promise<readonly (Addressee | Skipped)[]> {
    if (trigger.to !== undefined) return [mailboxesOf(fillTexts(trigger.to, facts))];
    const ids = fillTexts(trigger.subscribers ?? [], facts);
    if ('reason' in ids) return [ids];
    const found = await store.subscribers.of({ tenantId: tenant.id, ids: ids.texts });
    return ids.texts.map((id): Addressee | Skipped => {
      const one = found.find((subscriber) => subscriber.id === id);
      if (one?.email === undefined) {
        return {
          reason:
            one === undefined ? `no subscriber ${brief(id)} is there` : `the subscriber ${brief(id)} has no address`,
        };
      }
      const { email, name, locale } = one;
      return {
        to: [{ email, ...(name !== undefined && { name }) }],
        ...(locale !== undefined && { locale }),
      };
    });
  }

  async function submissionsOf(
    tenant: Tenant,
    { trigger, event, door }: { trigger: Trigger; event: Known; door: Submission['door'] },
  ): Promise<readonly (Submission | Skipped)[]> {
    const { defaultFrom } = tenant.settings;
    if (defaultFrom === undefined) return [{ reason: 'the tenant has no default sender' }];
    const { email, name } = defaultFrom;
    const facts = factsOf(event);
    const variables = variablesOf(trigger, facts);
    const found = await addressees(tenant, trigger, facts);
    return found.map((one): Submission | Skipped => {
      if ('reason' in one) return one;
      const { to, locale } = one;
      return {
        ...{ door, from: { email, ...(name !== undefined && { name }) }, to, subject: '' },
        content: {
          kind: 'parts',
          template: { name: trigger.template, ...(locale !== undefined && { locale }) },
          variables,
        },
        ...(trigger.priority !== undefined && { lane: trigger.priority }),
      };
    });
  }

  /** What the store takes of the messages, and why the others are not sent. */
  async function drawn(tenant: Tenant, trigger: Trigger, wanted: readonly (Submission | Skipped)[]) {
    const messages: NewMessage[] = [];
    const skipped: { trigger: string; reason: string }[] = [];
    for (const one of wanted) {
      const made = 'reason' in one ? one : await draw(tenant, one).catch(skippedFor);
      if ('reason' in made) skipped.push({ trigger: trigger.name, reason: made.reason });
      else messages.push(made);
    }
    return { messages, skipped };
  }

  async function takeOne(tenant: Tenant, { event, triggers, rules, door }: Taking): Promise<EventOutcome> {
    const before = await earlier(tenant, event);
    if (before !== undefined) return before;
    const triggered: EventOutcome['triggered'][number][] = [];
    const skipped: EventOutcome['skipped'][number][] = [];
    const messages: NewMessage[] = [];
    for (const trigger of triggers.filter((one) => misfit(one, event) === undefined)) {
      const wanted = await submissionsOf(tenant, { trigger, event, door }).catch((error) => [skippedFor(error)]);
      const made = await drawn(tenant, trigger, wanted);
      messages.push(...made.messages);
      skipped.push(...made.skipped);
      triggered.push(...made.messages.map(({ message }) => ({ trigger: trigger.name, messageId: message.id })));
      if (messages.length > MAX_MESSAGES) {
        throw new IepError('conflict', `One event sends at most ${MAX_MESSAGES} messages`);
      }
    }
    const facts = factsOf(event);
    const ruled = await deps.rules.apply(tenant, rules, {
      type: event.type,
      facts,
      data: event.data,
      now: clock.now(),
      door,
    });
    const notified = ruled.planned.map(({ rule, id: notificationId }) => ({ rule, notificationId }));
    const { acknowledged } = ruled;
    const outcome = { triggered, notified, acknowledged, skipped: someOf([...skipped, ...ruled.skipped]) };
    const kept = {
      tenantId: tenant.id,
      id: keyOf(event),
      type: event.type,
      at: clock.now(),
      outcome: outcome as unknown as Json,
    };
    try {
      const mail = messages.length === 0 ? [] : [deps.write(tenant, messages)];
      await store.together([{ verb: 'triggers.keepEvent', input: kept }, ...mail, ...ruled.writes]);
    } catch (error) {
      // Another call may have brought it at the same time.
      if (mustDecideAgain(error)) throw error;
      const isThere = error instanceof IepError && error.code === 'conflict';
      const now = isThere ? await earlier(tenant, event) : undefined;
      if (now === undefined) throw error;
      return now;
    }
    deps.taken(tenant, messages);
    deps.notified(tenant, ruled.planned);
    metrics.callerEvent(messages.length + notified.length > 0 ? 'triggered' : 'ignored');
    return { eventId: event.id, duplicate: false, ...outcome };
  }

  async function earlier(tenant: Tenant, event: Known): Promise<EventOutcome | undefined> {
    const before = await store.triggers.event({ tenantId: tenant.id, id: keyOf(event) });
    if (before === undefined) return undefined;
    metrics.callerEvent('duplicate');
    const {
      triggered,
      notified = [],
      acknowledged = [],
      skipped,
    } = before.outcome as unknown as Omit<EventOutcome, 'eventId' | 'duplicate'>;
    return { eventId: event.id, duplicate: true, triggered, notified, acknowledged, skipped };
  }

  return {
    list,
    get,
    add: (caller, { tenant, trigger }) =>
      actOn(caller, { action: 'trigger.add', tenant, name: trigger.name }, () =>
        store.triggers.add({ tenantId: tenant.id, trigger, max: MAX_TRIGGERS, now: clock.now() }),
      ),
    set: (caller, { tenant, name, trigger }) =>
      actOn(caller, { action: 'trigger.set', tenant, name }, () =>
        store.triggers.set({ tenantId: tenant.id, trigger, now: clock.now() }),
      ),
    remove: (caller, { tenant, name }) =>
      actOn(caller, { action: 'trigger.remove', tenant, name }, async () => {
        const wasThere = await store.triggers.remove({ tenantId: tenant.id, name });
        if (!wasThere) throw new IepError('not_found', 'No trigger has this name.');
      }),
    async test({ tenant, trigger, event }) {
      const known = { ...event, id: event.id ?? newId() };
      const why = misfit(trigger, known);
      if (why !== undefined) return { trigger: trigger.name, fits: false, reasons: [why], messages: [] };
      const wanted = await submissionsOf(tenant, { trigger, event: known, door: 'http' }).catch((error) => [
        skippedFor(error),
      ]);
      const { messages, skipped } = await drawn(tenant, trigger, wanted);
      return {
        ...{ trigger: trigger.name, fits: true, reasons: someOf(skipped).map(({ reason }) => reason) },
        messages: messages.map(({ message, recipients }) => ({
          to: recipients.map(({ address }) => address),
          template: trigger.template,
          variables: message.content.kind === 'parts' ? ((message.content.variables ?? {}) as Json) : {},
        })),
      };
    },
    async take(tenant, events, door) {
      if (!tenant.active) throw new IepError('tenant_inactive');
      const [triggers, rules] = await Promise.all([list(tenant), deps.rules.read(tenant)]);
      const answers: (EventOutcome | IepError)[] = [];
      for (let start = 0; start < events.length; start += AT_ONCE) {
        const some = events.slice(start, start + AT_ONCE).map(async (event) => {
          if (event instanceof IepError) return event;
          const known = { ...event, id: event.id ?? newId() };
          return decided(() => takeOne(tenant, { event: known, triggers, rules, door })).catch(refusal);
        });
        answers.push(...(await Promise.all(some)));
      }
      for (const answer of answers) if (answer instanceof IepError) metrics.callerEvent('refused');
      return answers;
    },
  };
}

type Known = IncomingEvent & { readonly id: string };

interface Taking {
  readonly event: Known;
  readonly triggers: readonly Trigger[];
  readonly rules: Rules;
  readonly door: Submission['door'];
}

interface Skipped {
  readonly reason: string;
}

interface Addressee {
  readonly to: readonly Mailbox[];
  readonly locale?: string;
}

function factsOf({ type, id, time, source, subject, data }: Known): object {
  const all = { type, id, time, source, subject, data };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** Why a trigger has nothing to do with an event; undefined where it has. */
function misfit({ active, on, when }: Trigger, event: Known): string | undefined {
  if (!active) return 'the trigger is off';
  const isMeant = on.endsWith('*') ? event.type.startsWith(on.slice(0, -1)) : event.type === on;
  if (!isMeant) return `the type ${brief(event.type)} is not ${on}`;
  const facts = factsOf(event);
  const why = when && unmet(when, facts, 'when');
  return why && unmetWords(why, facts);
}

/** A list of an event may name more than anybody reads. */
function someOf(skipped: EventOutcome['skipped']): EventOutcome['skipped'] {
  const more = skipped.length - MAX_SKIPPED;
  return more <= 0 ? skipped : [...skipped.slice(0, MAX_SKIPPED), { reason: `${more} more, which are not named` }];
}

/** Without any of its own, a trigger gives the template what the event says. */
function variablesOf({ variables }: Trigger, facts: object): { [name: string]: Json } {
  const given = variables === undefined ? (facts as { data?: Json }).data : fillValue({ ...variables }, facts);
  return isRecord(given) ? (given as { [name: string]: Json }) : {};
}

function mailboxesOf(found: { readonly texts: readonly string[] } | Skipped): Addressee | Skipped {
  if ('reason' in found) return found;
  const to: Mailbox[] = [];
  for (const text of found.texts) {
    const mailbox = readMailbox(text);
    if (mailbox === undefined) return { reason: `${brief(text)} is not an address` };
    to.push(mailbox);
  }
  return { to };
}

/** Of what the caller or the tenant is at fault for; what is the moment's is tried again with the whole event. */
function skippedFor(error: unknown): Skipped {
  const { message, errors = [], refusal: said } = refusal(error);
  if (said.status >= 500 || said.status === 429) throw error;
  return { reason: errors.length > 1 ? errors.map((one) => `${one.path} ${one.message}`).join('; ') : message };
}

function refusal(error: unknown): IepError {
  if (error instanceof IepError) return error;
  throw error;
}

function brief(text: string): string {
  return shown(text, MAX_NAME_LENGTH);
}

/** What the same event has again, and no other. */
function keyOf({ id, idsOf }: Known): string {
  return idsOf === undefined
    ? id
    : createHash('sha256')
        .update(JSON.stringify([idsOf, id]))
        .digest('base64url');
}
