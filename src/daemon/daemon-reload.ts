/** What of the daemon can change while it runs: the keys of the configuration, and who takes their new values. */

import type { Directory } from '../access/directory.ts';
import { systemActor } from '../audit/audit.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { AdjustableLog, Log } from '../observe/log.ts';
import { type Certificate, checkCertificate, watchCertificates } from './certificates.ts';
import type { Doors } from './doors.ts';
import { type ProvisionDeps, provisionTenants } from './provision.ts';
import { createReload, type Reloadable } from './reload.ts';

export interface DaemonReload {
  reload(loaded: Pick<LoadedConfig, 'config' | 'files'>): Promise<void>;
  stop(): void;
}

export function createDaemonReload(
  deps: Omit<ProvisionDeps, 'keys' | 'clock'> & {
    clock: Clock;
    log: Log;
    adjustLog: AdjustableLog['adjust'];
    directory: Pick<Directory, 'forget'>;
    declareTenants: (tenants: Config['tenants']) => void;
    doors: Doors;
  },
  started: Pick<LoadedConfig, 'config' | 'files'>,
): DaemonReload {
  const { log, adjustLog, clock, doors, directory, audit } = deps;
  const users = doors.certificateUsers;
  const certificates = watchCertificates(
    { clock, log, users },
    { certificates: certificatesOf(started.config), files: started.files },
  );

  const reloadable: readonly Reloadable[] = [
    { paths: ['log.level', 'log.showAddresses'], apply: (config) => adjustLog(config.log) },
    {
      paths: ['tenants'],
      async apply({ tenants }) {
        await provisionTenants(deps, tenants);
        deps.declareTenants(tenants);
        directory.forget();
      },
    },
    { paths: ['smtp.trustedNetworks'], apply: ({ smtp }) => doors.setTrustedNetworks(smtp.trustedNetworks) },
    { paths: ['http.trustedProxies'], apply: ({ http }) => doors.setTrustedProxies(http.trustedProxies) },
    // A listener that began without TLS, or with it, stays so.
    ...users.map(
      ({ path }): Reloadable => ({
        paths: [`${path}.cert`, `${path}.key`],
        check(config) {
          const certificate = certificatesOf(config).get(path);
          if (certificate !== undefined) checkCertificate(path, certificate);
        },
        apply(config) {
          const certificate = certificatesOf(config).get(path);
          if (certificate !== undefined) certificates.set(path, certificate);
          else log.warn({ paths: [path] }, 'these changes need a restart');
        },
      }),
    ),
  ];
  const reload = createReload({ log, reloadable }, started.config);

  return {
    async reload(loaded) {
      const { applied, needRestart } = await reload(loaded.config);
      certificates.follow(loaded.files);
      await audit.record({
        actor: systemActor('configuration'),
        source: 'local',
        action: 'configuration.reload',
        outcome: 'done',
        changes: { applied, needRestart },
      });
    },
    stop: certificates.stop,
  };
}

function certificatesOf({ http, smtp }: Config): ReadonlyMap<string, Certificate> {
  return new Map(
    [['http.tls', http.tls] as const, ['smtp.tls', smtp.tls] as const].flatMap(([path, tls]) =>
      tls === undefined ? [] : [[path, { cert: tls.cert, key: tls.key }] as const],
    ),
  );
}
