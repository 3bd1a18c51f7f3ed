/** The examination, from what everything else rests on upwards. What cannot be looked at without a sound base is left out. */

import type { LoadedConfig } from '../../config/load.ts';
import { errorText } from '../../core/error-text.ts';
import { IepError } from '../../core/errors.ts';
import { dataDirectory, hasStore } from '../../daemon/data-directory.ts';
import { openLocal } from '../../daemon/local.ts';
import { declaredProviders, readProviders } from '../../daemon/providers.ts';
import { enterPlace } from '../enter-place.ts';
import { Complaint, describeFailure } from '../failure.ts';
import { meantBy } from '../find-daemon.ts';
import type { Globals } from '../globals.ts';
import { readLocalConfig } from '../local-store.ts';
import type { Shell } from '../shell.ts';
import { checkBlobs } from './blobs.ts';
import { checkCertificates } from './certificates.ts';
import { checkClock } from './clock.ts';
import { checkBreakers, checkDaemon } from './daemon.ts';
import { checkDisk, checkPermissions } from './directory.ts';
import { examinations } from './examinations.ts';
import { broken, type Finding, ok, warning } from './finding.ts';
import { checkProviders } from './providers.ts';
import { checkAudit, checkSecrets } from './secrets.ts';
import { checkStore } from './store.ts';

export async function* examine(shell: Shell, options: Globals): AsyncGenerator<Finding> {
  const read = configuration(shell, options);
  yield read.finding;
  const { loaded } = read;
  if (loaded === undefined) return;
  const { config } = loaded;
  const meant = meantBy(shell, loaded);
  const data = dataDirectory(config.dataDir);
  yield* checkProviders(declaredProviders(config), shell.clock);
  const certificates = [['http.tls', config.http.tls?.cert] as const, ['smtp.tls', config.smtp.tls?.cert] as const];
  yield* checkCertificates(certificates, shell.clock.now());
  try {
    enterPlace(shell, loaded, { purpose: 'read' });
  } catch (error) {
    if (!(error instanceof Complaint)) throw error;
    yield broken('data directory', error.message, error.hint);
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
    yield cannotOpen(error);
    return;
  }
  try {
    yield* checkStore(local.store);
    yield* checkSecrets(local);
    yield await checkAudit(local);
    yield* checkBlobs(local.blobs, config.blobs);
    yield await checkClock(local.store, shell.clock);
    const known = await readProviders(local, config);
    const made = known.filter(({ source }) => source === 'store');
    yield* checkProviders(made, shell.clock);
    const daemon = await checkDaemon(meant);
    yield daemon;
    yield* checkBreakers(meant);
    const patient = {
      ...{ config, data, store: local.store, clock: shell.clock, running: daemon.level === 'ok' },
      tenants: await local.store.tenants(),
      names: known.map(({ name }) => name),
    };
    for (const examination of examinations) yield* examination(patient);
  } finally {
    await local.close();
  }
}

/** Only whether the daemon of this configuration is up and takes mail: what a health check asks. */
export async function* examineDaemon(shell: Shell, options: Globals): AsyncGenerator<Finding> {
  const read = configuration(shell, options);
  if (read.loaded === undefined) {
    yield read.finding;
    return;
  }
  enterPlace(shell, read.loaded, { purpose: 'read' });
  yield await checkDaemon(meantBy(shell, read.loaded));
}

/** Whatever it is: that the store cannot be opened is what the doctor is called for. */
function cannotOpen(error: unknown): Finding {
  if (error instanceof IepError) return broken('store', error.message, error.refusal.hint);
  const why = errorText(error);
  return broken('store', why, 'Keep a copy of the data directory, and restore the last backup: iep restore FILE.');
}

function configuration(shell: Shell, options: Globals): { finding: Finding; loaded?: LoadedConfig } {
  try {
    const loaded = readLocalConfig(shell, options);
    return { loaded, finding: ok('config', loaded.file ?? 'no file: as `iep serve --dev` has it') };
  } catch (error) {
    if (!(error instanceof IepError)) throw error;
    const [first = '', ...rest] = describeFailure(error, 'iep')
      .text.replace(/^iep: /, '')
      .trimEnd()
      .split('\n');
    return { finding: broken('config', first, rest.map((line) => line.trim()).join(' ')) };
  }
}
