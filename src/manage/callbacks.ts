/** What vendors tell by themselves is proved, read, given to the store and counted. A caller without proof learns nothing. */

import type { Clock } from '../core/clock.ts';
import { IepError } from '../core/errors.ts';
import type { TakenFeedback } from '../db/verbs/feedback.ts';
import { type CameBack, type RecordDeps, record, recordOnce } from '../message/feedback/record.ts';
import type { Callback, CallbackResult } from '../message/providers/inbound.ts';
import type { CallbackListener, ProviderDesk } from './providers.ts';
import { type CallbackRefusal, refusalText, type VendorReports } from './vendor-reports.ts';

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
   * All of it is on disk when this resolves; the same callback again changes nothing. Refuses with `callback_refused`,
   * `not_configured`, `invalid_request` or `proof_unavailable`.
   */
  take(name: string, callback: Omit<Callback, 'now'>): Promise<TakenCallback>;
}

export interface CallbackDeskDeps extends Omit<RecordDeps, 'clock' | 'metrics'> {
  readonly clock: Clock;
  readonly providers: Pick<ProviderDesk, 'listenerOf'>;
  readonly vendorReports: Pick<VendorReports, 'taken' | 'refused'>;
  readonly log: {
    readonly [level in 'info' | 'warn' | 'error']: (fields: Readonly<Record<string, unknown>>, message: string) => void;
  };
  readonly metrics: RecordDeps['metrics'] & {
    callbackRefused(labels: { readonly provider: string; readonly reason: string }): void;
  };
}

/** Longer than any look at a proof takes: a caller who is refused sooner would learn which names there are. */
const REFUSED_AFTER_MS = 50;

export function createCallbackDesk(deps: CallbackDeskDeps): CallbackDesk {
  const { clock, providers, metrics, vendorReports, log } = deps;

  return {
    async take(called, callback) {
      const since = clock.monotonic();
      const listener = providers.listenerOf(called);
      if (listener === undefined) {
        // A name that a stranger made up is kept nowhere.
        metrics.callbackRefused({ provider: '', reason: 'unknown_provider' });
        return refuse(since);
      }
      const { name, inbound, setting } = listener;
      if (inbound === undefined) {
        noteRefused(name, 'not_configured');
        throw notConfigured(name, setting);
      }
      const result = await inbound.read({ ...callback, now: clock.now() });
      if (result.kind === 'refused') {
        noteRefused(name, result.reason);
        return refuse(since);
      }
      if (result.kind === 'garbage') throw new IepError('invalid_request', result.why);
      if (result.kind === 'later') throw new IepError('proof_unavailable', result.why, { retryAfterMs: 30_000 });
      const taken = await keep(listener, result);
      if (taken === undefined) {
        noteRefused(name, 'used_token');
        return refuse(since);
      }
      vendorReports.taken(name);
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
    { name: provider, formerNames }: CallbackListener,
    { feedback, token }: CallbackResult & { kind: 'events' },
  ): Promise<readonly TakenFeedback[] | undefined> {
    const told: CameBack = {
      door: 'callback',
      feedback: feedback.map((one) => ({ ...one, provider, ...(formerNames && { formerNames }) })),
    };
    return token === undefined ? record(deps, told) : recordOnce(deps, told, token);
  }

  function noteRefused(provider: string, reason: CallbackRefusal): void {
    metrics.callbackRefused({ provider, reason });
    if (!vendorReports.refused(provider, reason)) return;
    log.warn({ provider, reason }, `a callback is refused: ${refusalText[reason]}`);
  }

  async function refuse(since: number): Promise<never> {
    const left = since + REFUSED_AFTER_MS - clock.monotonic();
    if (left > 0) await new Promise<void>((resolve) => void clock.after(left, resolve));
    throw new IepError('callback_refused', 'Nothing shows that this comes from the vendor of a provider of this name');
  }
}

function notConfigured(name: string, setting: string): IepError {
  return new IepError('not_configured', `The provider ${name} has nothing to prove callbacks with`, {
    extra: { hint: `Set ${setting}: docs/providers.md says where the vendor shows it.` },
  });
}
