/**
 * One way out: a provider behind its gate (how much at once, how fast) and its breaker (whether at all). Tells who comes
 * whether to wait for it or to go elsewhere, and judges from the outcomes how the provider is doing.
 */

import type { Clock } from '../../core/clock.ts';
import {
  asksToWait,
  isOfAccount,
  isOfSender,
  type Outcome,
  type ProviderReply,
  type Refused,
} from '../../core/outcome.ts';
import type { BreakerState, CheckedHealth, ProviderState } from '../../core/provider-state.ts';
import { sentence } from '../../core/sentence.ts';
import type { Health, Provider } from '../providers/provider.ts';
import {
  type Breaker,
  type BreakerPolicy,
  closedBreaker,
  cooled,
  type HealthVerdict,
  judge,
  mayPass,
  pass,
  recent,
  refused,
} from './breaker.ts';
import { createGate, type GateTurn, MOST_WAITING, type PaceVerdict } from './gate.ts';
import { createRefusedSenders } from './refused-senders.ts';

export type Entrance =
  | {
      readonly kind: 'in';
      readonly turn: GateTurn & { readonly kind: 'in' };
      readonly isProbe: boolean;
      readonly sender?: string;
    }
  /** Too many wait already. */
  | { readonly kind: 'full' }
  /** The message waits for this provider, which wants us slower. */
  | { readonly kind: 'slow'; readonly waitMs: number }
  /** It takes nothing now: the next of the route may. `why` is for people. */
  | { readonly kind: 'away'; readonly waitMs: number; readonly why: string };

/** How an attempt ended, as far as it tells of the provider. */
export interface Conduct {
  readonly pace: PaceVerdict;
  readonly health: HealthVerdict;
  /** What it said of our account. */
  readonly account?: ProviderReply | undefined;
  /** What it said of the sender, whose mail it does not take. */
  readonly sender?: ProviderReply | undefined;
}

export interface WayOut {
  readonly provider: Provider;
  /** Messages it can hold at once, sending and waiting. */
  readonly capacity: number;
  /** `free`: may be given more. `holds`: full or slow, and its messages wait for it. `away`: they go elsewhere. */
  standing(): 'free' | 'holds' | 'away';
  /** At once where it can be told at once. `sender`: the address that the message is from. */
  enter(sender?: string): Entrance | Promise<Entrance>;
  /** Returns whether the message met a connection too many, which is not a failure of the provider. */
  leave(entrance: Entrance & { kind: 'in' }, conduct: Conduct): boolean;
  /** Milliseconds for which the provider is left alone. */
  closedForMs(): number;
  /** Ends the cooldown of an open breaker now. A provider that asked for time keeps it. */
  hurry(): void;
  state(): ProviderState;
  /** Asks the provider how it is, and remembers. An account that is refused, or taken again, opens or ends the breaker. */
  check(): Promise<CheckedHealth>;
  /** Of who is in: waits until a further request may go, or the signal aborts. */
  pace(signal: AbortSignal): Promise<void>;
  /** Sends back all that wait, at shutdown. */
  sendBack(): void;
  /** Takes nothing more; what is under way goes on. */
  retire(): void;
}

export interface WayDeps {
  readonly clock: Clock;
  /** There is room again. */
  readonly onRoom: () => void;
  readonly onBreaker?: (name: string, state: BreakerState) => void;
  readonly onHealth?: (name: string, health: CheckedHealth, before: CheckedHealth | undefined) => void;
}

/** Read at each use: they may change while mail is sent. */
export interface WayOptions {
  readonly breaker: BreakerPolicy;
  /** A check is made before a message is risked on a provider whose breaker is open. */
  readonly checks: boolean;
}

/** How often a message is looked at that waits for an account to be put right, or for a paused provider. */
const ACCOUNT_LOOK_MS = 10_000;

export function createWayOut(deps: WayDeps, provider: Provider, options: WayOptions): WayOut {
  const { clock, onRoom } = deps;
  const gate = createGate({ clock, onRoom }, provider);
  let breaker = closedBreaker;
  /** Ends the wait for the end of a cooldown; absent while a check is made, as where the breaker is not open. */
  let cancelCooldown: (() => void) | undefined;
  let health: CheckedHealth | undefined;
  let retired = false;
  const senders = createRefusedSenders(clock);

  const refusesAccount = `${provider.name} refuses our account`;
  const wall = (monotonic: number) => Math.round(clock.now() + monotonic - clock.monotonic());

  const away = (): Entrance & { kind: 'away' } => {
    if (breaker.state !== 'open') {
      return { kind: 'away', waitMs: 0, why: `${provider.name} is being tried with a single message` };
    }
    const waitMs = Math.max(0, Math.ceil(breaker.until - clock.monotonic()));
    // Nobody knows when somebody puts that right; what waits must be at hand then.
    if (breaker.account) return { kind: 'away', waitMs: Math.min(waitMs, ACCOUNT_LOOK_MS), why: refusesAccount };
    return { kind: 'away', waitMs, why: `the circuit breaker of ${provider.name} is open` };
  };

  const entranceOf = (turn: GateTurn): Entrance => {
    if (turn.kind === 'full') return turn;
    if (turn.kind === 'in') {
      // The breaker may have opened while the message waited at the gate.
      if (!mayPass(breaker)) {
        gate.leave(turn, { kind: 'other' });
        return away();
      }
      const passed = pass(breaker);
      breaker = passed.breaker;
      return { kind: 'in', turn, isProbe: passed.isProbe };
    }
    if (!mayPass(breaker)) return away();
    const { waitMs, turnedAway } = turn;
    return turnedAway ? { kind: 'away', waitMs, why: `${provider.name} said not now` } : { kind: 'slow', waitMs };
  };

  const move = (next: Breaker) => {
    const before = breaker;
    breaker = next;
    if (before.state === next.state && !(next.state === 'open' && next !== before)) return;
    if (before.state !== next.state) deps.onBreaker?.(provider.name, next.state);
    if (next.state !== 'open') return;
    gate.sendBack();
    cancelCooldown?.();
    cancelCooldown = clock.after(Math.ceil(next.until - clock.monotonic()), recover);
  };

  /** The cooldown is over. A check costs a login; a message that finds the provider still down costs an attempt. */
  const recover = async () => {
    cancelCooldown = undefined;
    if (retired) return;
    const isChecked = options.checks || isOfAccountNow();
    const found = isChecked ? await look() : { ok: true };
    if (!retired) cool(found);
  };

  const cool = (found: Pick<Health, 'ok' | 'account'>) => {
    move(cooled(breaker, { found, now: clock.monotonic(), policy: options.breaker }));
    if (mayPass(breaker)) onRoom();
  };

  const isOfAccountNow = () => breaker.state === 'open' && breaker.account !== undefined;

  const look = async () => {
    const found = await provider.check().catch(brokenCheck);
    const { ok, detail } = found;
    // Closing broke it off, which says nothing of the provider.
    if (retired) return { ...found, at: clock.now() };
    return { ...found, at: note({ ok, detail }).at };
  };

  const note = (found: Omit<CheckedHealth, 'at'>): CheckedHealth => {
    const before = health;
    health = { ...found, at: clock.now() };
    deps.onHealth?.(provider.name, health, before);
    return health;
  };

  const check = async (): Promise<CheckedHealth> => {
    const { account, ...found } = await look();
    if (retired) return found;
    if (account && breaker.state === 'closed') move(refused(breaker, clock.monotonic()));
    if (found.ok && isOfAccountNow()) {
      cancelCooldown?.();
      cancelCooldown = undefined;
      cool(found);
    }
    return found;
  };

  return {
    provider,
    capacity: provider.concurrency + MOST_WAITING,
    standing() {
      if (provider.paused) return 'away';
      if (!mayPass(breaker)) return 'away';
      if (gate.isOpen()) return 'free';
      return gate.closedForMs() > 0 && gate.state().turnedAway ? 'away' : 'holds';
    },
    enter(sender) {
      if (provider.paused) return { kind: 'away', waitMs: ACCOUNT_LOOK_MS, why: `${provider.name} is paused` };
      if (!mayPass(breaker)) return away();
      const refused = sender === undefined ? undefined : senders.find(sender);
      if (refused !== undefined) {
        const why = `${provider.name} takes no mail of ${sender}: ${refused.said}`;
        return { kind: 'away', waitMs: refused.waitMs, why };
      }
      const named = (entrance: Entrance): Entrance =>
        entrance.kind === 'in' && sender !== undefined ? { ...entrance, sender } : entrance;
      const turn = gate.enter();
      return turn instanceof Promise ? turn.then((one) => named(entranceOf(one))) : named(entranceOf(turn));
    },
    leave({ turn, isProbe, sender }, { pace, health: verdict, account, sender: refused }) {
      const isOneTooMany = gate.leave(turn, pace);
      const judged = isOneTooMany ? 'none' : verdict;
      if (sender !== undefined && refused) senders.refuse(sender, refused);
      else if (sender !== undefined && verdict === 'success') senders.forget(sender);
      if (account) note({ ok: false, detail: accountDetail(provider.name, account) });
      move(judge(breaker, { verdict: judged, isProbe, now: clock.monotonic(), policy: options.breaker }));
      if (isProbe && mayPass(breaker)) onRoom();
      return isOneTooMany;
    },
    closedForMs: gate.closedForMs,
    pace: gate.pace,
    hurry() {
      senders.clear();
      if (!cancelCooldown) return;
      cancelCooldown();
      void recover();
    },
    state() {
      const { inside, waiting, limit, turnedAway } = gate.state();
      const throttledMs = gate.closedForMs();
      return {
        name: provider.name,
        type: provider.type,
        ...(provider.paused && { paused: true }),
        breaker: {
          state: breaker.state,
          ...(breaker.state === 'open' && { openSince: wall(breaker.since), retryAt: wall(breaker.until) }),
          ...(isOfAccountNow() && { account: true }),
          ...recent(breaker, clock.monotonic(), options.breaker),
        },
        ...(throttledMs > 0 && { throttledUntil: clock.now() + throttledMs, ...(turnedAway && { turnedAway }) }),
        inFlight: inside,
        waiting,
        limit,
        concurrency: provider.concurrency,
        ...(provider.maxPerSecond !== undefined && { maxPerSecond: provider.maxPerSecond }),
        ...(health && { health }),
      };
    },
    check,
    sendBack: gate.sendBack,
    retire() {
      retired = true;
      gate.sendBack();
    },
  };
}

/** A fault of ours, which is one provider's trouble and ends nothing. Its words may hold secrets. */
function brokenCheck(error: unknown): Health {
  const kind = error instanceof Error ? error.name : typeof error;
  return { ok: false, detail: `The check broke off inside IEP (${kind}). Look at the settings of the provider.` };
}

function accountDetail(name: string, { text }: ProviderReply): string {
  return (
    `${name} refuses our account: ${sentence(text)} Correct its login, or settle it with the provider; ` +
    'then `iep queue flush` sends what waits.'
  );
}

/** What outcomes say of the provider, besides what they say of the message. */
export function conductOf(outcomes: ReadonlyMap<number, Outcome>): Conduct {
  let pace: Exclude<PaceVerdict, { kind: 'refused' }> = { kind: 'other' };
  let refused: Refused | undefined;
  let account: ProviderReply | undefined;
  let sender: ProviderReply | undefined;
  let health: HealthVerdict = 'success';
  for (const outcome of outcomes.values()) {
    // It took the message for somebody, so a limit it named for others is one of this message, not of our pace.
    if (outcome.kind === 'delivered') return { pace: { kind: 'success' }, health: 'success' };
    if (asksToWait(outcome)) {
      const { retryAfterMs } = outcome;
      pace = { kind: 'throttled', retryAfterMs, ...(outcome.kind === 'unavailable' && { turnedAway: true }) };
    }
    if (isOfSender(outcome)) sender = outcome.reply;
    else if (isOfAccount(outcome)) account = outcome.reply;
    if (isFailureOfProvider(outcome)) health = 'failure';
    else if (outcome.kind === 'throttled' && health === 'success') health = 'none';
    if ('refused' in outcome && outcome.refused) refused = outcome.refused;
  }
  if (account) return { pace, health: 'account', account };
  return { pace: refused ? { kind: 'refused', ...refused, otherwise: pace } : pace, health, ...(sender && { sender }) };
}

/** An answer about an address or a message, whatever it is, shows that the provider works. */
function isFailureOfProvider(outcome: Outcome): boolean {
  return (outcome.kind === 'unavailable' && !isOfSender(outcome)) || outcome.kind === 'unknown';
}
