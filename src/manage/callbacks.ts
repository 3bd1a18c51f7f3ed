/** What vendors tell by themselves is proved, read, given to the store and counted. A caller without proof learns nothing. */

import type { Clock } from '../core/clock.ts';
import { IepError } from '../core/errors.ts';
import type { NewFeedback, TakenFeedback } from '../db/verbs/feedback.ts';
import { type RecordDeps, record, recordOnce } from '../message/feedback/record.ts';
import type { Callback, CallbackResult } from '../message/providers/inbound.ts';
import type { ProviderDesk } from './providers.ts';

export interface TakenCallback {
  /** Those that are feedback, whether they are new or not. */
  readonly events: number;
  readonly new: number;
  readonly unmatched: number;
  /** Events that mean nothing here. */
  readonly unknown: number;
}

export interface CallbackDesk {
  /**
   * All of it is on disk when this resolves; the same callback again changes nothing. Refuses with `unauthorized`,
   * `not_configured`, `invalid_request` or `proof_unavailable`.
   */
  take(name: string, callback: Omit<Callback, 'now'>): Promise<TakenCallback>;
}

export interface CallbackDeskDeps extends Omit<RecordDeps, 'clock'> {
  readonly clock: Clock;
  readonly providers: Pick<ProviderDesk, 'inboundOf'>;
}

/** Longer than any look at a proof takes: a caller who is refused sooner would learn which names there are. */
const REFUSED_AFTER_MS = 50;

export function createCallbackDesk(deps: CallbackDeskDeps): CallbackDesk {
  const { clock, providers, metrics } = deps;

  return {
    async take(name, callback) {
      const since = clock.monotonic();
      const inbound = providers.inboundOf(name);
      if (inbound === 'not_configured') throw notConfigured(name);
      const result = await inbound?.read({ ...callback, now: clock.now() });
      if (result === undefined || result.kind === 'refused') return refuse(since);
      if (result.kind === 'garbage') throw new IepError('invalid_request', result.why);
      if (result.kind === 'later') throw new IepError('proof_unavailable', result.why, { retryAfterMs: 30_000 });
      const taken = await keep(name, result);
      if (taken === undefined) return refuse(since);
      for (let count = 0; count < result.unknown; count += 1)
        metrics.feedbackEvent({ provider: name, kind: 'unknown' });
      return {
        ...{ events: taken.length, unknown: result.unknown },
        new: taken.filter(({ isNew }) => isNew).length,
        unmatched: taken.filter(({ match }) => match === undefined).length,
      };
    },
  };

  /** Undefined: its token was used before. */
  async function keep(
    provider: string,
    { feedback, token }: CallbackResult & { kind: 'events' },
  ): Promise<readonly TakenFeedback[] | undefined> {
    const told = feedback.map((one): NewFeedback => ({ ...one, provider }));
    return token === undefined ? record(deps, told) : recordOnce(deps, told, token);
  }

  async function refuse(since: number): Promise<never> {
    const left = since + REFUSED_AFTER_MS - clock.monotonic();
    if (left > 0) await new Promise<void>((resolve) => void clock.after(left, resolve));
    throw new IepError('unauthorized', 'Nothing shows that this comes from the vendor of a provider of this name', {
      extra: {
        hint: 'Compare the name, and the key of the callback at the vendor with that in the settings of the provider; a callback that is old or was made up is refused too.',
      },
    });
  }
}

function notConfigured(name: string): IepError {
  return new IepError('not_configured', `The provider ${name} has no key to prove callbacks with`);
}
