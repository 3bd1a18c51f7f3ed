/**
 * The doors for this machine alone: Unix sockets. At `control` the daemon's user and root are the operator; at `submit` every
 * user of the machine hands in mail, as one tenant. Both take the calls of the HTTP door.
 */

import { realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../../config/environment.ts';
import { RUNTIME_DIRECTORY, type SocketName, socketFile } from '../../config/socket-paths.ts';
import type { AuditActor } from '../../core/audit-entry.ts';
import { errorText } from '../../core/error-text.ts';
import { IepError } from '../../core/errors.ts';
import { createApp, type ServedDeps } from '../../http/app.ts';
import type { Context } from '../../http/context.ts';
import { type HttpListener, listenHttp } from '../../http/listen.ts';
import { localActor } from '../../manage/audit/audit.ts';
import { bindSocket, type SocketFile } from '../process/socket-file.ts';
import type { LiveConfig } from '../reload/live-config.ts';

export interface LocalDoors {
  /** Where they listen. */
  readonly paths: Readonly<Partial<Record<SocketName, string>>>;
  close(): Promise<void>;
}

const CONTROL_MODE = 0o600;

/** Refuses with `bad_config` where the configuration names a path that cannot be had; of its own choice it does without. */
export async function openLocalDoors(
  deps: ServedDeps,
  config: LiveConfig,
  { dev, env, file }: { readonly dev: boolean; readonly env: Environment; readonly file: string | undefined },
): Promise<LocalDoors> {
  const { dataDir, local } = config.now();
  const requests = config.options(({ http, sendmail }) => ({ limit: http.bodyLimitBytes, tenant: sendmail.tenant }));
  const bodyLimitBytes = () => requests.limit;
  const apps = {
    control: createApp(deps, {
      ...{ bodyLimitBytes, trustLocal: true, localActor: callerOf },
      mailTenant: () => requests.tenant,
    }),
    submit: createApp(deps, { bodyLimitBytes, submitFor: () => requests.tenant }),
  };
  const modes = { control: CONTROL_MODE, submit: Number.parseInt(local.submitMode, 8) };
  const isOurs = meansThisDaemon(dataDir, file);
  const open: Partial<Record<SocketName, SocketFile<HttpListener> & { path: string }>> = {};

  async function openOne(name: SocketName, path: string): Promise<void> {
    const app = apps[name];
    const fetch: typeof app.fetch = (request, ...rest) =>
      isOurs(request.headers) ? app.fetch(request, ...rest) : misdirected();
    const graceMs = config.now().shutdownSeconds * 1_000;
    const bound = await bindSocket({ path, mode: modes[name] }, (at) =>
      listenHttp({ fetch }, { host: '', port: 0, path: at, graceMs }),
    );
    open[name] = { ...bound, path };
  }

  async function openSet(name: SocketName): Promise<void> {
    const set = local[name];
    if (set === 'off') return;
    if (set !== 'auto') {
      await openOne(name, set).catch((cause: unknown) => {
        const message = `Cannot listen on ${set}: ${errorText(cause)}`;
        throw new IepError('bad_config', `local.${name}: ${message}`, {
          errors: [{ path: `local.${name}`, message }],
          cause,
        });
      });
      return;
    }
    for (const directory of [...(!dev && hasRuntimeDirectory(env) ? [RUNTIME_DIRECTORY] : []), dataDir]) {
      const path = join(directory, socketFile(name));
      try {
        return await openOne(name, path);
      } catch (error) {
        deps.log.warn({ path, reason: errorText(error) }, 'a socket for commands of this machine could not be made');
      }
    }
  }

  async function close(): Promise<void> {
    await Promise.all(
      Object.values(open).map(async ({ listener, remove }) => {
        await remove();
        await listener.close();
      }),
    );
  }

  try {
    await openSet('control');
    await openSet('submit');
  } catch (error) {
    await close();
    throw error;
  }
  const paths = Object.fromEntries(Object.entries(open).map(([name, { path }]) => [name, path]));
  return { paths, close };
}

/** Whether `/run/iep` is this daemon's: its service manager says so, or it belongs to its user. */
function hasRuntimeDirectory(env: Environment): boolean {
  if (env.RUNTIME_DIRECTORY?.split(':').includes(RUNTIME_DIRECTORY)) return true;
  return statSync(RUNTIME_DIRECTORY, { throwIfNoEntry: false })?.uid === process.geteuid?.();
}

/**
 * A command says which store it means, or by which configuration: at `/run/iep` it may have found the daemon of another. A
 * daemon whose environment has another directory than its configuration is still the one that the configuration means.
 */
function meansThisDaemon(dataDir: string, file: string | undefined): (headers: Headers) => boolean {
  const directories = new Set([dataDir, realpathSync(dataDir)].map(encodeURIComponent));
  const configuration = file && encodeURIComponent(file);
  return (headers) => {
    const meant = headers.get('x-iep-data-directory');
    return meant === null || directories.has(meant) || headers.get('x-iep-config') === configuration;
  };
}

function misdirected(): Response {
  return new Response('This daemon serves another data directory.\n', { status: 421 });
}

/** A caller that gets here may do everything, so its own word on who it is only serves readers of the log. */
function callerOf(c: Context): AuditActor {
  const said = c.req.header('x-iep-user');
  if (said === undefined) return localActor();
  const [uid = '', name = ''] = said.slice(0, 200).split(' ');
  return { kind: 'local', id: name || `uid ${uid}`, name: `uid ${uid}` };
}
