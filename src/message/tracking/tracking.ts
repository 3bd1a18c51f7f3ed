/** What the pixel and the links of tracked mail do when they are asked for: say where to go, at once, and have it noted. */

import type { Clock } from '../../core/clock.ts';
import type { ReadToken } from '../../core/signed-token.ts';
import type { HitKind } from '../../core/tracking.ts';
import { type ReadHit, readHit } from './links.ts';
import type { HitRecorder } from './recorder.ts';

/** Who asks. */
export interface MailReader {
  readonly ip: string;
  readonly userAgent: string | undefined;
  readonly isHead: boolean;
}

export interface TrackingDesk {
  /** Where the link leads; empty for a pixel. Undefined: the token was not made here. */
  visit(kind: HitKind, token: string, visitor: MailReader): Promise<string | undefined>;
}

/** Characters of what a program says of itself that are kept. */
const MAX_AGENT = 500;
/** How long keys are not read again. A token of a key that came since is looked at again, though seldom: anybody may show one. */
const KEYS_MS = 60_000;
const NEW_KEYS_MS = 5_000;

export function createTrackingDesk(deps: {
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly reader: () => Promise<ReadToken>;
  readonly recorder: Pick<HitRecorder, 'take'>;
}): TrackingDesk {
  const { clock, recorder } = deps;
  let known: { readonly read: Promise<ReadToken>; readonly at: number } | undefined;

  function keysYoungerThan(ms: number): Promise<ReadToken> {
    if (known === undefined || clock.monotonic() - known.at > ms) {
      const fresh = { read: deps.reader(), at: clock.monotonic() };
      known = fresh;
      fresh.read.catch(() => {
        if (known === fresh) known = undefined;
      });
    }
    return known.read;
  }

  async function find(kind: HitKind, token: string): Promise<ReadHit | undefined> {
    const found = readHit(await keysYoungerThan(KEYS_MS), kind, token);
    return found ?? readHit(await keysYoungerThan(NEW_KEYS_MS), kind, token);
  }

  return {
    async visit(kind, token, { ip, userAgent, isHead }) {
      const found = await find(kind, token);
      if (found === undefined) return undefined;
      const { messageId, position, url, isDecoy } = found;
      recorder.take({
        ...{ messageId, position, kind, at: clock.now(), ip },
        ...(url !== '' && { url }),
        ...(userAgent !== undefined && userAgent !== '' && { userAgent: userAgent.slice(0, MAX_AGENT) }),
        ...(isHead && { isHead }),
        ...(isDecoy && { isDecoy }),
      });
      return url;
    },
  };
}
