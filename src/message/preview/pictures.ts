/** Pictures from outside, fetched for somebody who asked to see them: behind the guard of strangers' addresses, pictures alone, and small. */

import { createHmac } from 'node:crypto';
import type { GuardedAnswer, GuardedFetch } from '../../base/net/guarded-fetch.ts';

/** What browsers draw and nothing of which runs: SVG is not here. */
export const PICTURE_TYPES: ReadonlySet<string> = new Set([
  ...['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif', 'image/bmp', 'image/x-icon'],
  'image/vnd.microsoft.icon',
]);

/** Shows that a view has this picture in it. */
export function pictureProof(url: string, key: Uint8Array): string {
  return createHmac('sha256', key).update(url).digest('base64url');
}

export interface Picture {
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

const MAX_BYTES = 5_000_000;
const TIMEOUT_MS = 8_000;
const MAX_REDIRECTS = 3;

/** Undefined where there is none, or something else is there. `typeOf` looks at the bytes. */
export async function fetchPicture(
  { fetch, typeOf }: { fetch: GuardedFetch; typeOf: (bytes: Uint8Array) => Promise<string | undefined> },
  url: string,
  signal: AbortSignal,
): Promise<Picture | undefined> {
  const answer = await follow(fetch, url, signal);
  if (answer?.kind !== 'answered' || answer.status !== 200 || answer.truncated) return undefined;
  const contentType = await typeOf(answer.body);
  return contentType !== undefined && PICTURE_TYPES.has(contentType) ? { contentType, bytes: answer.body } : undefined;
}

/** Each address on the way is judged as the first one. */
async function follow(fetch: GuardedFetch, first: string, signal: AbortSignal): Promise<GuardedAnswer | undefined> {
  let url = first;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
    const answer = await fetch(url, {
      ...{ method: 'GET', headers: { accept: 'image/*' }, timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES, signal },
    });
    const location =
      answer.kind === 'answered' && answer.status >= 300 && answer.status < 400 && answer.headers.location;
    if (!location) return answer;
    const next = URL.parse(location, url);
    if (next === null) return undefined;
    url = next.href;
  }
  return undefined;
}
