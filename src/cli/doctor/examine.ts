/** The examination, from what everything else rests on upwards. What cannot be looked at without a sound base is left out. */

import type { LoadedConfig } from '../../config/load.ts';
import type { Config } from '../../config/schema.ts';
import { diskFault } from '../../core/disk-fault.ts';
import { errorText } from '../../core/error-text.ts';
import { IepError } from '../../core/errors.ts';
import { hasStore, requireDatabase } from '../../daemon/data-directory.ts';
import { type DataDirectory, dataDirectory } from '../../daemon/data-files.ts';
import { type Local, openLocal } from '../../daemon/local.ts';
import { declaredProviders, type KnownProvider, readProviders } from '../../daemon/providers.ts';
import type { Tenant } from '../../db/store.ts';
import { enterPlace } from '../enter-place.ts';
import { Complaint, describeFailure } from '../failure.ts';
import { type Meant, meantBy } from '../find-daemon.ts';
import type { Globals } from '../globals.ts';
import { readLocalConfig, readStoreConfig } from '../read-config.ts';
import type { Shell } from '../shell.ts';
import { checkBlobs, checkEveryBlob } from './blobs.ts';
import { checkCertificates } from './certificates.ts';
import { checkClock } from './clock.ts';
import { checkDaemon, checkMetrics } from './daemon.ts';
import { checkDisk, checkPermissions } from './directory.ts';
import { examinations } from './examinations.ts';
import { broken, type Finding, ok, warning } from './finding.ts';
import { checkProviders } from './providers.ts';
import { checkAudit, checkSecrets } from './secrets.ts';
import { checkStore } from './store.ts';

export interface ExamineOptions extends Globals {
  /** Reads the whole database and all large content. */
  readonly deep?: boolean;
}

export async function* examine(shell: Shell, options: ExamineOptions): AsyncGenerator<Finding> {
  const read = configuration(shell, options);
  yield read.finding;
  const { loaded } = read;
  if (loaded === undefined) return;
  const { config, warnings } = loaded;
  for (const one of warnings) yield warning('environment', one, 'Remove the variable, or correct its name.');
  const meant = meantBy(shell, loaded);
  const data = dataDirectory(config.dataDir);
  // Without their passwords they would be found broken, and are not.
  if (!read.withoutSecrets) yield* checkProviders(declaredProviders(config), shell.clock);
  const certificates = [['http.tls', config.http.tls?.cert] as const, ['smtp.tls', config.smtp.tls?.cert] as const];
  yield* checkCertificates(certificates, shell.clock.now());
  try {
    enterPlace(shell, loaded, { purpose: 'read' });
  } catch (error) {
    if (!(error instanceof Complaint)) throw error;
    yield broken('data directory', error.message, error.hint);
    return;
  }
  try {
    requireDatabase(data);
  } catch (error) {
    yield cannotOpen('store', error);
    return;
  }
  if (!hasStore(data)) {
    yield warning(
      'store',
      `there is none in ${config.dataDir}`,
      'The first `iep send`, `iep init` or `iep serve` makes it.',
    );
    return;
  }
  yield* checkPermissions(data);
  yield await checkDisk(data);
  let local: Awaited<ReturnType<typeof openLocal>>;
  try {
    local = await openLocal(config, shell.env, { readonly: true });
  } catch (error) {
    yield cannotOpen('store', error);
    yield await checkDaemon(meant);
    return;
  }
  try {
    yield* checkOpen(shell, options, { config, data, local, meant });
  } finally {
    await local.close();
  }
}

async function* checkOpen(
  shell: Shell,
  { deep = false }: ExamineOptions,
  open: {
    readonly config: Config;
    readonly data: DataDirectory;
    readonly local: Local;
    readonly meant: Meant;
  },
): AsyncGenerator<Finding> {
  const { config, data, local, meant } = open;
  const { store, blobs } = local;
  const { clock } = shell;
  yield* guarded('integrity', () => checkStore(store, deep));
  yield* guarded('secrets', () => checkSecrets(local));
  yield* guarded('audit log', () => one(checkAudit(local)));
  yield* guarded('blobs', () =>
    deep ? checkEveryBlob({ blobs, store }, progress(shell)) : checkBlobs(blobs, config.blobs),
  );
  yield* guarded('clock', () => one(checkClock(store, clock)));
  const tenants: Tenant[] = [];
  const known: KnownProvider[] = [];
  yield* guarded('providers', async function* () {
    tenants.push(...(await store.tenants()));
    known.push(...(await readProviders(local, config)));
    const made = known.filter(({ source }) => source === 'store');
    yield* checkProviders(made, clock);
  });
  const daemon = await checkDaemon(meant);
  yield daemon;
  yield* checkMetrics(meant);
  const running = daemon.level === 'ok';
  const patient = { config, data, store, clock, running, tenants, names: known.map(({ name }) => name) };
  for (const [about, examination] of examinations) yield* guarded(about, () => examination(patient));
}

/** What the store or the disk refuses to tell is a finding, and no reason to look at nothing else. */
async function* guarded(
  check: string,
  look: () => AsyncIterable<Finding> | Iterable<Finding>,
): AsyncGenerator<Finding> {
  try {
    yield* look();
  } catch (error) {
    yield cannotOpen(check, error);
  }
}

async function* one(finding: Promise<Finding>): AsyncGenerator<Finding> {
  yield await finding;
}

/** How far a long look has come, for a person. */
function progress({ stderr }: Shell): (text: string) => void {
  return (text) => {
    if (stderr.isTTY === true) stderr.write(`\r\x1b[K${text}`);
  };
}

/** Only whether the daemon of this configuration is up and takes mail: what a health check asks. */
export async function* examineDaemon(shell: Shell, options: Globals): AsyncGenerator<Finding> {
  const { loaded, finding } = configuration(shell, options);
  if (loaded === undefined) {
    yield finding;
    return;
  }
  enterPlace(shell, loaded, { purpose: 'read' });
  yield await checkDaemon(meantBy(shell, loaded));
}

/** Whatever it is: that the store cannot be opened or read is what the doctor is called for. */
function cannotOpen(check: string, error: unknown): Finding {
  const refusal = error instanceof IepError ? error : diskFault(error);
  if (refusal !== undefined) return broken(check, refusal.message, refusal.refusal.hint);
  return broken(check, errorText(error), 'Keep a copy of the data directory, and follow docs/disaster.md.');
}

interface Read {
  readonly finding: Finding;
  readonly loaded?: LoadedConfig;
  /** What is wrong is that the environment lacks the passwords of providers; all else can be looked at. */
  readonly withoutSecrets?: true;
}

function configuration(shell: Shell, options: Globals): Read {
  try {
    const loaded = readLocalConfig(shell, options);
    return { loaded, finding: ok('config', loaded.file ?? 'no file: as `iep serve --dev` has it') };
  } catch (error) {
    if (!(error instanceof IepError)) throw error;
    const [first = '', ...rest] = describeFailure(error, 'iep')
      .text.replace(/^iep: /, '')
      .trimEnd()
      .split('\n');
    const finding = broken('config', first, rest.map((line) => line.trim()).join(' '));
    const loaded = withoutSecrets(shell, options);
    return loaded === undefined ? { finding } : { finding, loaded, withoutSecrets: true };
  }
}

function withoutSecrets(shell: Shell, options: Globals): LoadedConfig | undefined {
  try {
    return readStoreConfig(shell, options);
  } catch (error) {
    if (error instanceof IepError) return undefined;
    throw error;
  }
}
