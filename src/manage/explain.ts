/**
 * Says in one sentence what became of a message, or why it has not gone yet and when it is tried next. Pure: what the store
 * and, where a daemon answers, the way out know of it goes in.
 */

import { counted } from '../core/counted.ts';
import type { ProviderState } from '../core/provider-state.ts';
import { rfc3339 } from '../core/rfc3339.ts';
import { sentence } from '../core/sentence.ts';
import type { Circumstances, MessageDetail, RecipientView } from '../db/verbs/messages.ts';
import type { Tenant } from '../db/verbs/tenants.ts';

export interface Case {
  readonly message: Pick<
    MessageDetail,
    'id' | 'status' | 'dead' | 'attempts' | 'maxAttempts' | 'attemptLog' | 'recipients' | 'events' | 'lastError'
  >;
  readonly circumstances: Circumstances;
  readonly tenant: Pick<Tenant, 'slug' | 'active' | 'paused' | 'pausedReason'>;
  /** The providers it is tried with, in order; `state` where this process delivers. */
  readonly route: readonly { readonly provider: string; readonly state?: ProviderState }[];
  /** The providers that its tenant may use. */
  readonly usable: readonly string[];
  readonly isDelivering: boolean;
  readonly leaseMs: number;
  readonly now: number;
}

export interface Explanation {
  readonly summary: string;
  /** What happens next without help; `at` absent where nobody knows when. */
  readonly next?: { readonly at?: number; readonly reason: string };
}

type Entry = NonNullable<Circumstances['entry']>;

export function explain(input: Case): Explanation {
  const { entry } = input.circumstances;
  return entry ? whyOpen(input, entry) : { summary: whatBecame(input) };
}

// ------------------------------------------------------------------------------------------------------- still open

function whyOpen(input: Case, entry: Entry): Explanation {
  if (entry.leaseUntil !== undefined) return underWay(input, entry.leaseUntil);
  const held = whyHeld(input, entry);
  const barred = whyBarred(input);
  if (barred !== undefined) {
    if (held) return waiting(`${held.summary} Then it fails: ${barred}`, held.next?.at);
    return waiting(`It fails as soon as it is tried: ${barred}`, Math.max(entry.dueAt, input.now));
  }
  return held ?? forItsTurn(input, entry);
}

/** Its tenant had the provider that it asks for when it was accepted, and delivery/deliver.ts looks again. */
function whyBarred({ circumstances, usable, tenant: { slug } }: Case): string | undefined {
  const { wantedProvider } = circumstances;
  if (wantedProvider === undefined || usable.includes(wantedProvider)) return undefined;
  return (
    `it asks for the provider ${wantedProvider}, which ${slug} may not use any more; it has: ${usable.join(', ') || 'none'}. ` +
    `\`iep tenant set ${slug} --providers ${[...usable, wantedProvider].join(',')}\` gives it back.`
  );
}

/** What keeps it whatever the providers do. */
function whyHeld(input: Case, entry: Entry): Explanation | undefined {
  const { now, tenant, circumstances } = input;
  if (!tenant.active) {
    return waiting(
      `The tenant ${tenant.slug} is not active, so its mail is held; \`iep tenant set ${tenant.slug} --active\` lets it go.`,
    );
  }
  if (tenant.paused) {
    const why = tenant.pausedReason === undefined ? '' : `, because ${tenant.pausedReason}`;
    return waiting(
      `The queue of ${tenant.slug} is paused${why}; \`iep queue resume --tenant ${tenant.slug}\` lets it go on.`,
    );
  }
  if (circumstances.isPaused) return waiting('The whole queue is paused; `iep queue resume` lets it go on.');
  if (entry.isScheduled && entry.dueAt > now) {
    return waiting(`It is scheduled for ${rfc3339(entry.dueAt)}.`, entry.dueAt);
  }
  return undefined;
}

function waiting(summary: string, at?: number): Explanation {
  return { summary, next: { reason: summary, ...(at !== undefined && { at }) } };
}

function underWay({ now, leaseMs, isDelivering, route }: Case, leaseUntil: number): Explanation {
  const begun = rfc3339(leaseUntil - leaseMs);
  // A daemon frees the leases of those before it when it starts, so what is leased while it answers is in its own hands,
  // however long the provider takes.
  if (leaseUntil > now || isDelivering) {
    const reason = 'if the daemon dies with it, it is tried again';
    // Who only reads the store cannot know whether the daemon that has it still runs.
    const where = isDelivering ? '' : ', if the daemon that began it still runs; otherwise the next one tries it again';
    const busy = route.find(({ state }) => state && obstacleAt(state)?.isAway !== true)?.state;
    const queue = busy && busy.waiting > 0 ? `, or it waits for its turn: ${obstacleAt(busy)?.why}` : '';
    return {
      summary: `An attempt is under way since ${begun}${where}${queue}.`,
      next: { ...(leaseUntil > now && { at: leaseUntil }), reason },
    };
  }
  return waiting(`An attempt was begun at ${begun} and never ended; the next daemon that runs tries it again.`);
}

function afterDeath(deaths: number): string {
  const times = deaths === 1 ? 'once' : `${deaths} times`;
  const how = deaths === 1 ? 'with few others' : 'alone';
  return `The daemon died ${times} while it was under way. It is tried again ${how}, and set aside as a dead letter after the third time.`;
}

/** Neither held by anybody nor under way: it waits for its time, or for a provider. */
function forItsTurn(input: Case, entry: Entry): Explanation {
  const { dueAt } = entry;
  if (entry.deaths > 0 && dueAt <= input.now) return waiting(afterDeath(entry.deaths), dueAt);
  const { now, route, isDelivering } = input;
  const said = lastWord(input);
  const obstacle = isDelivering ? obstacleOf(route) : undefined;
  if (obstacle?.needsHelp) return waiting(`It waits: ${sentence(obstacle.why)}`);
  const at = Math.max(dueAt, obstacle?.until ?? dueAt);
  if (dueAt > now) {
    const why =
      said ?? obstacle?.why ?? 'it could not be handed to a provider the last time; the log of the daemon may say why';
    const also = said && obstacle ? `, and ${obstacle.why}` : '';
    return waiting(`It is tried again at ${rfc3339(at)}: ${why}${also}.`, at);
  }
  if (obstacle) {
    const then = obstacle.until === undefined ? '' : `; it is tried again at ${rfc3339(at)}`;
    return waiting(`It waits because ${obstacle.why}${then}.`, obstacle.until);
  }
  if (route.length === 0) {
    return waiting('It is due, and no provider is chosen for it; it fails as soon as it is tried.', now);
  }
  if (!isDelivering)
    return waiting(`It has been due since ${rfc3339(dueAt)}, and goes as soon as a daemon gets to it.`);
  return waiting(`It has been due since ${rfc3339(dueAt)}; others are before it, and it goes in its turn.`);
}

/** What the last attempt came to, and what that cost. */
function lastWord({ message }: Case): string | undefined {
  // A retry by hand ends what was said before it.
  const begun = message.events.findLastIndex(({ type }) => type === 'queued');
  // Whatever else the claim came to, this event says how it was counted.
  const delay = message.events
    .slice(begun + 1)
    .findLast(({ data }) => data.nextAttemptAt !== undefined || data.account === true);
  if (delay === undefined) return undefined;
  if (delay.data.fault === true) return `${delay.data.reason} (which costs no attempt)`;
  const last = message.attemptLog.at(-1);
  if (last === undefined || last.outcome === 'delivered') return undefined;
  const said = last.reply ?? last.outcome;
  const kind = last.provider === '' ? said : `${last.provider} ${didWhat.get(last.outcome) ?? 'answered'}: ${said}`;
  const advice = delay.data.sender === true ? '; verify the sender there, or send from another' : '';
  if (delay.type !== 'retry_scheduled') return `${kind} (which costs no attempt)${advice}`;
  return `${kind} (attempt ${message.attempts} of ${message.maxAttempts})`;
}

const didWhat: ReadonlyMap<string, string> = new Map([
  ['unavailable', 'could not take it'],
  ['unknown', 'got it and never answered, so it may have been sent'],
]);

/** What keeps a message from going now, by the route as delivery/deliver.ts walks it. Undefined: nothing. */
function obstacleOf(
  route: Case['route'],
): { readonly why: string; readonly until?: number; readonly needsHelp: boolean } | undefined {
  const reasons: string[] = [];
  let until: number | undefined;
  let needsHelp = false;
  for (const { provider, state } of route) {
    if (!state) {
      reasons.push(`no provider is called ${provider}`);
      continue;
    }
    const found = obstacleAt(state);
    if (found === undefined) return undefined;
    if (found.until !== undefined) until = Math.min(until ?? found.until, found.until);
    reasons.push(found.why);
    needsHelp ||= state.breaker.account === true || state.paused === true;
    if (!found.isAway) break;
  }
  if (reasons.length === 0) return undefined;
  return {
    why: reasons.join(', and '),
    ...(until !== undefined && { until }),
    needsHelp: needsHelp && until === undefined,
  };
}

function obstacleAt(state: ProviderState): { why: string; until?: number; isAway: boolean } | undefined {
  const { name, paused, breaker, throttledUntil, turnedAway, health, waiting: before } = state;
  if (paused) return { why: `${name} is paused; \`iep provider resume ${name}\` lets it go on`, isAway: true };
  if (breaker.account) {
    return { why: health?.detail.replace(/\.$/, '') ?? `${name} refuses our account`, isAway: true };
  }
  if (breaker.state === 'open') {
    const { retryAt } = breaker;
    const until = retryAt === undefined ? '' : ` until ${rfc3339(retryAt)}`;
    return {
      why: `the circuit breaker of ${name} is open${until}`,
      isAway: true,
      ...(retryAt !== undefined && { until: retryAt }),
    };
  }
  if (breaker.state === 'half_open') {
    return { why: `${name} failed lately and is being tried with one other message`, isAway: true };
  }
  if (throttledUntil !== undefined) {
    const asked = turnedAway ? 'said "not now"' : 'asked us to slow down';
    const why = `${name} ${asked} and is left alone until ${rfc3339(throttledUntil)}`;
    return { why, until: throttledUntil, isAway: turnedAway === true };
  }
  if (before > 0)
    return {
      why: `${name} is busy: ${counted(before, 'message')} ${before === 1 ? 'waits' : 'wait'} there already`,
      isAway: false,
    };
  return undefined;
}

// --------------------------------------------------------------------------------------------------------- its end

function whatBecame(input: Case): string {
  const { message } = input;
  switch (message.status) {
    case 'sent':
    case 'delivered':
    case 'complained':
      return accepted(input);
    case 'suppressed':
      return suppressed(input);
    case 'cancelled': {
      const at = lastEvent(input, 'cancelled');
      const unanswered = message.attemptLog.findLast(({ outcome }) => outcome === 'unknown')?.provider;
      const before = unanswered === undefined ? 'before it was sent' : `but ${unanswered} may have sent it before`;
      return `It was cancelled${at === undefined ? '' : ` at ${rfc3339(at)}`}, ${before}.`;
    }
    case 'scheduled':
    case 'queued':
    case 'processing':
      return `It is open, but the database lost its entry in the queue, so nothing tries it; \`iep retry ${message.id}\` puts it back.`;
    default:
      return failed(input);
  }
}

function accepted(input: Case): string {
  const { message } = input;
  const { recipients, attemptLog } = message;
  const took = recipients.filter(
    ({ status }) => status === 'sent' || status === 'delivered' || status === 'complained',
  );
  const provider =
    attemptLog.findLast(({ outcome }) => outcome === 'delivered')?.provider ?? attemptLog.at(-1)?.provider;
  const by = !provider ? '' : ` by ${provider}`;
  // What came back since changed the recipients.
  const at = lastEvent(input, 'sent') ?? took.reduce((latest, one) => Math.max(latest, one.updatedAt), 0);
  const whom = took.length === recipients.length ? 'everybody' : `${took.length} of ${recipients.length} recipients`;
  const rest = recipients.filter((one) => !took.includes(one));
  const reached = recipients.filter(({ status }) => status === 'delivered').length;
  const delivery = reached === 0 ? '' : ` It reached ${reached === recipients.length ? 'everybody' : reached}.`;
  const complaint = message.status === 'complained' ? ' A recipient complained about it.' : '';
  const others = rest.length === 0 ? '' : ` Not for ${rest.map(described).join('; ')}.`;
  const again = message.dead ? ` \`iep retry ${message.id}\` tries these again.` : '';
  return `It was accepted${by} for ${whom} at ${rfc3339(at)}.${delivery}${cameBack(message)}${others}${complaint}${again}`;
}

/** Of a recipient whose address is not at fault the status stays, so it does not tell that the mail came back. */
function cameBack({ recipients, events }: Case['message']): string {
  const told = recipients.flatMap(({ email, status }) => {
    if (status !== 'sent') return [];
    const last = events.findLast(({ type, recipient, data }) => {
      return type === 'bounced' && data.source !== undefined && recipient === email;
    });
    if (last === undefined) return [];
    const { class: reason, diagnostic } = last.data;
    return [`${email} (${String(reason)}${diagnostic === undefined ? '' : `: ${String(diagnostic)}`})`];
  });
  return told.length === 0 ? '' : ` It came back since for ${told.join('; ')}.`;
}

function failed(input: Case): string {
  const { message, circumstances } = input;
  const last = message.attemptLog.at(-1);
  const reply = message.lastError ?? last?.reply ?? 'nobody said why';
  const { id } = message;
  const fault = message.events.findLast(({ type }) => type === 'dlq')?.data.reason;
  if (last?.outcome === 'unknown' && (!message.dead || fault !== undefined)) {
    return (
      `It may have been sent: ${last.provider} got it and never answered, and it is held as its tenant wishes. ` +
      `\`iep retry ${id}\` sends it again, perhaps a second time; \`iep dead delete ${id}\` removes it.`
    );
  }
  if (message.dead && fault !== undefined) {
    return `It is a dead letter: ${sentence(String(fault))} \`iep dead delete ${id}\` removes it.`;
  }
  if (message.dead) {
    return (
      `It is a dead letter after ${counted(message.maxAttempts, 'attempt')}. The last one ended with: ${sentence(reply)} ` +
      `\`iep retry ${id}\` tries it again from the start, \`iep dead delete ${id}\` removes it.`
    );
  }
  if (last === undefined) return `It failed without an attempt: ${sentence(reply)}`;
  const whom = message.recipients.filter(({ status }) => status === 'failed' || status === 'bounced');
  const suppressions =
    circumstances.suppressions.length > 0 ? ` ${listed(circumstances.suppressions, input.tenant.slug)}` : '';
  const isBack = message.events.some(({ type, data }) => type === 'bounced' && data.source !== undefined);
  const what = isBack ? 'It came back after it was accepted' : 'It was refused for good';
  return (
    `${what}: ${whom.map(described).join('; ') || reply}. When the cause is mended, \`iep retry ${id}\` ` +
    `sends it again.${suppressions}`
  );
}

function suppressed({ message, circumstances, tenant }: Case): string {
  const { suppressions, unsubscribes } = circumstances;
  const withheld = message.recipients.find(({ reply }) => reply !== undefined)?.reply;
  if (withheld !== undefined && unsubscribes.length === 0)
    return `Nobody was mailed: ${withheld}. \`iep retry ${message.id}\` sends it once it is on.`;
  const why = [
    ...(suppressions.length === 0 ? [] : [listed(suppressions, tenant.slug)]),
    ...(unsubscribes.length === 0 ? [] : [turnedOff(unsubscribes, tenant.slug)]),
  ];
  if (why.length > 0) return `Nobody was mailed: ${why.join(' ')}`;
  return `Nobody was mailed: its recipients were on the suppression list then and are not now; \`iep retry ${message.id}\` sends it.`;
}

function turnedOff(unsubscribes: Circumstances['unsubscribes'], slug: string): string {
  const entries = unsubscribes.map(({ email, category }) =>
    category === '' ? `${email} turned off all mail that can be` : `${email} turned off "${category}"`,
  );
  const { email = '', category = '' } = unsubscribes[0] ?? {};
  const which = category === '' ? '' : ` --category ${JSON.stringify(category)}`;
  return `${entries.join(', ')}; \`iep unsubscribe remove ${email}${which} --tenant ${slug}\` lets it be mailed again.`;
}

function listed(suppressions: Circumstances['suppressions'], slug: string): string {
  const entries = suppressions.map(({ email, reason, note, expiresAt }) => {
    const until = expiresAt === undefined ? '' : ` until ${rfc3339(expiresAt)}`;
    return `${email} is on the suppression list${until} (${reason}${note === undefined ? '' : `: ${note}`})`;
  });
  const first = suppressions[0]?.email ?? '';
  return `${entries.join(', ')}; \`iep suppression remove ${first} --tenant ${slug}\` lets it be mailed again.`;
}

function described({ email, status, reply }: RecipientView): string {
  return `${email} (${status}${reply === undefined ? '' : `: ${reply}`})`;
}

function lastEvent({ message }: Case, type: string): number | undefined {
  return message.events.findLast((event) => event.type === type)?.at;
}
