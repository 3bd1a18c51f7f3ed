/**
 * Whether a notification reaches somebody by a channel now, later or not: one pure function, in the order in which the questions
 * are asked. What counts and what gathers is told as windows, which the store holds it to.
 */

import type { ChannelType, NotificationTypeSpec } from '../core/notification.ts';
import type { RecipientText, WindowKind } from '../core/notification-delivery.ts';
import type { Preferences } from '../core/preferences.ts';
import type { OpenWindow, Verdict, WindowTake } from '../db/verbs/notifications.ts';
import { digestEnd } from './digest.ts';
import { groupKey, wayKey } from './group.ts';
import { type Frequency, preferred } from './preferences.ts';
import { quietUntil } from './quiet-hours.ts';

export interface Deciding {
  readonly now: number;
  /** Undefined: it was removed. */
  readonly type: (NotificationTypeSpec & { readonly name: string }) | undefined;
  readonly recipient: RecipientText;
  readonly channel: ChannelType;
  readonly hasAddress: boolean;
  readonly isSuppressed: boolean;
  /** From mail of the type's category. */
  readonly isUnsubscribed: boolean;
  /** Absent where nobody decides, as of a channel of the tenant. */
  readonly preferences?: Preferences | undefined;
  /** An IANA name. */
  readonly zone: string;
  /** What it is grouped by; absent where its data have none. */
  readonly group?: string | undefined;
  readonly windowOf: (kind: WindowKind, key: string) => OpenWindow | undefined;
  /** It was held before, and what counts has been counted. */
  readonly wasHeld?: boolean;
}

export interface Decision {
  readonly verdict: Verdict;
  /** Windows that it counts in, in this order. */
  readonly takes: readonly WindowTake[];
  /** What a critical type passed. */
  readonly passed: readonly string[];
}

type Type = NonNullable<Deciding['type']>;

const MINUTE_MS = 60_000;

export function decide(input: Deciding): Decision {
  const { type } = input;
  if (type === undefined)
    return { verdict: { kind: 'cancelled', reason: 'its type was removed' }, takes: [], passed: [] };
  const { preferences = {}, channel } = input;
  const { isOn, frequency } = preferred(preferences, { type: type.name, category: type.category, channel });
  const skipped = skippedFor(input, type, isOn);
  if (skipped !== undefined) return { verdict: { kind: 'skipped', reason: skipped }, takes: [], passed: [] };

  const quiet = quietAt(input, input.now);
  const digest = digestOf(type, frequency);
  if (type.critical) return { verdict: { kind: 'now' }, takes: [], passed: passedBy({ isOn, quiet, digest }) };
  const takes: WindowTake[] = [];
  const held = input.wasHeld === true ? undefined : heldIn(input, { type, digest, takes });
  const verdict =
    held ?? (quiet === undefined ? undefined : ({ kind: 'held', reason: 'quiet_hours', until: quiet } as const));
  return { verdict: verdict ?? { kind: 'now' }, takes, passed: [] };
}

function skippedFor(
  { hasAddress, isSuppressed, isUnsubscribed }: Deciding,
  { critical, unsubscribable }: Type,
  isOn: boolean,
) {
  if (!hasAddress) return 'no_address';
  if (isSuppressed) return 'suppressed';
  if (isUnsubscribed && unsubscribable) return 'unsubscribed';
  return isOn || critical || !unsubscribable ? undefined : 'preference';
}

function passedBy({ isOn, quiet, digest }: { isOn: boolean; quiet: number | undefined; digest: object | undefined }) {
  return [
    ...(isOn ? [] : ['preference']),
    ...(digest === undefined ? [] : ['digest']),
    ...(quiet === undefined ? [] : ['quiet_hours']),
  ];
}

/** The windows that it meets on its way: the first that holds it is the last that it comes to. */
function heldIn(
  input: Deciding,
  { type, digest, takes }: { type: Type; digest: NonNullable<Type['digest']> | undefined; takes: WindowTake[] },
): Verdict | undefined {
  const { now, group, recipient, channel, windowOf } = input;
  const way = { type: type.name, recipient, channel };
  const hold = (kind: WindowKind, key: string, open: OpenWindow): Verdict => {
    const reason = kind === 'group' ? 'grouped' : kind === 'rate' ? 'rate_limited' : 'digest';
    return { kind: 'held', reason, until: open.endsAt, window: { kind, key, no: open.no } };
  };
  const counted = (
    kind: 'group' | 'rate',
    key: string,
    { count, windowMinutes }: { count: number; windowMinutes: number },
  ) => {
    const open = windowOf(kind, key);
    if (open !== undefined && open.count >= count) return hold(kind, key, open);
    takes.push({ kind, key, endsAt: awake(input, now + windowMinutes * MINUTE_MS), limit: count });
    return undefined;
  };
  if (type.group !== undefined && group !== undefined) {
    const held = counted('group', groupKey(way, group), { count: 1, windowMinutes: type.group.windowMinutes });
    if (held !== undefined) return held;
  }
  if (type.rateLimit !== undefined) {
    const held = counted('rate', wayKey(way), type.rateLimit);
    if (held !== undefined) return held;
  }
  if (digest === undefined) return undefined;
  const key = wayKey(way);
  const open = windowOf('digest', key);
  if (open !== undefined) return hold('digest', key, open);
  const until = awake(input, digestEnd(digest, input));
  return { kind: 'held', reason: 'digest', until, window: { kind: 'digest', key } };
}

/** What the subscriber prefers takes the place of what the type says. */
function digestOf({ digest }: Type, frequency: Frequency | undefined): Type['digest'] {
  if (frequency === undefined) return digest;
  return frequency === 'immediate' ? undefined : { ...digest, every: frequency };
}

/** A window that would end in quiet hours ends with them, so that one digest comes of a night. */
function awake(input: Deciding, at: number): number {
  return quietAt(input, at) ?? at;
}

function quietAt({ preferences, zone }: Deciding, now: number): number | undefined {
  const hours = preferences?.quietHours;
  return hours === undefined ? undefined : quietUntil(hours, { now, zone });
}

/** The windows that a decision looks at. */
export function windowsOf({
  type,
  recipient,
  channel,
  group,
}: Pick<Deciding, 'type' | 'recipient' | 'channel' | 'group'>) {
  if (type === undefined || type.critical) return [];
  const way = { type: type.name, recipient, channel };
  const key = wayKey(way);
  return [
    ...(type.group === undefined || group === undefined ? [] : [{ kind: 'group' as const, key: groupKey(way, group) }]),
    ...(type.rateLimit === undefined ? [] : [{ kind: 'rate' as const, key }]),
    { kind: 'digest' as const, key },
  ];
}
