/**
 * The links that a tracked copy has in place of its own, and its pixel. What a link needs is inside its token, which is signed: so
 * nobody makes one that leads elsewhere, and it leads on when the message is long gone.
 */

import { isId } from '../../core/ids.ts';
import { type ReadToken, tokenSigner } from '../../core/signed-token.ts';
import type { HitKind } from '../../core/tracking.ts';

/** Bytes of a message that came whole; a larger one is not held in memory for each recipient. */
export const MAX_TRACKED_MIME = 4 * 1024 * 1024;

/** What the thread that renders needs to know of a copy. */
export interface TrackedCopy {
  /** Where readers reach this platform; without a slash at its end. */
  readonly base: string;
  /** That signs. */
  readonly key: Uint8Array;
  readonly messageId: string;
  /** Of the recipient. */
  readonly position: number;
  readonly opens: boolean;
  readonly clicks: boolean;
  /** Links of the message that stay, such as those of its List-Unsubscribe. */
  readonly kept: readonly string[];
}

/** What a token says. */
export interface ReadHit {
  readonly messageId: string;
  readonly position: number;
  /** Of a click: where it leads. */
  readonly url: string;
  readonly isDecoy: boolean;
}

const PURPOSES: Readonly<Record<HitKind, string>> = { opened: 'tracking pixel', clicked: 'tracked link' };
const PATHS: Readonly<Record<HitKind, string>> = { opened: '/t/o/', clicked: '/t/c/' };
const DECOY = 'decoy';

export interface CopyLinks {
  pixel(): string;
  link(url: string): string;
  /** Leads where `url` does, and tells that nobody saw it. */
  decoy(url: string): string;
}

export function trackedLinks({ base, key, messageId, position }: TrackedCopy): CopyLinks {
  const sign = tokenSigner(key);
  const of = (kind: HitKind, ...more: readonly string[]) =>
    `${base}${PATHS[kind]}${sign(PURPOSES[kind], [messageId, String(position), ...more])}`;
  return {
    pixel: () => of('opened'),
    link: (url) => of('clicked', url),
    decoy: (url) => of('clicked', url, DECOY),
  };
}

/** Undefined for a token that was not made here for that. */
export function readHit(read: ReadToken, kind: HitKind, token: string): ReadHit | undefined {
  const [messageId, position, url = '', mark] = read(PURPOSES[kind], token) ?? [];
  if (messageId === undefined || !isId(messageId) || position === undefined) return undefined;
  return { messageId, position: Number(position), url, isDecoy: mark === DECOY };
}
