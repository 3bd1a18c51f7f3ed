/** `iep serve`: runs the daemon in the foreground until it is told to stop. */

import { giveBackMemory, saveMemory } from '../../base/embedded/memory.ts';
import { forPeople } from '../../base/observe/for-people.ts';
import { createLog, createLogOutput, type Log } from '../../base/observe/log.ts';
import type { LogOutput } from '../../base/observe/output.ts';
import type { Environment } from '../../config/environment.ts';
import { defaultFile } from '../../config/find-file.ts';
import type { LoadedConfig } from '../../config/load.ts';
import type { Config } from '../../config/schema.ts';
import { workingDirectory } from '../../config/working-directory.ts';
import { systemClock } from '../../core/clock.ts';
import { IepError } from '../../core/errors.ts';
import type { FirstLink } from '../../manage/first-link.ts';
import { DEV_TENANT } from '../../manage/provision.ts';
import { type Daemon, type DaemonOptions, type Started, startDaemon } from '../daemon.ts';
import { secretsToHide } from '../parts/secrets-to-hide.ts';
import { announce, commandLine } from './announce.ts';
import { createHangUps } from './hang-ups.ts';
import { inheritedSockets } from './inherited-sockets.ts';
import { createServiceManager } from './service-manager.ts';

export interface RunOptions extends LoadedConfig {
  readonly dev: boolean;
  /** Reads the configuration again, from where it came. */
  readonly reload: () => LoadedConfig;
  readonly env: Environment;
  /** Of the NATS door. */
  readonly natsRules?: DaemonOptions['natsRules'];
}

/** sysexits(3): EX_SOFTWARE. */
const FAULT = 70;

/** How long lines that somebody waits for may take to come out. */
const LAST_LINES_MS = 1_000;

/** Resolves when the daemon has stopped; rejects with a refusal when it cannot start. */
export async function runDaemon({
  config,
  file,
  files,
  originOf,
  warnings,
  dev,
  reload,
  env,
  natsRules,
}: RunOptions): Promise<void> {
  saveMemory();
  const logOf = (config: Config) => ({ ...config.log, hide: secretsToHide(config, env) });
  const output = createLogOutput(systemClock);
  const lines = process.stdout.isTTY ? forPeople(output) : output;
  const log = createLog({ ...logOf(config), destination: lines });
  for (const warning of warnings) log.warn({}, warning);
  dieOfFaults(log);
  hearWarnings(log);
  const stopping = listenForSignals(log, output);
  const hangUps = createHangUps();
  process.on('SIGHUP', hangUps.raise);
  if (file !== undefined && env.IEP_DATADIR) {
    const advice = `commands do not see it there and take another store: put dataDir: ${config.dataDir} into ${file}`;
    log.warn({ variable: 'IEP_DATADIR', advice }, 'the data directory is named in the environment of the daemon alone');
  }
  const sockets = inheritedSockets(process.env, process.pid);
  const adjustLog = (changed: Config) => log.adjust(logOf(changed));
  const daemon = await startDaemon({
    config,
    file,
    files,
    originOf,
    dev,
    log,
    logDropped: output.dropped,
    adjustLog,
    env,
    natsRules,
    sockets,
    async tell(started) {
      if (dev) output.write(announcement(started, { config, file }));
      else if (started.firstLink) lines.write(firstOwnerLine(started.firstLink));
      await output.flush(LAST_LINES_MS);
    },
  });
  stopping.endAfter(daemon.sent);
  const manager = createServiceManager({
    env: process.env,
    pid: process.pid,
    clock: systemClock,
    answers: daemon.answers,
  });
  hangUps.answer(async () => {
    manager.reloading();
    await readAgain(daemon, { reload, log });
    manager.ready(statusOf(daemon));
  });
  giveBackMemory();
  manager.ready(statusOf(daemon));

  const signal = await stopping.signal;
  await hangUps.end();
  manager.stopping();
  await daemon.stop(signal);
  manager.close();
  await output.flush(LAST_LINES_MS);
  endAnyway(signal);
}

/**
 * All is closed, so the process ends by itself. If something was left after all, it ends nevertheless: a handle by an exit, a
 * call to a disk that never answers, which an exit would wait for, by the signal itself.
 */
function endAnyway(signal: NodeJS.Signals): void {
  setTimeout(() => {
    if (process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq'))) {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    }
    process.exit();
  }, LAST_LINES_MS).unref();
}

/** What `systemctl status` shows. */
function statusOf({ http, smtp }: Daemon): string {
  return `taking mail at ${http.host}:${http.port} (HTTP) and ${smtp.host}:${smtp.port} (SMTP)`;
}

/** Settles when what was read holds, or when it was refused; then everything stays as it was. */
async function readAgain(daemon: Daemon, { reload, log }: { reload: () => LoadedConfig; log: Log }): Promise<void> {
  try {
    await daemon.reload(reload());
  } catch (error) {
    if (!(error instanceof IepError)) throw error;
    log.error(
      { code: error.code, reason: error.message },
      'the configuration was read again and could not be taken over',
    );
  }
}

function announcement(
  { http, smtp, firstRun, firstLink, tenants }: Started,
  { config, file }: Pick<RunOptions, 'config' | 'file'>,
): string {
  const tenant = DEV_TENANT;
  const { dataDir } = config;
  const { publicUrl } = config.http;
  const cwd = workingDirectory() ?? '';
  const named = tenants.length > 1 ? tenant : undefined;
  const command = commandLine({ cwd, dataDir, file, otherFile: defaultFile(cwd, 'skip').file, tenant: named });
  return announce({
    ...{ http, smtp, secure: config.http.tls !== undefined, publicUrl, dataDir, tenant, firstRun, command },
    signIn: firstLink?.url,
  });
}

/** A line as the log has them. The log itself would cut out the link. */
function firstOwnerLine({ url, expiresAt }: FirstLink): string {
  const msg =
    'the platform has no owner yet: this link makes the person who opens it the owner; it is good once, for a day';
  const time = new Date(systemClock.now()).toISOString();
  return `${JSON.stringify({ level: 'warn', time, link: url, until: new Date(expiresAt).toISOString(), msg })}\n`;
}

/**
 * What nobody caught is a fault. Its state is unknown, so the process ends without finishing anything: what was
 * accepted is on disk, and what was under way comes back when its lease ends.
 */
function dieOfFaults(log: Log): void {
  process.on('uncaughtException', (error, origin) => {
    log.error({ error, origin }, 'fault: the daemon ends');
    process.exit(FAULT);
  });
}

/**
 * What Node warns of belongs in the log, in one line: standard error may be a terminal that is stopped. That a part of Node is
 * experimental is known to us, and nothing to an operator.
 */
function hearWarnings(log: Log): void {
  process.removeAllListeners('warning');
  process.on('warning', ({ name, message }) => {
    if (name !== 'ExperimentalWarning') log.warn({ warning: `${name}: ${message}` }, 'Node warns');
  });
}

/**
 * `signal` resolves with the first. The second waits for nobody but the providers: what one of them has would be sent twice
 * if the process ended before its answer. Terminals, shells and supervisors send a second one unasked.
 */
function listenForSignals(log: Log, output: LogOutput) {
  const { promise: signal, resolve } = Promise.withResolvers<NodeJS.Signals>();
  let asked = false;
  let mayEnd: () => Promise<unknown> = async () => undefined;
  const onSignal = (name: NodeJS.Signals, number: number) => {
    if (asked) {
      log.warn({ signal: name }, 'asked again to stop: the daemon ends as soon as no provider has mail under way');
      mayEnd()
        .then(() => output.flush(LAST_LINES_MS))
        .then(() => process.exit(128 + number));
    }
    asked = true;
    resolve(name);
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  return {
    signal,
    /** Until then the daemon starts, and has nothing under way. */
    endAfter(sent: () => Promise<unknown>) {
      mayEnd = sent;
    },
  };
}
