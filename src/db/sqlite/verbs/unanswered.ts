/** Which provider may have taken a message that is still open: it was given it and never answered. */

import type { Connection } from '../connection.ts';

/** `attempts`: how many were counted since the message was accepted or retried by hand; what was before counts no more. */
export function unansweredBy(db: Connection): (seq: number, attempts: number) => string | undefined {
  const select = db.prepare<[number], { provider: string; outcome: string; counted: number }>(
    'SELECT provider, outcome, counted FROM attempts WHERE message_seq = +? ORDER BY number DESC',
  );
  return (seq, attempts) => {
    if (attempts === 0) return undefined;
    let left = attempts;
    for (const { provider, outcome, counted } of select.all(seq)) {
      if (outcome === 'unknown') return provider;
      left -= counted;
      if (left === 0) return undefined;
    }
    return undefined;
  };
}
