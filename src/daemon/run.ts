/** `iep serve`: runs the daemon in the foreground until it is told to stop. */

import type { Config } from '../config/schema.ts';
import { systemClock } from '../core/clock.ts';
import { giveBackMemory } from '../embedded/memory.ts';
import { createLog, type Log } from '../observe/log.ts';
import { announce, commandLine } from './announce.ts';
import { type Daemon, startDaemon } from './daemon.ts';
import { inheritedSockets } from './inherited-sockets.ts';
import { DEV_TENANT } from './provision.ts';
import { createServiceManager } from './service-manager.ts';

export interface RunOptions {
  readonly config: Config;
  /** The file that the configuration came from. */
  readonly file: string | undefined;
  readonly dev: boolean;
}

/** sysexits(3): EX_SOFTWARE. */
const FAULT = 70;

/** Resolves when the daemon has stopped; rejects with a refusal when it cannot start. */
export async function runDaemon({ config, file, dev }: RunOptions): Promise<void> {
  const log = createLog({ level: config.log.level, showAddresses: config.log.showAddresses });
  dieOfFaults(log);
  const stopping = listenForSignals(log);
  const daemon = await startDaemon({ config, dev, log, sockets: inheritedSockets(process.env, process.pid) });
  giveBackMemory();
  const manager = createServiceManager({
    env: process.env,
    pid: process.pid,
    clock: systemClock,
    answers: daemon.answers,
  });
  manager.ready(statusOf(daemon));
  if (dev) tell(daemon, { config, file, dev });

  const signal = await stopping;
  manager.stopping();
  await daemon.stop(signal);
  manager.close();
}

/** What `systemctl status` shows. */
function statusOf({ http, smtp }: Daemon): string {
  return `taking mail at ${http.host}:${http.port} (HTTP) and ${smtp.host}:${smtp.port} (SMTP)`;
}

function tell(daemon: Daemon, { config, file }: RunOptions): void {
  const { http, smtp, firstRun, tenants } = daemon;
  const tenant = DEV_TENANT;
  const { dataDir } = config;
  const { publicUrl } = config.http;
  const command = commandLine({ cwd: process.cwd(), dataDir, file, tenant: tenants.length > 1 ? tenant : undefined });
  process.stdout.write(announce({ http, smtp, publicUrl, dataDir, tenant, firstRun, command }));
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

/** Resolves with the first signal; the second ends the process at once, as a killed daemon would. */
function listenForSignals(log: Log): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false;
    const onSignal = (signal: NodeJS.Signals, number: number) => {
      if (asked) {
        log.warn({ signal }, 'stopped at once: what was under way is tried again at the next start');
        process.exit(128 + number);
      }
      asked = true;
      resolve(signal);
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  });
}
