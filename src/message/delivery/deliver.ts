/**
 * Hands a claimed message to the providers of its route, one after the other until each recipient has an answer that is
 * not "not now". Says what each provider answered for each recipient, and where one stepped in for another; what that
 * means for the message is decided in outbox/next-state.ts.
 */

import type { Job, Message, Recipient, Rendered } from '../../core/message.ts';
import { type AttemptReport, asksToWait, type Failover, type Outcome, type ProviderReply } from '../../core/outcome.ts';
import { type Routing, usableProviders } from '../../core/routing.ts';
import type { Stop } from '../../core/stop.ts';
import type { TenantSettings } from '../../core/tenant-settings.ts';
import type { DkimSigner } from '../dkim/signer.ts';
import type { BetweenRequests, Parcel, Provider, SendResult } from '../providers/provider.ts';
import { isOld } from './age.ts';
import { type MadeCopy, type OwnCopy, sendOwnCopies } from './own-copies.ts';
import type { OwnHeaders } from './own-headers.ts';
import { type ComposeMime, parcelOf, type ReadBytes } from './parcel.ts';
import { type MessageRoute, routeOf } from './route.ts';
import { type Conduct, conductOf, type Entrance, type WayDeps, type WayOptions, type WayOut } from './way-out.ts';
import { createWaysOut, type WaysOut } from './ways-out.ts';

/** `held`: no provider was given it, because its ways out are closed or full, or IEP is stopping. */
export type Delivered =
  | {
      readonly kind: 'tried';
      readonly reports: readonly AttemptReport[];
      readonly failovers: readonly Failover[];
      /** IEP stops, and the next of the route was not asked any more. */
      readonly isCut?: boolean;
      /** What was thrown at a later provider; it must not take with it what those before it said. */
      readonly fault?: unknown;
    }
  | { readonly kind: 'held'; readonly until: number };

/**
 * `job.suppressed` are left out. With `ownCopy` each of the others is handed a copy of its own in place of `rendered`. Once a stop has begun no provider is given anything more; one that has the message already
 * may finish. Rejects only for a fault before any provider answered, such as an attachment that is gone.
 */
export type Deliver = (
  job: Job,
  rendered: Rendered | undefined,
  stop: Stop,
  how?: { readonly onPart?: OnPart; readonly ownCopy?: OwnCopy | undefined },
) => Promise<Delivered>;

/**
 * What a provider answered for some recipients, while it is to be asked for others. Resolves when that is on disk. False: the
 * lease was lost, and nobody else may be sent to.
 */
export type OnPart = (part: Pick<AttemptReport, 'provider' | 'startedAt' | 'outcomes'>) => Promise<boolean>;

export interface Delivery {
  readonly deliver: Deliver;
  readonly ways: WaysOut;
  /** Tenants whose ways out are full or closed now: what they have waiting stays in the store. */
  skipTenants(): readonly string[];
  /** Messages that all providers can hold at once. An outbox with more room cannot be filled by one that is stuck. */
  capacity(): number;
}

export interface DeliveryDeps extends WayDeps {
  readonly providers: Iterable<Provider>;
  readonly tenantSettings: (tenantId: string) => Promise<TenantSettings>;
  readonly composeMime: ComposeMime;
  readonly readBytes: ReadBytes;
  /** The return path of each recipient. Undefined, without waiting, where none is set; absent: none ever is. */
  readonly returnPathOf?: (message: Message) => Promise<Parcel['returnPath']> | undefined;
  /** What the copy of each recipient has in its header beside the rest. Undefined, without waiting, where that is nothing. */
  readonly ownHeadersOf?: (message: Message) => Promise<OwnHeaders> | undefined;
  /** Absent: nothing is signed. */
  readonly signatureFor?: DkimSigner['signatureFor'];
}

/** Read at each use: they may change while mail is sent. */
export interface DeliveryOptions extends WayOptions {
  readonly routing: Routing;
  /** A message older than this that finds every way closed has an attempt counted, so that it does not wait for ever. */
  readonly maxAgeMs: number;
}

/** The wait of a message that found no way, where the claims do not skip its tenant for it. */
const OWN_WAIT_MS = 5_000;

const never: Conduct = { pace: { kind: 'other' }, health: 'none' };

export function createDelivery(deps: DeliveryDeps, options: DeliveryOptions): Delivery {
  const { clock, composeMime, readBytes, tenantSettings } = deps;
  const ways = createWaysOut(deps, options);
  const nameNow = (name: string) => ways.get(name)?.provider.name ?? name;
  const watched = new WeakSet<AbortSignal>();

  const deliver: Deliver = async (job, rendered, stop, how = {}) => {
    const { message } = job;
    watch(stop.begun);
    const tenant = await tenantSettings(message.tenantId);
    const recipients = job.recipients.filter(({ position }) => !job.suppressed.includes(position));
    if (message.provider !== undefined) {
      const usable = usableProviders(tenant, options.routing);
      if (!usable.some((name) => name === message.provider || nameNow(name) === nameNow(message.provider ?? '')))
        return { kind: 'tried', reports: [notItsProvider(message.provider, usable, recipients)], failovers: [] };
    }
    const route = routeOf({ message, tenant, routing: options.routing, unanswered: job.unanswered, nameNow });
    if (!route?.names.some((name) => ways.get(name))) {
      return { kind: 'tried', reports: [refusal(route?.names[0], recipients)], failovers: [] };
    }
    if (route.by !== 'message') ways.usedBy(message.tenantId, route.names, { isAll: route.by === 'tenant' });
    return walk({ ...{ job, rendered, stop, recipients, route, tenant }, ...how });
  };

  return {
    deliver,
    ways,
    skipTenants: ways.skipTenants,
    capacity: ways.capacity,
  };

  interface Handover {
    readonly job: Job;
    readonly rendered: Rendered | undefined;
    readonly recipients: readonly Recipient[];
    readonly stop: Stop;
    readonly onPart?: OnPart | undefined;
    readonly ownCopy?: OwnCopy | undefined;
  }

  /** A provider that did not take the message, and why. */
  type Passed = Pick<Failover, 'from' | 'outcome' | 'reply'>;

  async function walk(
    input: Handover & { readonly route: MessageRoute; readonly tenant: TenantSettings },
  ): Promise<Delivered> {
    const { job, route, stop, tenant } = input;
    const reports: AttemptReport[] = [];
    const failovers: Failover[] = [];
    let passed: Passed[] = [];
    let open = input.recipients;
    let heldUntil: number | undefined;
    let isAway = true;
    let isCut = false;

    for (const name of route.names) {
      const way = ways.get(name);
      if (!way) {
        const reply = noSuchProvider(name);
        passed.push({ from: name, outcome: 'unavailable', reply: reply.text });
        if (reports.length > 0)
          reports.push(reportOf({ name, recipients: open, outcome: { kind: 'unavailable', reply } }));
        continue;
      }
      isCut = stop.begun.aborted;
      if (isCut) break;
      const entrance = await way.enter(job.message.from.email);
      if (stop.begun.aborted) {
        if (entrance.kind === 'in') way.leave(entrance, never);
        isCut = true;
        break;
      }
      if (entrance.kind !== 'in') {
        heldUntil = Math.min(heldUntil ?? Number.POSITIVE_INFINITY, clock.now() + waitMsOf(entrance, route));
        if (entrance.kind === 'away') {
          passed.push({ from: name, outcome: 'unavailable', reply: entrance.why });
          continue;
        }
        isAway = false;
        break;
      }
      let report: AttemptReport | undefined;
      try {
        report = await handOver({ ...input, recipients: open, way, entrance });
      } catch (fault) {
        if (reports.length === 0) throw fault;
        return { kind: 'tried', reports, failovers, fault };
      }
      isCut = report === undefined;
      if (report === undefined) break;
      failovers.push(...passed.map((one) => ({ ...one, to: name, at: report.startedAt })));
      reports.push(report);
      const { outcomes } = report;
      open = open.filter(({ position }) => leadsOn(outcomes.get(position), tenant));
      if (open.length === 0) break;
      passed = [passedBy(report, open)];
    }

    if (reports.length > 0) return { kind: 'tried', reports, failovers, ...(isCut && { isCut }) };
    if (isCut) return { kind: 'held', until: clock.now() };
    const last = passed.at(-1);
    if (isAway && last && isOld(job.message, { now: clock.now(), maxAgeMs: options.maxAgeMs })) {
      const outcome: Outcome = { kind: 'unavailable', reply: { text: last.reply } };
      return { kind: 'tried', reports: [reportOf({ name: last.from, recipients: open, outcome })], failovers: [] };
    }
    return { kind: 'held', until: heldUntil ?? clock.now() };
  }

  function waitMsOf(entrance: Exclude<Entrance, { kind: 'in' }>, route: MessageRoute): number {
    const waitMs = entrance.kind === 'full' ? 0 : entrance.waitMs;
    // All of a tenant's mail is passed over until there is room; what goes a way of its own must not come back at once.
    return route.by === 'tenant' ? waitMs : Math.max(waitMs, OWN_WAIT_MS);
  }

  /** Undefined: broken off before anything was sent, which is not an attempt. */
  async function handOver(
    input: Handover & { readonly way: WayOut; readonly entrance: Entrance & { kind: 'in' } },
  ): Promise<AttemptReport | undefined> {
    const { way, entrance, job, rendered, recipients, stop, onPart, ownCopy } = input;
    const { provider } = way;
    let conduct = never;
    let result: SendResult;
    let isOneTooMany = false;
    const startedAt = clock.now();
    try {
      const { message } = job;
      const signature = provider.capabilities.wantsDkim
        ? await deps.signatureFor?.({ ...senderOf(message), at: startedAt })
        : undefined;
      const finding = provider.capabilities.returnPath ? deps.returnPathOf?.(message) : undefined;
      const returnPath = finding && (await finding);
      const making = deps.ownHeadersOf?.(message);
      const ownHeaders = making && (await making);
      if (stop.begun.aborted) return undefined;
      const common = { message, composeMime, readBytes, signature, returnPath, ownHeaders };
      const parcel = parcelOf({ ...common, rendered, recipients });
      const between: BetweenRequests = async ({ outcomes }) => {
        if (onPart && !(await onPart({ provider: provider.name, startedAt, outcomes }))) return false;
        await way.pace(stop.begun);
        return true;
      };
      result = ownCopy
        ? await sendOwnCopies({
            ...{ provider, parcel, ownCopy, stop, between, handovers: job.handovers?.get(provider.name) ?? 0 },
            parcelWith: (own, one) =>
              parcelOf({ ...common, ...wholeCopy(message, own), rendered: own.rendered, recipients: one }),
            // The copy that is begun last ends within the lease too.
            isOver: () => clock.now() > (startedAt + job.leaseUntil) / 2,
          })
        : await provider.send(parcel, stop, between);
      checkComplete(result.outcomes, recipients, provider);
      if (!stop.broken.aborted) conduct = conductOf(result.outcomes);
    } finally {
      isOneTooMany = way.leave(entrance, conduct);
    }
    if (stop.broken.aborted && allAre('unavailable', result.outcomes)) return undefined;
    const { kind } = conduct.pace;
    const outcomes = isOneTooMany
      ? asBusy(result.outcomes)
      : kind === 'throttled' || kind === 'refused'
        ? withWait(result.outcomes, way.closedForMs())
        : result.outcomes;
    return { ...result, outcomes, provider: provider.name, startedAt, endedAt: clock.now() };
  }

  /** None is chosen, which is for people to change; or what is chosen is not there, and may be again in a moment. */
  function refusal(name: string | undefined, recipients: readonly Recipient[]): AttemptReport {
    if (name !== undefined) {
      return reportOf({ name, recipients, outcome: { kind: 'unavailable', reply: noSuchProvider(name) } });
    }
    const reply = { text: 'no provider is chosen for this tenant: set routing.primary, or a primary for the tenant' };
    return reportOf({ name: '', recipients, outcome: { kind: 'rejected', reply, bounce: 'other' } });
  }

  /** Which the message named when its tenant might still use it. */
  function notItsProvider(name: string, usable: readonly string[], recipients: readonly Recipient[]): AttemptReport {
    const text = `this tenant may not use the provider "${name}"; it has: ${usable.join(', ') || 'none'}`;
    return reportOf({ name: '', recipients, outcome: { kind: 'rejected', reply: { text }, bounce: 'other' } });
  }

  function noSuchProvider(name: string): ProviderReply {
    const names = ways.names();
    const known = names.length === 0 ? 'none is configured' : `there are: ${names.join(', ')}`;
    return { text: `no provider is called "${name}"; ${known}` };
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

function wholeCopy(message: Message, { content }: MadeCopy): { readonly message?: Message } {
  return content === undefined ? {} : { message: { ...message, content } };
}

export function senderOf({ tenantId, from: { email } }: Message) {
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

/**
 * Whether another provider may try. After `unknown` that could make a second copy, which the tenant must have wished for.
 */
function leadsOn(outcome: Outcome | undefined, { unknownOutcome }: TenantSettings): boolean {
  return outcome?.kind === 'unavailable' || (outcome?.kind === 'unknown' && unknownOutcome === 'failover');
}

function passedBy({ provider, outcomes }: AttemptReport, open: readonly Recipient[]) {
  const said = outcomes.get(open[0]?.position ?? -1);
  return { from: provider, outcome: said?.kind ?? 'unavailable', reply: said?.reply.text ?? '' };
}

/** The message waits for its turn at one of the other connections: for as long as the provider says only if it is alone. */
function asBusy(outcomes: ReadonlyMap<number, Outcome>): ReadonlyMap<number, Outcome> {
  const busy = ({ kind, reply }: Outcome): Outcome =>
    kind === 'unavailable' ? { kind, reply, busy: true } : { kind: 'throttled', reply };
  return new Map([...outcomes].map(([position, one]) => [position, 'refused' in one ? busy(one) : one]));
}

/** Says how long the gate is closed where the provider named no time. */
function withWait(outcomes: ReadonlyMap<number, Outcome>, waitMs: number): ReadonlyMap<number, Outcome> {
  const waiting = new Map(outcomes);
  for (const [position, outcome] of outcomes) {
    if (asksToWait(outcome)) waiting.set(position, { ...outcome, retryAfterMs: waitMs });
  }
  return waiting;
}

function allAre(kind: Outcome['kind'], outcomes: ReadonlyMap<number, Outcome>): boolean {
  for (const outcome of outcomes.values()) if (outcome.kind !== kind) return false;
  return true;
}
