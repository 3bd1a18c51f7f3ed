/** The doctor from the command line: what the configuration says and whether the store may be opened, then the store. */

import type { LoadedConfig } from '../config/load.ts';
import { IepError } from '../core/errors.ts';
import { type Local, openLocal } from '../daemon/local.ts';
import { hasStore, requireDatabase } from '../db/datadir/data-directory.ts';
import { type DataDirectory, dataDirectory } from '../db/datadir/data-files.ts';
import { checkCertificates } from '../manage/doctor/certificates.ts';
import { type AskDaemon, checkDaemon } from '../manage/doctor/daemon.ts';
import { checkDisk, checkPermissions } from '../manage/doctor/directory.ts';
import { cannotOpen, examineStore } from '../manage/doctor/examine.ts';
import { broken, type Finding, ok, warning } from '../manage/doctor/finding.ts';
import { checkProviders } from '../manage/doctor/providers.ts';
import { readTokens } from '../manage/kept-tokens.ts';
import { declaredProviders } from '../manage/known-providers.ts';
import { askDaemon } from './client/ask-daemon.ts';
import { enterDataDir } from './client/enter-data-dir.ts';
import { meantBy } from './client/find-daemon.ts';
import { readLocalConfig, readStoreConfig } from './client/read-config.ts';
import { Complaint, describeFailure } from './failure.ts';
import type { Globals } from './globals.ts';
import type { Shell } from './shell.ts';

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
  const ask = askDaemon(meantBy(shell, loaded));
  const data = dataDirectory(config.dataDir);
  const certificates = [['http.tls', config.http.tls?.cert] as const, ['smtp.tls', config.smtp.tls?.cert] as const];
  yield* checkCertificates(certificates, shell.clock.now());
  const local = yield* openStore(shell, { loaded, data, ask });
  try {
    // Without their passwords they would be found broken, and are not.
    if (!read.withoutSecrets) {
      const deps = { clock: shell.clock, tokens: local && readTokens(local) };
      yield* checkProviders(declaredProviders(config), deps);
    }
    if (local === undefined) return;
    const { deep = false } = options;
    yield* examineStore({ ...local, config, data, clock: shell.clock, ask, deep, progress: progress(shell) });
  } finally {
    await local?.close();
  }
}

/** The store, and what was found on the way to it; undefined where it cannot be opened. */
async function* openStore(
  shell: Shell,
  { loaded, data, ask }: { readonly loaded: LoadedConfig; readonly data: DataDirectory; readonly ask: AskDaemon },
): AsyncGenerator<Finding, Local | undefined> {
  const { config } = loaded;
  try {
    enterDataDir(shell, loaded, { purpose: 'read' });
  } catch (error) {
    if (!(error instanceof Complaint)) throw error;
    yield broken('data directory', error.message, error.hint);
    return undefined;
  }
  try {
    requireDatabase(data);
  } catch (error) {
    yield cannotOpen('store', error);
    return undefined;
  }
  if (!hasStore(data)) {
    yield warning(
      'store',
      `there is none in ${config.dataDir}`,
      'The first `iep send`, `iep init` or `iep serve` makes it.',
    );
    return undefined;
  }
  yield* checkPermissions(data);
  yield await checkDisk(data);
  try {
    return await openLocal(config, shell.env, { readonly: true });
  } catch (error) {
    yield cannotOpen('store', error);
    yield await checkDaemon({ config, ask });
    return undefined;
  }
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
  enterDataDir(shell, loaded, { purpose: 'read' });
  yield await checkDaemon({ config: loaded.config, ask: askDaemon(meantBy(shell, loaded)) });
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
