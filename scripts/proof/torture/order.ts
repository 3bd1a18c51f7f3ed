/**
 * The order that makes a yes honest, checked on a trace: the message is written to the log of the database, its commit
 * is written, the log is synced, and only then does the yes leave. SIGKILL alone cannot show this, because what was
 * written and not synced survives the process.
 */

import type { Call } from './trace.ts';

export interface Acknowledged {
  readonly token: string;
  readonly messageId: string;
}

/** What is out of order, a sentence each. */
export function checkOrder(calls: readonly Call[], acknowledged: readonly Acknowledged[]): string[] {
  const log = calls.filter((call) => call.path.endsWith('-wal'));
  const writes = log.filter((call) => call.name.startsWith('pwrite') || call.name.startsWith('write'));
  const syncs = log.filter((call) => (call.name === 'fdatasync' || call.name === 'fsync') && call.result === 0);
  const commits = writes.filter((call) => isCommit(call.bytes));
  const replies = calls.filter((call) => call.path.startsWith('socket:'));

  return acknowledged.flatMap(({ token, messageId }) => {
    const yes = replies.find(({ bytes }) => isYes(bytes, messageId));
    if (yes === undefined) return [`${token}: its yes is not in the trace`];
    const written = writes.find(({ bytes }) => bytes.includes(token));
    if (written === undefined) return [`${token}: it was never written to the log`];
    const commit = commits.find((call) => call.began >= written.began);
    const synced = commit && syncs.find((call) => call.began > commit.ended);
    if (synced === undefined) return [`${token}: no sync followed its commit`];
    return synced.ended < yes.began ? [] : [`${token}: its yes left before its commit was synced`];
  });
}

/** RFC 5321 reply or HTTP body. Mail on its way out names the id too, but never in these words. */
function isYes(bytes: Buffer, messageId: string): boolean {
  return bytes.includes(`queued as ${messageId}`) || bytes.includes(`"messageId":"${messageId}"`);
}

/** A frame of SQLite's write-ahead log begins with 24 bytes; bytes 4 to 7 are not zero in the last one of a commit. */
const FRAME_HEADER_BYTES = 24;

function isCommit(bytes: Buffer): boolean {
  return bytes.length === FRAME_HEADER_BYTES && bytes.readUInt32BE(4) !== 0;
}
