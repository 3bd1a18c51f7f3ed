/** Which provider may have taken a message that is still open, for the verbs that ask inside their transaction. */

import { type AttemptEnd, unansweredProvider } from '../../rules/unanswered.ts';
import type { Connection } from '../connection.ts';

/** `attempts`: how many were counted since the message was accepted or retried by hand. */
export function unansweredBy(db: Connection): (seq: number, attempts: number) => Promise<string | undefined> {
  const newestFirst = db.prepare<[number], AttemptEnd>(
    'SELECT provider, outcome, counted FROM attempts WHERE message_seq = ? ORDER BY number DESC',
  );
  return async (seq, attempts) =>
    attempts === 0 ? undefined : unansweredProvider(await newestFirst.all(seq), attempts);
}
