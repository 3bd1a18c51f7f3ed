/**
 * Hands a claimed message to its provider and, where that could not be reached, at once to the fallback. Says what each
 * provider answered for each recipient; what that means for the message is decided in outbox/next-state.ts.
 */

import type { Clock } from '../core/clock.ts';
import type { Job, Message, Recipient, Rendered } from '../core/message.ts';
import type { AttemptReport, Outcome, Reply } from '../core/outcome.ts';
import type { TenantSettings } from '../core/tenant-settings.ts';
import type { DkimSigner } from '../dkim/signer.ts';
import type { Provider, SendResult } from '../providers/provider.ts';
import type { Verdict } from './gate.ts';
import { type ComposeMime, parcelOf } from './parcel.ts';
import { type Routing, routeOf } from './route.ts';
import { createWaysOut, type WayOut } from './ways-out.ts';

/** `held`: no provider was given it, because its way out is closed or full, or IEP is stopping. */
export type Delivered =
  | { readonly kind: 'tried'; readonly reports: readonly AttemptReport[] }
  | { readonly kind: 'held'; readonly until: number };

/** `job.suppressed` are left out. Rejects only for a fault, such as an attachment that is gone. */
export type Deliver = (job: Job, rendered: Rendered | undefined, signal: AbortSignal) => Promise<Delivered>;

export interface Delivery {
  readonly deliver: Deliver;
  /** Tenants whose way out is full or closed now: what they have waiting stays in the store. */
  skipTenants(): readonly string[];
  /** Messages that all providers can hold at once. An outbox with more room cannot be filled by one that is stuck. */
  readonly capacity: number;
}

export interface DeliveryDeps {
  readonly providers: readonly Provider[];
  readonly tenantSettings: (tenantId: string) => Promise<TenantSettings>;
  readonly composeMime: ComposeMime;
  /** Absent: nothing is signed. */
  readonly signatureFor?: DkimSigner['signatureFor'];
  readonly clock: Clock;
  /** A provider that was full or closed has room again. */
  readonly onRoom: () => void;
}

/** When a message that asked for a full provider itself is looked at again. */
const FULL_WAIT_MS = 5_000;

export function createDelivery(deps: DeliveryDeps, options: { readonly routing: Routing }): Delivery {
  const { clock, composeMime, tenantSettings } = deps;
  const ways = createWaysOut(deps);
  const watched = new WeakSet<AbortSignal>();

  const deliver: Deliver = async (job, rendered, signal) => {
    const { message } = job;
    watch(signal);
    const tenant = await tenantSettings(message.tenantId);
    const route = routeOf({ wanted: message.provider, tenant, routing: options.routing });
    const recipients = job.recipients.filter(({ position }) => !job.suppressed.includes(position));

    const way = route && ways.get(route.primary);
    if (!way) return { kind: 'tried', reports: [refusal(route?.primary, recipients)] };
    if (!route.isOwn) way.usedBy(message.tenantId);
    const first = await attempt({ way, job, rendered, recipients, signal, isOwn: route.isOwn });
    if (first.kind === 'held' || route.fallback === undefined || signal.aborted) return asTried(first);

    // Only `unavailable` leads to the fallback: after `unknown` it could make a second copy.
    const open = recipients.filter(({ position }) => first.report.outcomes.get(position)?.kind === 'unavailable');
    if (open.length === 0) return asTried(first);
    const second = await tryFallback({ name: route.fallback, job, rendered, recipients: open, signal });
    return { kind: 'tried', reports: second ? [first.report, second] : [first.report] };
  };

  return { deliver, skipTenants: ways.skipTenants, capacity: ways.capacity };

  interface Handover {
    readonly job: Job;
    readonly rendered: Rendered | undefined;
    readonly recipients: readonly Recipient[];
    readonly signal: AbortSignal;
  }

  type Attempted = { readonly kind: 'tried'; readonly report: AttemptReport } | (Delivered & { kind: 'held' });

  function asTried(attempted: Attempted): Delivered {
    return attempted.kind === 'held' ? attempted : { kind: 'tried', reports: [attempted.report] };
  }

  async function attempt(input: Handover & { readonly way: WayOut; readonly isOwn?: boolean }): Promise<Attempted> {
    const { way, job, rendered, recipients, signal, isOwn = false } = input;
    const { provider, gate } = way;
    const turn = await gate.enter();
    if (turn.kind === 'closed') return { kind: 'held', until: clock.now() + turn.waitMs };
    // Its tenant is skipped until there is room, unless only this message goes that way.
    if (turn.kind === 'full') return { kind: 'held', until: clock.now() + (isOwn ? FULL_WAIT_MS : 0) };

    let verdict: Verdict = { kind: 'other' };
    let result: SendResult;
    const startedAt = clock.now();
    try {
      const { message } = job;
      const signature = provider.wantsDkim ? await deps.signatureFor?.(senderOf(message)) : undefined;
      const parcel = parcelOf({ message, rendered, recipients, composeMime, signature });
      result = await provider.send(parcel, signal);
      checkComplete(result.outcomes, recipients, provider);
      verdict = verdictOf(result.outcomes);
    } finally {
      gate.leave(turn, verdict);
    }
    // Broken off before anything was sent: not an attempt.
    if (signal.aborted && allAre('unavailable', result.outcomes)) return { kind: 'held', until: clock.now() };
    const outcomes = verdict.kind === 'throttled' ? withWait(result.outcomes, gate.closedForMs()) : result.outcomes;
    return {
      kind: 'tried',
      report: { ...result, outcomes, provider: provider.name, startedAt, endedAt: clock.now() },
    };
  }

  async function tryFallback(input: Handover & { readonly name: string }): Promise<AttemptReport | undefined> {
    const way = ways.get(input.name);
    if (!way) {
      const outcome: Outcome = { kind: 'unavailable', reply: noSuchProvider(input.name) };
      return reportOf({ name: input.name, recipients: input.recipients, outcome });
    }
    // A fallback that is itself full or closed did not take it; the message waits as if there were none.
    const attempted = await attempt({ ...input, way });
    return attempted.kind === 'tried' ? attempted.report : undefined;
  }

  /** The configuration lacks a provider: nothing that trying again would change. */
  function refusal(name: string | undefined, recipients: readonly Recipient[]): AttemptReport {
    const none = { text: 'no provider is chosen for this tenant: set routing.primary, or a primary for the tenant' };
    const reply = name === undefined ? none : noSuchProvider(name);
    return reportOf({ name: name ?? 'none', recipients, outcome: { kind: 'rejected', reply, bounce: 'other' } });
  }

  function noSuchProvider(name: string): Reply {
    const known = ways.names.length === 0 ? 'none is configured' : `there are: ${ways.names.join(', ')}`;
    return { text: `there is no provider "${name}"; ${known}` };
  }

  function reportOf(input: { name: string; recipients: readonly Recipient[]; outcome: Outcome }): AttemptReport {
    const { name, recipients, outcome } = input;
    const now = clock.now();
    return {
      provider: name,
      startedAt: now,
      endedAt: now,
      outcomes: new Map(recipients.map(({ position }) => [position, outcome])),
    };
  }

  /** One listener for each signal, not for each message: the outbox gives all its messages the same one. */
  function watch(signal: AbortSignal): void {
    if (watched.has(signal)) return;
    watched.add(signal);
    signal.addEventListener('abort', () => ways.sendBack());
  }
}

function senderOf({ tenantId, from: { email } }: Message) {
  return { tenantId, domain: email.slice(email.lastIndexOf('@') + 1) };
}

function checkComplete(
  outcomes: ReadonlyMap<number, Outcome>,
  recipients: readonly Recipient[],
  provider: Provider,
): void {
  const missing = recipients.find(({ position }) => !outcomes.has(position));
  if (missing) throw new Error(`provider ${provider.name} gave no outcome for recipient ${missing.position}`);
}

function verdictOf(outcomes: ReadonlyMap<number, Outcome>): Verdict {
  let verdict: Verdict = { kind: 'other' };
  for (const outcome of outcomes.values()) {
    // It took the message for somebody, so a limit it named for others is one of this message, not of our pace.
    if (outcome.kind === 'delivered') return { kind: 'success' };
    if (outcome.kind === 'throttled') verdict = { kind: 'throttled', retryAfterMs: outcome.retryAfterMs };
  }
  return verdict;
}

/** Says how long the gate is closed where the provider named no time. */
function withWait(outcomes: ReadonlyMap<number, Outcome>, waitMs: number): ReadonlyMap<number, Outcome> {
  const waiting = new Map(outcomes);
  for (const [position, outcome] of outcomes) {
    if (outcome.kind === 'throttled') waiting.set(position, { ...outcome, retryAfterMs: waitMs });
  }
  return waiting;
}

function allAre(kind: Outcome['kind'], outcomes: ReadonlyMap<number, Outcome>): boolean {
  for (const outcome of outcomes.values()) if (outcome.kind !== kind) return false;
  return true;
}
