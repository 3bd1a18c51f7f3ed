/**
 * Senders whose mail a provider does not take, such as those of a domain that nobody verified there: each is left alone for a while,
 * longer each time, and nobody else. One message of it goes first when that is over.
 */

import type { Clock } from '../../core/clock.ts';
import type { ProviderReply } from '../../core/outcome.ts';

export interface RefusedSenders {
  /** Undefined where its mail may be tried. */
  find(sender: string): { readonly waitMs: number; readonly said: string } | undefined;
  refuse(sender: string, reply: ProviderReply): void;
  /** Its mail was taken. */
  forget(sender: string): void;
  /** All may be tried. */
  clear(): void;
}

interface Refusal {
  readonly until: number;
  readonly times: number;
  readonly said: string;
  /** One message has gone first. */
  readonly isProbing: boolean;
}

const FIRST_MS = 60_000;
const LONGEST_MS = 600_000;
/** For the message that goes first to be answered. */
const PROBE_MS = 60_000;
/** Senders that are remembered; one that is forgotten is tried once more. */
const MAX_SENDERS = 10_000;

export function createRefusedSenders(clock: Pick<Clock, 'monotonic'>): RefusedSenders {
  const refusals = new Map<string, Refusal>();

  return {
    find(sender) {
      const known = refusals.get(keyOf(sender));
      if (known === undefined) return undefined;
      const waitMs = Math.ceil(known.until - clock.monotonic());
      if (waitMs > 0) return { waitMs, said: known.said };
      refusals.set(keyOf(sender), { ...known, until: clock.monotonic() + PROBE_MS, isProbing: true });
      return undefined;
    },
    refuse(sender, { text }) {
      const known = refusals.get(keyOf(sender));
      // It was under way with the one that was refused.
      if (known !== undefined && !known.isProbing) return;
      const times = (known?.times ?? 0) + 1;
      const waitMs = Math.min(FIRST_MS * 2 ** (times - 1), LONGEST_MS);
      refusals.delete(keyOf(sender));
      refusals.set(keyOf(sender), { until: clock.monotonic() + waitMs, times, said: text, isProbing: false });
      const [oldest] = refusals.keys();
      if (refusals.size > MAX_SENDERS && oldest !== undefined) refusals.delete(oldest);
    },
    forget: (sender) => void refusals.delete(keyOf(sender)),
    clear: () => refusals.clear(),
  };
}

function keyOf(sender: string): string {
  return sender.toLowerCase();
}
