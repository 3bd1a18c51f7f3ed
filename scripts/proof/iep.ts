/** IEP as the proof runs it: a home with its own config and data, served by the executable, killed and served again. */

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, listening, type Running, type Workspace } from './workspace.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** A command and its first arguments: the built executable, or Node on the source tree. */
export type Executable = readonly [command: string, ...args: string[]];

export function findExecutable(fromSource: boolean): Executable {
  if (fromSource) return [process.execPath, join(ROOT, 'src', 'main.ts')];
  const built = join(ROOT, 'dist', 'iep');
  if (!existsSync(built)) throw new Error('dist/iep is missing: `npm run build` makes it, `--source` does without');
  return [built];
}

export interface IepSettings {
  /** Ports of the sinks, by provider name; the first is the route of tenants without one of their own. */
  readonly sinks: Readonly<Record<string, number>>;
  /** Slugs and their routes; SMTP from loopback belongs to the first. */
  readonly tenants: Readonly<Record<string, string>>;
  /** For torture: tries again soon and often, and forgets a dead daemon's leases soon. Absent: the defaults. */
  readonly impatient?: boolean;
  /** Further keys of the SMTP door. */
  readonly smtp?: Readonly<Record<string, unknown>>;
  /** Further settings of every tenant, and further keys of the configuration. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly config?: Readonly<Record<string, unknown>>;
  /** Where the data lie; absent: below the workspace, on the disk. */
  readonly dataDir?: string;
}

export interface IepHome {
  readonly smtpPort: number;
  readonly httpPort: number;
  readonly dataDir: string;
  /** What the daemons of this home said, all of it. */
  readonly log: string;
  /** A key of the tenant that may send and read. */
  key(tenant: string): Promise<string>;
  /** Runs a command of the CLI on the local store; answers its JSON. */
  cli(...args: string[]): Promise<unknown>;
  /** Starts the daemon; resolves when both doors are open. `wrap` runs it under another program. */
  serve(options?: ServeOptions): Promise<Running>;
  /** The same, at once: for a daemon that may be killed while it starts. */
  spawn(options?: ServeOptions): Running;
  remove(): void;
}

export interface ServeOptions {
  readonly wrap?: (command: string, args: readonly string[]) => { command: string; args: string[] };
  readonly env?: Readonly<Record<string, string>>;
}

export async function createIepHome(
  workspace: Workspace,
  executable: Executable,
  settings: IepSettings,
): Promise<IepHome> {
  const home = mkdtempSync(join(workspace.dir, 'iep-'));
  const config = join(home, 'iep.config.yaml');
  const log = join(home, 'daemon.log');
  const dataDir = settings.dataDir ?? join(home, 'data');
  const [httpPort, smtpPort] = [await freePort(), await freePort()];
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  writeFileSync(config, JSON.stringify(configuration({ settings, dataDir, httpPort, smtpPort }), null, 2));
  const [command, ...first] = executable;

  const spawn: IepHome['spawn'] = ({ wrap, env } = {}) => {
    const args = [...first, 'serve', '--config', config];
    const wrapped = wrap?.(command, args) ?? { command, args };
    return workspace.start(wrapped.command, wrapped.args, { stdout: log, stderr: log, cwd: home, ...(env && { env }) });
  };

  const cli: IepHome['cli'] = async (...args) => {
    const { stdout } = await workspace.run(command, [...first, ...args, '--json', '--config', config], { cwd: home });
    return JSON.parse(stdout);
  };

  return {
    smtpPort,
    httpPort,
    dataDir,
    log,
    spawn,
    cli,
    async key(tenant) {
      const made = (await cli('key', 'add', '--tenant', tenant, '--scopes', 'send,read')) as { key: string };
      return made.key;
    },
    async serve(options) {
      const daemon = spawn(options);
      await listening(daemon, { port: smtpPort, log });
      await listening(daemon, { port: httpPort, log });
      return daemon;
    },
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}

/** JSON is YAML. */
function configuration(at: { settings: IepSettings; dataDir: string; httpPort: number; smtpPort: number }) {
  const { sinks, tenants, impatient, smtp, settings, config } = at.settings;
  const sink = (port: number) => ({ type: 'smtp', host: '127.0.0.1', port, tls: 'none' });
  return {
    dataDir: at.dataDir,
    http: { host: '127.0.0.1', port: at.httpPort },
    smtp: {
      host: '127.0.0.1',
      port: at.smtpPort,
      trustedNetworks: [{ cidr: '127.0.0.1/32', tenant: Object.keys(tenants)[0] }],
      ...smtp,
    },
    providers: Object.fromEntries(Object.entries(sinks).map(([name, port]) => [name, sink(port)])),
    routing: { primary: Object.keys(sinks)[0] },
    tenants: Object.entries(tenants).map(([slug, primary]) => ({
      slug,
      settings: { primary, anySender: true, ...settings },
    })),
    ...(impatient && { retry: { scheduleSeconds: [1], maxAttempts: 100 }, outbox: { leaseSeconds: 30 } }),
    ...config,
  };
}

/** The last lines of a daemon's log, for a report of what went wrong. */
export function tail(file: string, lines = 5): string {
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n') : '';
}
