/** The way out: providers that come and go, the choice between them, and the outbox that hands mail to them. */

import type { Directory } from '../../access/directory.ts';
import type { Log } from '../../base/observe/log.ts';
import type { Metrics } from '../../base/observe/metrics.ts';
import type { Trace } from '../../base/observe/trace.ts';
import type { Config } from '../../config/schema.ts';
import type { BreakerState, CheckedHealth } from '../../core/provider-state.ts';
import type { TenantSettings } from '../../core/tenant-settings.ts';
import type { Reserve } from '../../db/datadir/reserve.ts';
import { keptTokens } from '../../manage/kept-tokens.ts';
import { openProvider } from '../../manage/known-providers.ts';
import type { ReturnPaths } from '../../manage/return-path.ts';
import { createVendorReports, type VendorReports } from '../../manage/vendor-reports.ts';
import { createDelivery, type DeliveryOptions } from '../../message/delivery/deliver.ts';
import { ownHeadersBy } from '../../message/delivery/own-headers.ts';
import type { WaysOut } from '../../message/delivery/ways-out.ts';
import type { DkimSigner } from '../../message/dkim/signer.ts';
import { createOutbox, type Outbox } from '../../message/outbox/outbox.ts';
import { tenantPolicyOf } from '../../message/outbox/tenant-policy.ts';
import type { RenderingThread } from '../../message/render/rendering-thread.ts';
import type { LiveConfig } from '../reload/live-config.ts';
import { createGathering } from './attachments.ts';
import { createEventPolling } from './event-polling.ts';
import { checkedProviders, type FollowProviders, followProviders } from './follow-providers.ts';
import { startHealthChecks } from './health-checks.ts';
import type { Ground, Stations } from './stations.ts';

export interface Outbound extends FollowProviders {
  readonly outbox: Outbox;
  readonly ways: WaysOut;
  /** How what vendors tell gets in. */
  readonly vendorReports: VendorReports;
  /** Rejects with the refusal of a configuration that has no providers, or names some that are not there. */
  check(config: Config): Promise<void>;
  /** Fetches no more of what vendors tell. Resolves when what was fetched is on disk. */
  stopPolling(): Promise<void>;
  /** Tries at once all that waits, where somebody asked for that since the last look. */
  hurry(): Promise<void>;
}

/** Refuses with `bad_config` when no provider is configured, or a named one is missing. */
export async function createOutbound(
  deps: Ground &
    Stations & {
      renderers: Pick<RenderingThread, 'held'>;
      metrics: Metrics;
      dkim: DkimSigner;
      returnPaths: Pick<ReturnPaths, 'of'>;
      trace: Trace | undefined;
      reserve: Reserve;
    },
  config: LiveConfig,
): Promise<Outbound> {
  const {
    store,
    clock,
    newId,
    log,
    directory,
    render,
    renderers,
    composeMime,
    readBytes,
    metrics,
    dkim,
    returnPaths,
    trace,
    reserve,
    ownLinks,
  } = deps;
  const known = await checkedProviders(deps, config.now());
  const tenantSettings = settingsFrom(directory);
  const carrying = { clock, hostName: () => config.now().smtp.hostname, tokens: keptTokens(deps) };
  const policy = config.options((now) => now.policy);
  const delivery = createDelivery(
    {
      ...{
        tenantSettings,
        composeMime,
        readBytes,
        clock,
        signatureFor: dkim.signatureFor,
        returnPathOf: returnPaths.of,
        ownHeadersOf: ownHeadersBy(ownLinks),
      },
      providers: known.map((one) => openProvider(one, carrying)),
      onRoom: () => outbox.wake(),
      ...observers(log),
    },
    config.options(deliveryOptions),
  );
  const { ways } = delivery;
  const outbox = createOutbox(
    {
      ...{ store, clock, random: Math.random, owner: newId(), log, metrics, trace, render, reserve },
      gather: createGathering({ ...deps, tenantSettings }, config),
      deliver: delivery.deliver,
      skipTenants: () => [...delivery.skipTenants(), ...renderers.held()],
      tenantPolicy: async (tenantId) => tenantPolicyOf(await tenantSettings(tenantId), policy),
    },
    config.options(({ retry, outbox: { maxInFlight, leaseSeconds } }) => ({
      retry: { ...retry, maxAgeMs: maxAgeMsOf(retry) },
      // With less room, one provider that is stuck could fill the outbox and hold up the others.
      maxInFlight: maxInFlight === undefined ? delivery.capacity : () => maxInFlight,
      leaseMs: leaseSeconds * 1_000,
    })),
  );
  metrics.onProviders(() =>
    ways.states().map(({ name, breaker: { state }, inFlight, health: last }) => ({
      ...{ provider: name, breaker: state, inFlight },
      ...(last && { up: last.ok }),
    })),
  );
  const checks = startHealthChecks(
    { ways, clock },
    config.options(({ health }) => ({ intervalMs: health.intervalSeconds * 1_000 })),
  );
  const vendorReports = createVendorReports(clock);
  const polling = createEventPolling({ ...deps, ways, vendorReports });
  polling.follow();
  const onChange = () => {
    outbox.wake();
    polling.follow();
  };
  const providers = followProviders({ ...deps, ways, onChange }, { config, known });
  let flushes = await store.outbox.flushes();

  return {
    outbox,
    ways,
    vendorReports,
    stopPolling: polling.stop,
    async check(wanted) {
      await checkedProviders(deps, wanted);
    },
    async reload(change) {
      await providers.reload(change);
      checks.follow();
    },
    async hurry() {
      const before = flushes;
      flushes = await store.outbox.flushes();
      if (flushes === before) return;
      ways.hurry();
      outbox.wake();
    },
    async close() {
      checks.stop();
      await polling.stop();
      await providers.close();
    },
  };
}

function deliveryOptions({ routing, breaker, health, retry }: Config): DeliveryOptions {
  return {
    routing,
    breaker: {
      ...breaker,
      windowMs: breaker.windowSeconds * 1_000,
      cooldownMs: breaker.cooldownSeconds * 1_000,
    },
    checks: health.intervalSeconds > 0,
    maxAgeMs: maxAgeMsOf(retry),
  };
}

function maxAgeMsOf({ maxAgeHours }: Config['retry']): number {
  return maxAgeHours * 3_600_000;
}

function observers(log: Log) {
  return {
    onBreaker(provider: string, state: BreakerState) {
      const line = { provider, breaker: state };
      if (state === 'open') log.warn(line, 'the breaker opened: the provider is left alone for a while');
      else if (state === 'half_open') log.info(line, 'the provider is tried with a single message');
      else log.info(line, 'the breaker closed: the provider works again');
    },
    onHealth(provider: string, { ok, detail }: CheckedHealth, before: CheckedHealth | undefined) {
      if (before?.ok === ok) return;
      if (!ok) log.warn({ provider, ok, detail }, 'a provider is unwell');
      else if (before) log.info({ provider, ok, detail }, 'a provider is well again');
    },
  };
}

/** A tenant that was removed while its mail was under way has no wishes any more. */
function settingsFrom(directory: Directory): (tenantId: string) => Promise<TenantSettings> {
  return async (tenantId) => (await directory.byId(tenantId))?.settings ?? {};
}
