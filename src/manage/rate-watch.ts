/**
 * Tells the log, the metrics and the audit log of each rate of a tenant that became too high, once. The event log is the source, and
 * where it was read to is kept: so one that a command or a daemon before this one recorded is told too.
 */

import type { Clock } from '../core/clock.ts';
import type { StorePart } from '../db/verbs/store.ts';
import type { RaisedAlert } from '../db/verbs/tallies.ts';
import { type Audit, systemActor } from './audit/audit.ts';

export interface RateWatch {
  start(): void;
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>;
}

export interface RateWatchDeps {
  readonly store: StorePart<'tallies.raisedAlerts' | 'tallies.alertsTold' | 'onChange'>;
  readonly audit: Pick<Audit, 'record'>;
  readonly clock: Pick<Clock, 'after'>;
  readonly log: {
    readonly [level in 'warn' | 'error']: (fields: Readonly<Record<string, unknown>>, message: string) => void;
  };
  readonly metrics: { rateAlert(labels: { readonly tenant: string; readonly rate: string }): void };
}

const BATCH = 100;
/** Commits that come close together are looked at together. */
const GATHER_MS = 250;
const RETRY_MS = 5_000;

export function createRateWatch({ store, audit, clock, log, metrics }: RateWatchDeps): RateWatch {
  let running = false;
  /** Something was committed that was not looked at. */
  let isBehind = false;
  let cancelWait: (() => void) | undefined;
  let looking: Promise<void> | undefined;
  let stopListening: () => void = () => undefined;

  const wake = () => {
    isBehind = true;
    schedule(GATHER_MS);
  };

  function schedule(waitMs: number): void {
    if (!running || cancelWait || looking) return;
    cancelWait = clock.after(waitMs, () => {
      cancelWait = undefined;
      let nextMs = GATHER_MS;
      looking = look()
        .catch((error: unknown) => {
          isBehind = true;
          nextMs = RETRY_MS;
          log.error({ error }, 'an alert could not be told; it is tried again');
        })
        .finally(() => {
          looking = undefined;
          if (isBehind) schedule(nextMs);
        });
    });
  }

  async function look(): Promise<void> {
    isBehind = false;
    while (running) {
      const alerts = await store.tallies.raisedAlerts({ limit: BATCH });
      for (const alert of alerts) await tell(alert);
      const last = alerts.at(-1);
      if (last === undefined) return;
      await store.tallies.alertsTold({ position: last.event.position });
    }
  }

  async function tell({ tenant, event }: RaisedAlert): Promise<void> {
    const { type, tenantId, data } = event;
    const rate = type === 'tenant.bounce_rate' ? 'bounced' : 'complained';
    metrics.rateAlert({ tenant: tenantId, rate });
    log.warn({ tenantId, tenant, event: type, ...data }, 'the rate of a tenant is too high');
    if (data.paused !== true) return;
    await audit.record({
      ...{ actor: systemActor('rates'), source: 'local', action: 'queue.pause', outcome: 'done', tenant },
      changes: { after: data },
    });
  }

  return {
    start() {
      running = true;
      stopListening = store.onChange(wake);
      wake();
    },
    async stop() {
      running = false;
      stopListening();
      cancelWait?.();
      await looking;
    },
  };
}
