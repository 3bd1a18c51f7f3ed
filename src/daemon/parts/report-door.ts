/** The door for mail that comes back, from the configuration: it is open where `feedback.port` is set. */

import { hostname } from 'node:os';
import type { Log } from '../../base/observe/log.ts';
import type { Config } from '../../config/schema.ts';
import type { Clock } from '../../core/clock.ts';
import type { Reserve } from '../../db/datadir/reserve.ts';
import type { ReturnPaths } from '../../manage/return-path.ts';
import type { RecordDeps } from '../../message/feedback/record.ts';
import { takeReport } from '../../message/feedback/take-report.ts';
import { createReportListener, type ReportDoorOptions, type ReportListener } from '../../smtp/report-listener.ts';
import type { CertificateUser } from '../reload/certificates.ts';
import type { LiveConfig } from '../reload/live-config.ts';

export interface ReportDoorParts extends RecordDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly returnPaths: Pick<ReturnPaths, 'reader'>;
  readonly reserve: Pick<Reserve, 'require'>;
}

export interface ReportDoor extends Pick<ReportListener, 'stop'> {
  readonly host: string;
  /** As it is wanted; 0 is any. */
  readonly port: number;
  start: ReportListener['start'];
  readonly certificateUsers: readonly CertificateUser[];
  /** The configuration is another. */
  follow(): void;
}

/** Undefined where it is off. */
export function createReportDoor(deps: ReportDoorParts, config: LiveConfig): ReportDoor | undefined {
  const { port, host } = config.now().feedback;
  if (port === undefined) return undefined;
  const { returnPaths, reserve } = deps;
  const listener = createReportListener(
    {
      ...deps,
      reader: returnPaths.reader,
      async take(bytes, returned) {
        reserve.require();
        const taken = await takeReport(deps, bytes, returned);
        return taken.filter(({ match }) => match !== undefined).length;
      },
    },
    optionsOf(config.now(), port),
  );
  const path = certificateOf(config.now())?.path;
  return {
    ...{ host, port, start: listener.start, stop: listener.stop },
    certificateUsers: path === undefined ? [] : [{ path, use: listener.setCertificate }],
    follow: () => listener.setOptions(optionsOf(config.now(), port)),
  };
}

function optionsOf(config: Config, port: number): ReportDoorOptions {
  const { feedback, smtp } = config;
  const tls = certificateOf(config);
  return {
    ...{ host: feedback.host, port, domain: feedback.domain, hostname: smtp.hostname ?? hostname() },
    ...(tls && { tls: { cert: tls.cert, key: tls.key } }),
  };
}

/** That of the SMTP door; else the one for HTTP, which other servers find good enough too. */
function certificateOf({ smtp, http }: Config): { path: string; cert: string; key: string } | undefined {
  if (smtp.tls) return { ...smtp.tls, path: 'smtp.tls' };
  return http.tls && { ...http.tls, path: 'http.tls' };
}
