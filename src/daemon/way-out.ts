/** The way out: providers that come and go, the choice between them, and the outbox that hands mail to them. */

import type { Directory } from '../access/directory.ts';
import { type Config, missingProviders } from '../config/schema.ts';
import { IepError } from '../core/errors.ts';
import type { BreakerState, CheckedHealth } from '../core/provider-state.ts';
import type { TenantSettings } from '../core/tenant-settings.ts';
import { createDelivery } from '../delivery/deliver.ts';
import type { WaysOut } from '../delivery/ways-out.ts';
import type { DkimSigner } from '../dkim/signer.ts';
import type { Log } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Trace } from '../observe/trace.ts';
import { createOutbox, type Outbox } from '../outbox/outbox.ts';
import { tenantPolicyOf } from '../outbox/tenant-policy.ts';
import type { Provider } from '../providers/provider.ts';
import { createGathering } from './gathering.ts';
import { startHealthChecks } from './health-checks.ts';
import { type KnownProvider, openProvider, readProviders } from './providers.ts';
import type { Ground, Stations } from './stations.ts';

export interface WayOut {
  readonly outbox: Outbox;
  readonly ways: WaysOut;
  /** Brings the ways out in line with the providers there are now. */
  reload(): Promise<void>;
  /** Tries at once all that waits, where somebody asked for that since the last look. */
  hurry(): Promise<void>;
  close(): Promise<void>;
}

/** Refuses with `bad_config` where there is no provider, or where the settings of one contradict each other. */
export async function createWayOut(
  deps: Ground & Stations & { metrics: Metrics; dkim: DkimSigner; trace: Trace | undefined },
  config: Config,
): Promise<WayOut> {
  const { store, clock, newId, log, directory, render, composeMime, metrics, dkim, trace } = deps;
  let known = await readProviders(deps, config);
  refuseWithoutProviders(known, config);
  const providers = known.map((one) => openProvider(one, { clock }));
  if (config.policy.sending === 'off') log.warn({}, 'sending is off: mail is accepted and recorded, and not delivered');
  const tenantSettings = settingsFrom(directory);
  const maxAgeMs = config.retry.maxAgeHours * 3_600_000;
  const { breaker, health } = config;
  const delivery = createDelivery(
    {
      ...{ providers, tenantSettings, composeMime, clock, signatureFor: dkim.signatureFor },
      onRoom: () => outbox.wake(),
      ...observers(log),
    },
    {
      routing: config.routing,
      breaker: {
        ...breaker,
        windowMs: breaker.windowSeconds * 1_000,
        cooldownMs: breaker.cooldownSeconds * 1_000,
      },
      checks: health.intervalSeconds > 0,
      maxAgeMs,
    },
  );
  const { ways } = delivery;
  const { maxInFlight } = config.outbox;
  const outbox = createOutbox(
    {
      ...{ store, clock, random: Math.random, owner: newId(), log, metrics, trace, render },
      gather: createGathering({ ...deps, tenantSettings }, config),
      deliver: delivery.deliver,
      skipTenants: delivery.skipTenants,
      tenantPolicy: async (tenantId) => tenantPolicyOf(await tenantSettings(tenantId), config.policy),
    },
    {
      retry: { ...config.retry, maxAgeMs },
      // With less room, one provider that is stuck could fill the outbox and hold up the others.
      maxInFlight: maxInFlight === undefined ? delivery.capacity : () => maxInFlight,
      leaseMs: config.outbox.leaseSeconds * 1000,
    },
  );
  metrics.onProviders(() =>
    ways.states().map(({ name, breaker: { state }, inFlight, health: last }) => ({
      ...{ provider: name, breaker: state, inFlight },
      ...(last && { up: last.ok }),
    })),
  );
  const checks =
    health.intervalSeconds > 0
      ? startHealthChecks({ ways, clock }, { intervalMs: health.intervalSeconds * 1_000 })
      : undefined;

  const closing = new Set<Promise<void>>();
  const retire = (provider: Provider | undefined) => {
    if (!provider) return;
    const closed: Promise<void> = provider.close().finally(() => closing.delete(closed));
    closing.add(closed);
  };

  const bringInLine = async () => {
    const next = await readProviders(deps, config);
    const before = new Map(known.map((one) => [one.name, one]));
    known = next;
    for (const one of next) {
      const { name, version, source } = one;
      if (before.get(name)?.version === version) continue;
      retire(ways.put(openProvider(one, { clock })));
      log.info({ provider: name, source }, before.has(name) ? 'a provider was changed' : 'a provider was added');
    }
    for (const name of before.keys()) {
      if (next.some((one) => one.name === name)) continue;
      retire(ways.remove(name));
      log.info({ provider: name }, 'a provider was removed');
    }
    outbox.wake();
  };
  let turn: Promise<void> = Promise.resolve();
  let flushes = await store.flushes();

  return {
    outbox,
    ways,
    reload() {
      // One after the other, and each for itself: a store that fails once must not end it.
      turn = turn.catch(() => undefined).then(bringInLine);
      return turn;
    },
    async hurry() {
      const before = flushes;
      flushes = await store.flushes();
      if (flushes === before) return;
      ways.hurry();
      outbox.wake();
    },
    async close() {
      checks?.stop();
      await Promise.all([...closing, ...ways.all().map(({ provider }) => provider.close())]);
    },
  };
}

function refuseWithoutProviders(known: readonly KnownProvider[], config: Config): void {
  if (known.length === 0) {
    const hint = '`iep init` makes a configuration, `iep provider add` a provider; `iep serve --dev` needs none';
    throw new IepError('bad_config', `No provider is configured, so mail would have no way out: ${hint}.`);
  }
  const names = known.map(({ name }) => name);
  const errors = missingProviders(config, names);
  if (errors.length === 0) return;
  throw new IepError('bad_config', errors.map(({ path, message }) => `${path}: ${message}`).join('; '), { errors });
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
      if (!ok) log.warn({ provider, ok, detail }, 'a health check found a provider unwell');
      else if (before) log.info({ provider, ok, detail }, 'a health check found a provider well again');
    },
  };
}

/** A tenant that was removed while its mail was under way has no wishes any more. */
function settingsFrom(directory: Directory): (tenantId: string) => Promise<TenantSettings> {
  return async (tenantId) => (await directory.byId(tenantId))?.settings ?? {};
}
