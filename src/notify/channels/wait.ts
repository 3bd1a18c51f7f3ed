/** How long an answer asks to wait. */

import type { PostAnswer, PostOutcome } from './channel.ts';

const MAX_WAIT_MS = 24 * 3_600_000;

/** `Retry-After` of 429 and 503, in seconds or as a date (RFC 9110 §10.2.3). */
export function waitOf({ status, headers, at }: PostAnswer): number | undefined {
  const asked = headers['retry-after'];
  if (asked === undefined || (status !== 429 && status !== 503)) return undefined;
  const waitMs = /^\d{1,9}$/.test(asked) ? Number(asked) * 1_000 : Date.parse(asked) - at;
  return waitMs > 0 ? Math.min(waitMs, MAX_WAIT_MS) : undefined;
}

/** What says that it is only not taken now: 408, 425, 429 and faults of the server. */
export function deferredBy(heard: PostAnswer, who: string): PostOutcome | undefined {
  const { status } = heard;
  if (status < 500 && ![408, 425, 429].includes(status)) return undefined;
  const retryAfterMs = waitOf(heard);
  const reason = `${who} is not taking it now: HTTP ${status}`;
  return { kind: 'deferred', reason, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}
