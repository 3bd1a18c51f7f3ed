/**
 * The order that makes a yes honest, checked on a trace: the message is written to the log of the database, its commit
 * is written, the log is synced, and only then does the yes leave. A large body is a file of its own, which has its
 * bytes and its name on disk before that commit. SIGKILL alone cannot show this, because what was written and not
 * synced survives the process.
 */

import { dirname } from 'node:path';
import type { SystemCall } from './trace.ts';

export interface Acknowledged {
  readonly token: string;
  readonly messageId: string;
}

/** What is out of order, a sentence each. */
export function checkOrder(calls: readonly SystemCall[], acknowledged: readonly Acknowledged[]): string[] {
  const trace = sort(calls);
  return acknowledged.flatMap((one) => {
    const fault = faultOf(trace, one);
    return fault === undefined ? [] : [`${one.token}: ${fault}`];
  });
}

/** How many of them had their body in a file. */
export function countFiles(calls: readonly SystemCall[], acknowledged: readonly Acknowledged[]): number {
  const { files } = sort(calls);
  return acknowledged.filter(({ token }) => files.some(({ bytes }) => bytes.includes(token))).length;
}

type Sorted = ReturnType<typeof sort>;

function sort(calls: readonly SystemCall[]) {
  const isWrite = ({ name }: SystemCall) => name.startsWith('pwrite') || name.startsWith('write');
  return {
    frames: framesOf(calls.filter((call) => call.path.endsWith('-wal') && isWrite(call))),
    files: calls.filter((call) => call.path.includes('/blobs/') && isWrite(call)),
    renames: calls.filter(({ name, result }) => name.startsWith('rename') && result === 0),
    syncs: calls.filter(({ name, result }) => (name === 'fsync' || name === 'fdatasync') && result === 0),
    replies: calls.filter(({ path }) => path.startsWith('socket:')),
  };
}

function faultOf(trace: Sorted, { token, messageId }: Acknowledged): string | undefined {
  const yes = trace.replies.find(({ bytes }) => isYes(bytes, messageId));
  if (yes === undefined) return 'its yes is not in the trace';
  const written = trace.frames.find(({ page }) => page.includes(token));
  if (written === undefined) return 'it was never written to the log';
  const commit = trace.frames.find((frame) => frame.commits && frame.began >= written.began);
  const synced = commit && syncAfter(trace, commit.ended, (path) => path.endsWith('-wal'));
  if (commit === undefined || synced === undefined) return 'no sync followed its commit';
  if (synced.ended >= yes.began) return 'its yes left before its commit was synced';

  const file = trace.files.findLast(({ bytes }) => bytes.includes(token));
  return file && fileFaultOf(trace, file, commit);
}

/** `last`: the last write of a body that is a file. */
function fileFaultOf(trace: Sorted, last: SystemCall, commit: Frame): string | undefined {
  const synced = syncAfter(trace, last.ended, (path) => path === last.path);
  const named = synced && trace.renames.find((call) => call.began > synced.ended && call.bytes.includes(last.path));
  const folder = named && dirname(named.bytes.toString().slice(last.path.length));
  const durable = named && syncAfter(trace, named.ended, (path) => path === folder);
  if (durable === undefined) return 'its file was not synced, named, and its folder synced, in this order';
  return durable.ended < commit.began ? undefined : 'its commit was written before its file was on disk';
}

function syncAfter({ syncs }: Sorted, moment: number, of: (path: string) => boolean): SystemCall | undefined {
  return syncs.find((call) => call.began > moment && of(call.path));
}

/** RFC 5321 reply or HTTP body. Mail on its way out names the id too, but never in these words. */
function isYes(bytes: Buffer, messageId: string): boolean {
  return bytes.includes(`queued as ${messageId}`) || bytes.includes(`"messageId":"${messageId}"`);
}

/** A frame of SQLite's write-ahead log: a header of 24 bytes and a page, which may come in two writes. */
interface Frame {
  readonly began: number;
  ended: number;
  page: Buffer;
  /** Whether it is the last of a commit: bytes 4 to 7 of its header are not zero. */
  readonly commits: boolean;
}

const FRAME_HEADER_BYTES = 24;
/** How the log's own header begins, which is written when the log begins anew (https://sqlite.org/walformat.html). */
const LOG_MAGIC = [0x377f0682, 0x377f0683];
const LOG_HEADER_BYTES = 32;

function framesOf(writes: readonly SystemCall[]): readonly Frame[] {
  const frames: Frame[] = [];
  for (const { began, ended, bytes } of writes) {
    if (bytes.length === LOG_HEADER_BYTES && LOG_MAGIC.includes(bytes.readUInt32BE(0))) continue;
    const open = frames.at(-1);
    if (bytes.length === FRAME_HEADER_BYTES) {
      frames.push({ began, ended, page: Buffer.alloc(0), commits: bytes.readUInt32BE(4) !== 0 });
    } else if (open) {
      open.ended = ended;
      open.page = Buffer.concat([open.page, bytes]);
    }
  }
  return frames;
}
