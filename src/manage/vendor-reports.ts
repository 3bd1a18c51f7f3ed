/**
 * How what vendors tell gets in: whether a provider's callbacks or its queue are set up, when a callback was last taken, and why one was
 * refused. Kept in memory, of providers that exist alone.
 */

import type { Clock } from '../core/clock.ts';
import type { ProofFault } from '../message/providers/inbound.ts';

/** `not_configured`: nothing is set to prove it with; `unknown_provider`: no provider of that name takes callbacks. */
export type CallbackRefusal = ProofFault | 'not_configured' | 'unknown_provider';

/** For the operator; the caller is not told. */
export const refusalText: Readonly<Record<CallbackRefusal, string>> = {
  no_proof: 'it has no signature or login',
  wrong_proof: 'its signature or login is not of the key or login in the settings of the provider',
  too_old: 'it is too old, or the clock of this machine is wrong',
  other_topic: 'its topic is not in events.topicArns',
  used_token: 'its token was used before',
  not_configured: 'the provider has nothing to prove callbacks with',
  unknown_provider: 'no provider of this name takes callbacks',
};

export interface VendorReportState {
  /** When a callback was last taken; epoch ms. */
  readonly takenAt?: number;
  readonly refused?: { readonly at: number; readonly reason: CallbackRefusal };
  /** Of the queue that the provider is told to read. `problem`: why it cannot be read now. */
  readonly queue?: { readonly where: string; readonly problem?: string };
}

export interface VendorReports {
  taken(provider: string): void;
  /** Returns whether the log is to tell it: once a minute for each provider and reason. */
  refused(provider: string, reason: CallbackRefusal): boolean;
  queue(provider: string, state: NonNullable<VendorReportState['queue']>): void;
  /** The provider is gone, or is made anew. */
  queueEnded(provider: string): void;
  of(provider: string): VendorReportState;
  /** Each queue that is read. */
  queues(): readonly { readonly provider: string; readonly up: boolean }[];
}

const QUIET_MS = 60_000;

export function createVendorReports(clock: Pick<Clock, 'now'>): VendorReports {
  const states = new Map<string, VendorReportState>();
  const toldAt = new Map<string, number>();
  const of = (provider: string) => states.get(provider) ?? {};
  const change = (provider: string, more: VendorReportState) => states.set(provider, { ...of(provider), ...more });

  return {
    taken: (provider) => void change(provider, { takenAt: clock.now() }),
    refused(provider, reason) {
      const at = clock.now();
      change(provider, { refused: { at, reason } });
      const line = `${provider} ${reason}`;
      if (at - (toldAt.get(line) ?? Number.NEGATIVE_INFINITY) < QUIET_MS) return false;
      toldAt.set(line, at);
      return true;
    },
    queue: (provider, queue) => void change(provider, { queue }),
    queueEnded(provider) {
      const { queue: _, ...others } = of(provider);
      states.set(provider, others);
    },
    of,
    queues: () =>
      [...states].flatMap(([provider, { queue }]) =>
        queue === undefined ? [] : [{ provider, up: queue.problem === undefined }],
      ),
  };
}
