/**
 * The circuit breaker of one provider, as pure state: closed while it works, open when too much of what it was given
 * lately failed, half open when it may be tried with a single message. All times are on the monotonic clock.
 *
 * Libraries such as opossum and cockatiel wrap a call and judge it by what it throws. Here a failure is a value, a single
 * call may succeed for one recipient and fail for another, and tests move the clock; what remains is this page.
 */

export interface BreakerPolicy {
  /** Share of failures, from 0 to 1, at which it opens. */
  readonly failureRate: number;
  readonly windowMs: number;
  readonly cooldownMs: number;
  /** Fewer attempts within the window say nothing. */
  readonly minimumAttempts: number;
}

/** `none` says nothing of the provider's health: throttling, or a fault of ours. `account`: the provider refuses ours. */
export type HealthVerdict = 'success' | 'failure' | 'account' | 'none';

/** What came of the attempts that ended in one slice of the window. */
interface Slice {
  readonly startsAt: number;
  readonly attempts: number;
  readonly failures: number;
}

export type Breaker =
  | { readonly state: 'closed'; readonly slices: readonly Slice[] }
  | { readonly state: 'open'; readonly since: number; readonly until: number; readonly account?: Account | undefined }
  /** Only one message at a time is let through, the probe. */
  | { readonly state: 'half_open'; readonly isProbing: boolean; readonly account?: Account | undefined };

/** The provider refuses our account: `times` in a row. */
interface Account {
  readonly since: number;
  readonly times: number;
}

/** The window slides by this share of itself. */
const SLICES = 10;
/** An account that was refused is looked at again after this, then after twice as long…: many tries would lock it. */
const FIRST_ACCOUNT_MS = 60_000;
const LONGEST_ACCOUNT_MS = 3_600_000;

interface Found {
  readonly ok: boolean;
  readonly account?: true | undefined;
}

export const closedBreaker: Breaker = { state: 'closed', slices: [] };

/** Whether a message may pass. An open breaker waits for `cooled`. */
export function mayPass(breaker: Breaker): boolean {
  return breaker.state === 'closed' || (breaker.state === 'half_open' && !breaker.isProbing);
}

/** A message passes; ask `mayPass` first. In a half-open breaker it is the probe. */
export function pass(breaker: Breaker): { readonly breaker: Breaker; readonly isProbe: boolean } {
  if (breaker.state !== 'half_open') return { breaker, isProbe: false };
  return { breaker: { ...breaker, isProbing: true }, isProbe: true };
}

/** A message came back. What was under way before the breaker opened changes nothing any more. */
export function judge(
  breaker: Breaker,
  end: {
    readonly verdict: HealthVerdict;
    readonly isProbe: boolean;
    readonly now: number;
    readonly policy: BreakerPolicy;
  },
): Breaker {
  const { verdict, isProbe, now, policy } = end;
  // Nothing else matters then, and no second message should meet the same refusal.
  if (verdict === 'account' && (isProbe || breaker.state === 'closed')) return refused(breaker, now);
  if (breaker.state === 'half_open' && isProbe) {
    if (verdict === 'none') return { ...breaker, isProbing: false };
    return verdict === 'success' ? closedBreaker : opened(now, policy);
  }
  if (breaker.state !== 'closed' || verdict === 'none') return breaker;
  const slices = counted(breaker.slices, end);
  const { attempts, failures } = sumOf(slices);
  const isBroken = attempts >= policy.minimumAttempts && failures / attempts >= policy.failureRate;
  return isBroken ? opened(now, policy) : { state: 'closed', slices };
}

/** The cooldown is over; `found` is what a health check said, where one was made. */
export function cooled(
  breaker: Breaker,
  { found, now, policy }: { readonly found: Found; readonly now: number; readonly policy: BreakerPolicy },
): Breaker {
  if (breaker.state !== 'open') return breaker;
  if (found.account) return refused(breaker, now);
  const { since, account } = breaker;
  const known = account && { account };
  return found.ok ? { state: 'half_open', isProbing: false, ...known } : { ...opened(now, policy, since), ...known };
}

/** The provider refuses our account, as a check or a message found: it is left alone, longer each time. */
export function refused(breaker: Breaker, now: number): Breaker {
  const before = breaker.state === 'closed' ? undefined : breaker.account;
  const account = { since: before?.since ?? now, times: (before?.times ?? 0) + 1 };
  const waitMs = Math.min(FIRST_ACCOUNT_MS * 2 ** (account.times - 1), LONGEST_ACCOUNT_MS);
  return { state: 'open', since: account.since, until: now + waitMs, account };
}

/** What it knows of the attempts within its window. */
export function recent(breaker: Breaker, now: number, { windowMs }: BreakerPolicy) {
  if (breaker.state !== 'closed') return undefined;
  return sumOf(breaker.slices.filter(({ startsAt }) => startsAt > now - windowMs));
}

function opened(now: number, { cooldownMs }: BreakerPolicy, since = now): Breaker {
  return { state: 'open', since, until: now + cooldownMs };
}

function counted(
  slices: readonly Slice[],
  { verdict, now, policy }: { readonly verdict: HealthVerdict; readonly now: number; readonly policy: BreakerPolicy },
): readonly Slice[] {
  const failed = verdict === 'failure' ? 1 : 0;
  const last = slices.at(-1);
  if (last && now - last.startsAt < policy.windowMs / SLICES) {
    const more = { ...last, attempts: last.attempts + 1, failures: last.failures + failed };
    return [...slices.slice(0, -1), more];
  }
  const kept = slices.filter(({ startsAt }) => startsAt > now - policy.windowMs);
  return [...kept, { startsAt: now, attempts: 1, failures: failed }];
}

function sumOf(slices: readonly Slice[]): { readonly attempts: number; readonly failures: number } {
  let attempts = 0;
  let failures = 0;
  for (const slice of slices) {
    attempts += slice.attempts;
    failures += slice.failures;
  }
  return { attempts, failures };
}
