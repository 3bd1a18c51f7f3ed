/** The way out, from the configuration: providers, the choice between them, and the outbox that hands mail to them. */

import type { Directory } from '../access/directory.ts';
import type { Config } from '../config/schema.ts';
import { IepError } from '../core/errors.ts';
import type { TenantSettings } from '../core/tenant-settings.ts';
import { createDelivery } from '../delivery/deliver.ts';
import type { DkimSigner } from '../dkim/signer.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Trace } from '../observe/trace.ts';
import { createOutbox, type Outbox } from '../outbox/outbox.ts';
import { tenantPolicyOf } from '../outbox/tenant-policy.ts';
import { createProvider } from '../providers/index.ts';
import type { Provider } from '../providers/provider.ts';
import type { Ground, Stations } from './stations.ts';

export interface WayOut {
  readonly providers: readonly Provider[];
  readonly outbox: Outbox;
}

/** Refuses with `bad_config` where there is no provider, or where the settings of one contradict each other. */
export function createWayOut(
  deps: Ground & Stations & { metrics: Metrics; dkim: DkimSigner; trace: Trace | undefined },
  config: Config,
): WayOut {
  const { store, clock, newId, log, directory, render, composeMime, metrics, dkim, trace } = deps;
  const providers = Object.entries(config.providers).map(([name, settings]) =>
    createProvider(name, settings, { clock }),
  );
  if (providers.length === 0) {
    const hint = '`iep init` makes a configuration; `iep serve --dev` needs none';
    throw new IepError('bad_config', `No provider is configured, so mail would have no way out: ${hint}.`);
  }
  if (config.policy.sending === 'off') log.warn({}, 'sending is off: mail is accepted and recorded, and not delivered');
  const tenantSettings = settingsFrom(directory);
  const delivery = createDelivery(
    { providers, tenantSettings, composeMime, signatureFor: dkim.signatureFor, clock, onRoom: () => outbox.wake() },
    { routing: config.routing },
  );
  const outbox = createOutbox(
    {
      ...{ store, clock, random: Math.random, owner: newId(), log, metrics, trace, render },
      deliver: delivery.deliver,
      skipTenants: delivery.skipTenants,
      tenantPolicy: async (tenantId) => tenantPolicyOf(await tenantSettings(tenantId), config.policy),
    },
    {
      retry: config.retry,
      // With less room, one provider that is stuck could fill the outbox and hold up the others.
      maxInFlight: config.outbox.maxInFlight ?? delivery.capacity,
      leaseMs: config.outbox.leaseSeconds * 1000,
    },
  );
  return { providers, outbox };
}

/** A tenant that was removed while its mail was under way has no wishes any more. */
function settingsFrom(directory: Directory): (tenantId: string) => Promise<TenantSettings> {
  return async (tenantId) => (await directory.byId(tenantId))?.settings ?? {};
}
