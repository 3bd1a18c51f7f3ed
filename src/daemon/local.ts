/**
 * The local store for one command. Nothing is delivered here; a daemon over the same directory hears of what was stored
 * and takes it from there. What a script waits for is small: the store and the way in. The rest, the routes of the
 * daemon called in this process by its operator, is loaded when it is asked for; it takes longer to load than a message
 * takes to accept.
 */

import { createDirectory } from '../access/directory.ts';
import type { Blobs } from '../blobs/blobs.ts';
import { createLazyBlobs } from '../blobs/lazy.ts';
import type { Environment } from '../config/environment.ts';
import type { Config } from '../config/schema.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { IepError } from '../core/errors.ts';
import { createIds, type NewId } from '../core/ids.ts';
import type { Vault } from '../core/vault.ts';
import { openDataDirectory } from '../db/datadir/data-directory.ts';
import type { DataDirectory } from '../db/datadir/data-files.ts';
import { lockDirectory } from '../db/datadir/lock.ts';
import type { MasterKeyRing } from '../db/datadir/master-key.ts';
import { openStore } from '../db/open.ts';
import type { FileCare } from '../db/verbs/file-care.ts';
import type { Store } from '../db/verbs/store.ts';
import type { App } from '../http/app.ts';
import { type Audit, createAudit } from '../manage/audit/audit.ts';
import { provisionTenants, type TenantDeps } from '../manage/provision.ts';
import type { Accept } from '../message/intake/accept.ts';
import { createKnownTemplates } from '../message/intake/known-templates.ts';
import { createIntake } from './parts/intake.ts';
import { createLiveConfig } from './reload/live-config.ts';

export interface Local {
  readonly config: Config;
  readonly store: Store;
  readonly care: FileCare;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly vault: Vault;
  readonly accept: Accept['accept'];
  readonly data: DataDirectory;
  readonly masterKeys: MasterKeyRing;
  /** For what is not a call of the routes. */
  readonly audit: Audit;
  /** The routes; every call is the operator's. */
  app(): Promise<App>;
  close(): Promise<void>;
}

export interface OpenLocalOptions {
  /** Brings an older schema up to date, unless a daemon serves the directory. Without, another schema is refused. */
  readonly migrates?: boolean;
  /** Changes nothing: refuses a missing store, and every write. */
  readonly readonly?: boolean;
}

/** Makes the data directory, the master key, the schema and the declared tenants where they are missing. */
export async function openLocal(
  config: Config,
  env: Environment = process.env,
  { migrates = false, readonly = false }: OpenLocalOptions = {},
): Promise<Local> {
  const data = await openDataDirectory(config.dataDir, env);
  const clock = systemClock;
  const newId = createIds(clock);
  if (migrates) await bringUpToDate(data);
  const { store, care } = await openStore({ file: data.database, threads: false, readonly });
  const blobs = createLazyBlobs(async () => (await import('./parts/blobs.ts')).openBlobs(data.blobs, config, clock));
  const ground = { store, blobs, clock, newId, vault: data.vault };
  const audit = createAudit(ground);
  const live = createLiveConfig(config);
  const directory = createDirectory({ store, clock });
  const knownTemplates = createKnownTemplates({ store, clock });
  const addDomain: TenantDeps['addDomain'] = async (domain) => {
    const { createDomainParts } = await import('./parts/domains.ts');
    await createDomainParts({ ...ground, directory }, live).domains.add(domain);
  };
  if (!readonly) await provisionTenants({ ...ground, audit, addDomain }, config.tenants);
  const providerNames = async () => [
    ...Object.keys(config.providers),
    ...(await store.providers.list()).map(({ name }) => name),
  ];
  const intake = createIntake({ ...ground, directory, knownTemplates, providerNames }, live);
  let loaded: Promise<App> | undefined;
  const load = async () =>
    (await import('./parts/local-app.ts')).createLocalApp({ ...ground, knownTemplates }, intake, live);
  return {
    ...ground,
    care,
    config,
    data,
    masterKeys: data.masterKeys,
    audit,
    accept: intake.accept,
    app() {
      loaded ??= load();
      return loaded;
    },
    close: () => store.close(),
  };
}

/** A daemon of an older version could not go on with a newer schema, nor start again. */
async function bringUpToDate({ path, database: file }: DataDirectory): Promise<void> {
  try {
    await (await openStore({ file, threads: false })).store.close();
  } catch (error) {
    if (!(error instanceof IepError) || error.code !== 'schema_too_old') throw error;
    const lock = lockDirectory(path);
    try {
      await (await openStore({ file, threads: false, migrates: true })).store.close();
    } finally {
      lock.release();
    }
  }
}
