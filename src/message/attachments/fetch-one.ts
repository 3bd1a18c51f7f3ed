/** Fetches one attachment from its URL, and checks it as it would have been checked had it come with the message. */

import type { GuardedAnswer, GuardedFetch } from '../../base/net/guarded-fetch.ts';
import type { PendingAttachment } from '../../core/message.ts';
import { typeFault } from './check-type.ts';
import { detectType } from './detect-type.ts';
import { fetchedName } from './fetched-name.ts';
import { isAllowedType, mediaType } from './media-type.ts';
import { shownUrl } from './url.ts';

export interface FetchedFile {
  readonly filename: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

export type FetchedOne =
  | { readonly kind: 'fetched'; readonly file: FetchedFile }
  /** `isFinal`: asking again would not help (seed 001 §11). The reason names the URL without its query. */
  | { readonly kind: 'failed'; readonly isFinal: boolean; readonly reason: string };

export interface FetchLimits {
  readonly maxBytes: number;
  readonly types: readonly string[];
  readonly timeoutMs: number;
}

/** Answers below 500 that pass (RFC 9110, 8470, 6585). */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429]);

const TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/;
/** What servers say of a file that they know nothing of. */
const UNTOLD: ReadonlySet<string> = new Set(['application/octet-stream', 'binary/octet-stream', '']);

export async function fetchOne(
  fetch: GuardedFetch,
  pending: PendingAttachment,
  { maxBytes, types, timeoutMs, signal }: FetchLimits & { readonly signal: AbortSignal },
): Promise<FetchedOne> {
  const failed = (isFinal: boolean, what: string): FetchedOne => ({
    kind: 'failed',
    isFinal,
    reason: `the attachment at ${shownUrl(pending.url)} ${what}`.slice(0, 400),
  });
  const answer = await fetch(pending.url, { method: 'GET', headers: { accept: '*/*' }, timeoutMs, maxBytes, signal });
  if (answer.kind === 'refused') return failed(true, `may not be fetched: ${answer.reason}`);
  if (answer.kind === 'failed') return failed(false, `could not be fetched: ${answer.reason}`);
  const { status } = answer;
  if (status >= 300 && status < 400) return failed(true, `is elsewhere (${status}); redirects are not followed`);
  if (status !== 200) return failed(status < 500 && !PASSING.has(status), `was answered with ${status}`);
  if (answer.truncated) return failed(true, `is larger than the ${maxBytes} bytes that are left for it`);

  const contentType = pending.contentType ?? (await typeOf(answer));
  if (contentType === undefined) return failed(true, 'has no type; name one as contentType');
  if (!isAllowedType(contentType, types)) {
    return failed(true, `is ${mediaType(contentType)}, which is not an allowed type`);
  }
  const filename = pending.filename ?? fetchedName(pending.url, answer.headers['content-disposition']);
  const file = { filename, contentType, bytes: answer.body };
  const fault = await typeFault(file);
  return fault === undefined ? { kind: 'fetched', file } : failed(true, fault);
}

/** What the server says or, where it says nothing of use, what the content is. */
async function typeOf({ headers, body }: GuardedAnswer & { kind: 'answered' }): Promise<string | undefined> {
  const told = mediaType(headers['content-type'] ?? '');
  return UNTOLD.has(told) || !TYPE.test(told) ? detectType(body) : told;
}
