/** Whether the daemon can take mail in now: its listeners are up, and a round trip through the store comes back in time. */

import type { Readiness } from '../../api/deps.ts';
import type { Clock } from '../../core/clock.ts';
import { withDeadline } from '../../core/deadline.ts';
import { errorText } from '../../core/error-text.ts';
import type { StorePart } from '../../db/verbs/store.ts';

export interface ReadinessBoard {
  ready(): Promise<Readiness>;
  /** Says how a part is from now on: `ok`, or a word or sentence that says why not. */
  set(part: string, state: string): void;
  /** The same of a part without which the others take mail: it is told, and keeps nobody away. */
  mention(part: string, state: string): void;
  /** What was mentioned is gone. */
  remove(part: string): void;
}

/** A store slower than this makes callers wait longer than they like; a load balancer should choose another. */
const STORE_WAIT_MS = 2_000;

export function createReadiness({ store, clock }: { store: StorePart<'ping'>; clock: Clock }): ReadinessBoard {
  const parts = new Map<string, string>([
    ['http', 'starting'],
    ['smtp', 'starting'],
  ]);
  const mentioned = new Map<string, string>();
  return {
    set: (part, state) => void parts.set(part, state),
    mention: (part, state) => void mentioned.set(part, state),
    remove: (part) => void mentioned.delete(part),
    async ready() {
      const needed = { store: await storeState(store, clock), ...Object.fromEntries(parts) };
      const ok = Object.values(needed).every((state) => state === 'ok');
      return { ok, checks: { ...needed, ...Object.fromEntries(mentioned) } };
    },
  };
}

function storeState(store: StorePart<'ping'>, clock: Clock): Promise<string> {
  const late = () => new Error(`no answer within ${STORE_WAIT_MS} ms`);
  return withDeadline(store.ping(), { clock, limitMs: STORE_WAIT_MS, late }).then(() => 'ok', errorText);
}
