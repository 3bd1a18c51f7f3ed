/**
 * SIGHUP: the configuration was read again. It is looked at as a whole before anything changes, so that one which is not
 * valid changes nothing; then what can change does, in one moment, and what cannot is named in the log.
 */

import type { Directory } from '../../access/directory.ts';
import type { Log } from '../../base/observe/log.ts';
import type { LoadedConfig } from '../../config/load.ts';
import type { Config } from '../../config/schema.ts';
import type { Clock } from '../../core/clock.ts';
import { systemActor } from '../../manage/audit/audit.ts';
import type { Chores } from '../../manage/chores/chores.ts';
import { type ProvisionDeps, provisionTenants } from '../../manage/provision.ts';
import type { Outbound } from '../parts/delivery.ts';
import type { Doors } from '../parts/doors.ts';
import type { Mailboxes } from '../parts/mailboxes.ts';
import type { NatsPart } from '../parts/nats.ts';
import type { SettingsPart } from '../parts/settings.ts';
import { certificatesOf, watchCertificates } from './certificates.ts';
import { checkUsable } from './check-usable.ts';
import { forewarn } from './forewarn.ts';
import type { ChangeableConfig } from './live-config.ts';
import { differingPaths, takeOver } from './take-over.ts';

export type ConfigRead = Pick<LoadedConfig, 'config' | 'files'> & Partial<Pick<LoadedConfig, 'originOf'>>;

export interface DaemonReload {
  /** Rejects with the refusal of a configuration that cannot be taken over; then everything is as it was. */
  reload(read: ConfigRead): Promise<void>;
  stop(): void;
}

export interface DaemonReloadDeps extends Omit<ProvisionDeps, 'keys' | 'clock'> {
  readonly clock: Clock;
  readonly log: Log;
  readonly adjustLog: (config: Config) => void;
  readonly directory: Pick<Directory, 'forget'>;
  readonly outbound: Pick<Outbound, 'check' | 'reload'>;
  readonly chores: Pick<Chores, 'follow'>;
  readonly doors: Pick<Doors, 'certificateUsers' | 'follow'>;
  readonly mailboxes: Pick<Mailboxes, 'follow'>;
  readonly nats: Pick<NatsPart, 'follow'>;
  readonly settings: Pick<SettingsPart, 'follow'>;
}

export function createDaemonReload(
  deps: DaemonReloadDeps,
  { config, files }: { readonly config: ChangeableConfig; readonly files: LoadedConfig['files'] },
): DaemonReload {
  const { clock, log, audit, outbound, chores, doors, mailboxes, nats } = deps;
  const certificates = watchCertificates(
    { clock, log, users: doors.certificateUsers },
    { certificates: certificatesOf(config.now()), files },
  );

  async function reload(read: ConfigRead): Promise<void> {
    const running = config.now();
    const next = takeOver(running, read.config);
    checkUsable(next);
    await outbound.check(next);
    await provisionTenants(deps, next.tenants);
    await forewarn(deps, next);
    await outbound.reload({ config: next, adopt: () => adopt(next, read.files) });

    deps.settings.follow(read);
    const applied = differingPaths(running, next);
    const needRestart = differingPaths(next, read.config);
    log.info({ changed: applied }, 'the configuration was read again');
    if (needRestart.length > 0) log.warn({ paths: needRestart }, 'these changes need a restart');
    await audit.record({
      actor: systemActor('configuration'),
      source: 'local',
      action: 'configuration.reload',
      outcome: 'done',
      changes: { applied, needRestart },
    });
  }

  function adopt(next: Config, files: LoadedConfig['files']): void {
    config.change(next);
    deps.adjustLog(next);
    deps.directory.forget();
    doors.follow();
    mailboxes.follow();
    nats.follow();
    for (const [path, certificate] of certificatesOf(next)) certificates.set(path, certificate);
    certificates.follow(files);
    chores.follow();
  }

  return { reload, stop: certificates.stop };
}
