/**
 * The composition root: the only place that constructs the parts of the daemon. They start in order, each on top of
 * what stands already, and stop in reverse; what fails to start takes down what was started before it.
 */

import type { Listening } from '../api/deps.ts';
import { versions } from '../base/embedded/version.ts';
import type { Log } from '../base/observe/log.ts';
import { createMetrics } from '../base/observe/metrics.ts';
import type { Environment } from '../config/environment.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { systemClock } from '../core/clock.ts';
import { createIds } from '../core/ids.ts';
import { hasStore, markProduction, openDataDirectory } from '../db/datadir/data-directory.ts';
import { dataDirectory } from '../db/datadir/data-files.ts';
import { holdDirectory } from '../db/datadir/lock.ts';
import { createReserve } from '../db/datadir/reserve.ts';
import { openStore } from '../db/open.ts';
import { createApp } from '../http/app.ts';
import { createAudit } from '../manage/audit/audit.ts';
import { createTenantRemoval } from '../manage/chores/tenant-removal.ts';
import { type FirstLink, makeFirstLink } from '../manage/first-link.ts';
import { keptTokens } from '../manage/kept-tokens.ts';
import { createManage } from '../manage/manage.ts';
import { createProviderDesk } from '../manage/provider-settings.ts';
import { type FirstRun, provisionDev, provisionFirstKey, provisionTenants } from '../manage/provision.ts';
import { createRateWatch } from '../manage/rate-watch.ts';
import { createRefusals } from '../manage/refusals.ts';
import { createResources } from '../manage/resources/resources.ts';
import { createAsSent } from './parts/as-sent.ts';
import { openBlobs } from './parts/blobs.ts';
import { createChannelPart } from './parts/channels.ts';
import { createUpkeep } from './parts/chores.ts';
import { createDashboard } from './parts/dashboard.ts';
import { createOutbound } from './parts/delivery.ts';
import { createDoctor } from './parts/doctor.ts';
import { createDomainParts } from './parts/domains.ts';
import { type Doors, openDoors } from './parts/doors.ts';
import { createIntake } from './parts/intake.ts';
import { createJsonReader } from './parts/json-reader.ts';
import { type LocalDoors, openLocalDoors } from './parts/local-doors.ts';
import { type Mailboxes, startMailboxes } from './parts/mailboxes.ts';
import { type NatsPart, type NatsRules, startNats } from './parts/nats.ts';
import { createNotifyPart } from './parts/notify.ts';
import { createOwnAddress } from './parts/own-address.ts';
import { createPreviewDesk, createPreviewThread } from './parts/preview.ts';
import { createReadiness } from './parts/readiness.ts';
import { createRenderers } from './parts/renderer.ts';
import { returnPathsOf } from './parts/return-paths.ts';
import { createSettings } from './parts/settings.ts';
import { createStations } from './parts/stations.ts';
import { traceIntake } from './parts/traced-intake.ts';
import { createTracking } from './parts/tracking.ts';
import { openTrace, watchStore } from './parts/watching.ts';
import { createWebhookPart } from './parts/webhooks.ts';
import type { InheritedSockets } from './process/inherited-sockets.ts';
import { checkUsable, requireProviders } from './reload/check-usable.ts';
import { declarations } from './reload/declarations.ts';
import { forewarn } from './reload/forewarn.ts';
import { createLiveConfig } from './reload/live-config.ts';
import { type ConfigRead, createDaemonReload } from './reload/reload.ts';

/** Where it listens, and what it has, as soon as it does. */
export interface Started {
  readonly http: { readonly host: string; readonly port: number };
  readonly smtp: { readonly host: string; readonly port: number; readonly implicitPort?: number };
  /** Where mail comes back to; undefined where it is off. */
  readonly feedback: { readonly host: string; readonly port: number } | undefined;
  /** Slugs of the tenants there were at the start. */
  readonly tenants: readonly string[];
  /** What was made because there was nothing yet. */
  readonly firstRun: FirstRun | undefined;
  /** By which somebody comes in who cannot sign in yet. */
  readonly firstLink: FirstLink | undefined;
}

export interface Daemon extends Started {
  /** Settles when the store has answered; rejects when it is dead. A full disk is an answer. */
  answers(): Promise<unknown>;
  /** Changes what can change while it runs, and tells the log what cannot. Rejects with a refusal, and changes nothing. */
  reload(read: ConfigRead): Promise<void>;
  /** Takes nothing more in, finishes what is under way within `shutdownSeconds`, and closes. */
  stop(reason: string): Promise<void>;
  /** Resolves once a stop has come so far that no provider has mail of ours under way: to end then sends nothing twice. */
  sent(): Promise<void>;
}

export interface DaemonOptions {
  readonly config: Config;
  /** The files that values of it were read from, by key. */
  readonly files?: LoadedConfig['files'];
  readonly originOf?: LoadedConfig['originOf'];
  /** The file that the configuration came from. */
  readonly file?: string | undefined;
  readonly dev: boolean;
  readonly log: Log;
  /** Lines of the log that never came out. */
  readonly logDropped?: () => number;
  /** Called once it listens. The daemon is ready only when this has settled: a caller that waits for it looks next for what this tells. */
  readonly tell?: (started: Started) => Promise<void>;
  /** Listening sockets that the service manager holds. */
  readonly sockets?: InheritedSockets;
  /** Brings the log in line with a configuration that was read again. */
  readonly adjustLog?: (config: Config) => void;
  /** Where the master key may stand. */
  readonly env?: Environment;
  /** What the NATS door holds its callers to besides what their tenant is held to. */
  readonly natsRules?: NatsRules | undefined;
}

/** Rejects with a refusal where the configuration, the data directory or a port does not allow it to run. */
export async function startDaemon({ config: started, dev, log, ...options }: DaemonOptions): Promise<Daemon> {
  await using starting = new AsyncDisposableStack();
  const clock = systemClock;
  const newId = createIds(clock);
  const config = createLiveConfig(started);
  checkUsable(started);
  // Before anything is made: in a directory that a refused start left behind, commands would store mail that nothing sends.
  if (!hasStore(dataDirectory(started.dataDir))) requireProviders(started, Object.keys(started.providers));

  const data = await openDataDirectory(started.dataDir, options.env);
  // Two daemons would send everything twice: this one ends as of a fault.
  const lost = (cause: unknown) => {
    throw new Error(`the lock of ${data.path} is lost`, { cause });
  };
  starting.adopt(holdDirectory(data.path, lost), (lock) => lock.release());
  const metrics = starting.adopt(createMetrics(clock, versions().version), (it) => it.close());
  const observer = {
    committed: (count: number, ms: number) => metrics.commit(count, ms / 1000),
    damaged(error: unknown) {
      metrics.storeDamaged();
      log.error({ error }, 'the database is damaged: no more mail is accepted or sent; see docs/disaster.md');
    },
  };
  const { store, care } = await openStore({ file: data.database, threads: true, migrates: true, observer });
  starting.adopt(store, (it) => it.close());
  const blobs = await openBlobs(data.blobs, started, clock);
  const trace = starting.adopt(await openTrace({ clock, log }, started.tracing), (it) => it?.close());
  watchStore(metrics, { store, clock });
  if (options.logDropped) metrics.onLogDropped(options.logDropped);

  const ground = { store, blobs, clock, newId, log, vault: data.vault };
  const renderers = starting.adopt(createRenderers(clock, metrics), (it) => it.close());
  const stations = createStations(ground, config, renderers);
  const { directory, keys } = stations;
  const { domains, dkim } = createDomainParts({ ...ground, ...stations }, config);
  const returnPaths = returnPathsOf({ ...ground, ...stations }, config);
  const audit = createAudit(ground);
  const provisioning = { store, keys, clock, newId, audit, addDomain: domains.add };
  await provisionTenants(provisioning, started.tenants);
  if (dev) await provisionDev(provisioning);
  const tenants = (await store.tenants.list()).map(({ slug }) => slug);
  await forewarn(ground, started);

  const reserve = createReserve(
    {
      clock,
      onKept: () => log.info({}, 'the disk has room again: mail is taken and sent as before'),
      onMissing: () => log.error({}, 'the disk is full: outcomes are written down, and no mail is taken or sent'),
    },
    data.path,
  );
  starting.adopt(reserve, (it) => it.stop());
  const outbound = await createOutbound(
    { ...ground, ...stations, renderers, dkim, returnPaths, metrics, trace, reserve },
    config,
  );
  starting.defer(() => outbound.close());
  const { outbox } = outbound;
  const providers = createProviderDesk({ ...ground, ...stations, live: outbound }, config);
  const removal = starting.adopt(createTenantRemoval({ store, clock, log }), (it) => it.stop());
  removal.wake();
  // What another process changed may be a tenant or a provider, or it may have flushed the queue. What this one changes is
  // taken up where it is changed.
  const stopHearing = store.onChange(({ own }) => {
    if (own) return;
    directory.forget();
    outbound.reload().catch((error: unknown) => log.error({ error }, 'the providers could not be read again'));
    outbound.hurry().catch((error: unknown) => log.error({ error }, 'the count of flushes could not be read'));
    removal.wake();
  });
  starting.defer(stopHearing);

  const reading = starting.adopt(createPreviewThread(clock), (it) => it.close());
  const largeJson = starting.adopt(createJsonReader(clock), (it) => it.close());
  const { worker: webhooks, desk } = createWebhookPart({ ...ground, audit, metrics, reserve }, config);
  const accept: typeof store.outbox.accept = async (input, ...rest) => {
    reserve.require();
    return store.outbox.accept(input, ...rest);
  };
  const together: typeof store.together = async (calls, ...rest) => {
    reserve.require();
    return store.together(calls, ...rest);
  };
  const intake = createIntake(
    {
      ...ground,
      ...stations,
      store: { ...store, outbox: { ...store.outbox, accept } },
      providerNames: providers.names,
    },
    config,
    {
      handoff: outbox.handoff,
      metrics,
      refusals: starting.adopt(createRefusals({ store, clock, log }), (it) => it.close()),
    },
  );
  const { tracking, close: closeTracking } = createTracking({ ...ground, ...stations, metrics });
  starting.defer(closeTracking);
  const board = createReadiness({ store, clock });
  let listening: Listening | undefined;
  const ownAddress = createOwnAddress(config, () => listening?.http.port);
  const notify = createNotifyPart(
    { ...ground, ...stations, ...intake, ...ownAddress, store: { ...store, together }, metrics, reserve },
    config,
  );
  const base = {
    ...ground,
    store: { ...store, together },
    audit,
    ...stations,
    ...traceIntake(intake, trace),
    ...declarations(config, providers.names),
    ...ownAddress,
    providers,
    vendorReports: outbound.vendorReports,
    asSent: createAsSent({ ...stations, dkim, providers }),
    domains,
    returnPaths,
    tracking,
    reserve,
    metrics,
    largeJson,
    preview: createPreviewDesk({ metrics }, config, reading),
    trace,
    wake: () => outbox.wake(),
    hurry: () => outbound.hurry(),
    tenantClosed: removal.wake,
    wakeNotify: notify.wake,
    webhooks: desk,
    channels: createChannelPart({ ...ground, ...stations }, config),
    version: versions(),
    ready: board.ready,
    listening: () => listening,
    dashboard: createDashboard(),
  };
  const settings = createSettings(providers, config, options);
  const doctor = createDoctor({ ...ground, care, data, masterKeys: data.masterKeys, app: () => ownApp() }, config);
  const manage = createManage(base);
  const parts = { ...base, settings: settings.shown, doctor, manage, resources: createResources({ ...base, manage }) };
  const ownApp = () => createApp(parts, { bodyLimitBytes: () => 0, trustLocal: true });

  const rates = createRateWatch({ ...ground, audit, metrics });
  const chores = createUpkeep({ ...ground, care, metrics, domains }, config);
  // They stop together: each has the whole time that a stop may take.
  let doors: Doors | undefined;
  let localDoors: LocalDoors | undefined;
  let mailboxes: Mailboxes | undefined;
  let nats: NatsPart | undefined;
  const sent = Promise.withResolvers<void>();
  starting.defer(async () => {
    const deadlineMs = config.now().shutdownSeconds * 1_000;
    const [{ unfinished }] = await Promise.all([
      outbox.stop(deadlineMs).finally(sent.resolve),
      renderers.close(),
      webhooks.stop(deadlineMs),
      notify.stop(deadlineMs),
      outbound.stopPolling(),
      doors?.close(deadlineMs),
      localDoors?.close(),
      mailboxes?.stop(),
      nats?.stop(deadlineMs),
      chores.stop(),
      rates.stop(),
    ]);
    if (unfinished > 0) log.warn({ unfinished }, 'attempts were broken off; they are made again at the next start');
  });
  await chores.start();
  await outbox.start();
  await webhooks.start();
  await notify.start();
  rates.start();
  doors = await openDoors(parts, config, options.sockets ?? {});
  mailboxes = startMailboxes({ ...parts, tokens: keptTokens(ground) }, config);
  nats = startNats({ ...parts, board, rules: options.natsRules }, config);
  localDoors = await openLocalDoors(parts, config, { dev, env: options.env ?? {}, file: options.file });
  const { adjustLog = () => undefined, files = new Map() } = options;
  const reload = createDaemonReload(
    { ...provisioning, log, adjustLog, directory, outbound, chores, doors, mailboxes, nats, settings },
    { config, files },
  );
  starting.defer(reload.stop);
  if (!dev) markProduction(data);
  const { http, smtp, feedback } = doors;
  const local = localDoors.paths;
  listening = { dataDir: data.path, http, smtp, local };
  const begun: Started = {
    http,
    smtp,
    feedback,
    tenants,
    firstRun: dev ? await provisionFirstKey(provisioning) : undefined,
    firstLink: await makeFirstLink(base, dev),
  };
  await options.tell?.(begun);
  board.set('http', 'ok');
  board.set('smtp', 'ok');
  log.info({ http, smtp, ...(feedback && { feedback }), local, dataDir: data.path, ...versions() }, 'the daemon is up');

  const running = starting.move();
  return {
    ...begun,
    answers: () => store.events.end(),
    sent: () => sent.promise,
    reload: reload.reload,
    async stop(reason) {
      log.info({ reason, inFlight: outbox.inFlight() }, 'stopping');
      board.set('http', 'stopping');
      board.set('smtp', 'stopping');
      await running.disposeAsync();
      log.info({ reason }, 'stopped');
    },
  };
}
