/** The daemon's routes over the local store, for the commands that call them in their own process. */

import { versions } from '../../base/embedded/version.ts';
import { createLog } from '../../base/observe/log.ts';
import { noMetrics } from '../../base/observe/no-metrics.ts';
import { type App, createApp } from '../../http/app.ts';
import { createAudit, localActor } from '../../manage/audit/audit.ts';
import { createManage } from '../../manage/manage.ts';
import { createProviderDesk } from '../../manage/provider-settings.ts';
import { createResources } from '../../manage/resources/resources.ts';
import { createVendorReports } from '../../manage/vendor-reports.ts';
import type { Accept } from '../../message/intake/accept.ts';
import { declarations } from '../reload/declarations.ts';
import type { LiveConfig } from '../reload/live-config.ts';
import { createAsSent } from './as-sent.ts';
import { createChannelPart } from './channels.ts';
import { createDomainParts } from './domains.ts';
import { createOwnAddress } from './own-address.ts';
import { createPreviewDesk } from './preview.ts';
import { returnPathsOf } from './return-paths.ts';
import { createStations, type Ground, type Stations } from './stations.ts';
import { createTracking } from './tracking.ts';
import { createDesk } from './webhooks.ts';

/** `knownTemplates`: those that `intake` knows, which it is to forget where they change. */
export function createLocalApp(
  { knownTemplates, ...ground }: Omit<Ground, 'log'> & Pick<Stations, 'knownTemplates'>,
  intake: Accept,
  config: LiveConfig,
): App {
  const { http, log: logging } = config.now();
  // The answers to the command are its output; only faults of ours are told besides.
  const log = createLog({ level: 'error', destination: process.stderr, showAddresses: logging.showAddresses });
  const stations = createStations({ ...ground, log }, config);
  const providers = createProviderDesk({ ...ground, ...stations }, config);
  const { domains, dkim } = createDomainParts({ ...ground, ...stations }, config);
  const audit = createAudit({ ...ground, log });
  const base = {
    ...ground,
    log,
    audit,
    ...stations,
    knownTemplates,
    domains,
    returnPaths: returnPathsOf({ ...ground, ...stations }, config),
    asSent: createAsSent({ ...stations, dkim, providers }),
    ...intake,
    providers,
    ...declarations(config, providers.names),
    ...createOwnAddress(config),
    preview: createPreviewDesk({ metrics: noMetrics }, config),
    tracking: createTracking({ ...ground, ...stations, log, metrics: noMetrics }).tracking,
    vendorReports: createVendorReports(ground.clock),
    metrics: noMetrics,
    // A daemon, if there is one, sees the commit.
    wake: () => undefined,
    hurry: async () => undefined,
    tenantClosed: () => undefined,
    wakeNotify: () => undefined,
    webhooks: createDesk({ ...ground, audit }, config),
    channels: createChannelPart({ ...ground, ...stations }, config),
    version: versions(),
    ready: async () => ({ ok: true, checks: {} }),
  };
  const manage = createManage(base);
  return createApp(
    { ...base, manage, resources: createResources({ ...base, manage }) },
    { bodyLimitBytes: () => http.bodyLimitBytes, trustLocal: true, localActor: () => localActor() },
  );
}
