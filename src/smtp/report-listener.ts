/**
 * The door for mail that comes back. It asks nobody for a login, so it takes little: mail for return paths that were signed here,
 * and for the postmaster of their domain.
 */

import { sourceOf } from '../access/failed-logins.ts';
import type { Log } from '../base/observe/log.ts';
import type { Clock } from '../core/clock.ts';
import { IepError } from '../core/errors.ts';
import type { ReadReturnPath } from '../core/return-path.ts';
import type { Admission } from './connection.ts';
import { createPace } from './pace.ts';
import { createPorts, type Ports } from './ports.ts';
import { type Addressees, createReportReceive, type TakeReport } from './report-reception.ts';
import { createTrustedNetworks } from './trusted-networks.ts';

export interface ReportDoorDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Who is meant by a return path, with the keys there are now. */
  readonly reader: () => Promise<ReadReturnPath | undefined>;
  readonly take: TakeReport;
}

export interface ReportDoorOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Our name in the greeting. */
  readonly hostname: string;
  /** Of return paths, in lower case. Absent: nothing is taken. */
  readonly domain?: string | undefined;
  /** PEM; for STARTTLS. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
}

export interface ReportListener extends Omit<Ports, 'set'> {
  /** Others from now on. Host, port and whether there is TLS stay as they are. */
  setOptions(options: ReportDoorOptions): void;
}

const NAME = 'feedback';
/** A report may hold all of the message that came back. Its beginning is kept, the rest only read past. */
const MAX_BYTES = 50 * 1024 * 1024;
/** In any minute. Each is read, which takes some milliseconds, and has a commit: a relay that has more to tell keeps it for later. */
const REPORTS = { inAll: 3_000, ofOne: 600 };
/** To the postmaster anybody may write, and each mail is a row that is kept for a month. */
const TO_POSTMASTER = { inAll: 10, ofOne: 3 };

export function createReportListener(deps: ReportDoorDeps, options: ReportDoorOptions): ReportListener {
  const { host, port, tls } = options;
  const settings = settingsOf(options);
  const receive = createReportReceive(deps, settings);
  const { set, ...ports } = createPorts(
    {
      ...{ clock: deps.clock, log: deps.log, networks: createTrustedNetworks([]) },
      admission: { ...admit(deps, settings), receive },
    },
    { name: NAME, host, port, tls },
    settings,
  );
  return { ...ports, setOptions: (changed) => set(settingsOf(changed)) };
}

function admit(
  { reader, clock }: Pick<ReportDoorDeps, 'reader' | 'clock'>,
  settings: { readonly domain: string | undefined },
): Omit<Admission<Addressees>, 'receive'> {
  const mayTell = createPace(clock, REPORTS);
  const mayWrite = createPace(clock, TO_POSTMASTER);
  return {
    async whose({ address }) {
      const read = await reader();
      const { domain } = settings;
      if (read === undefined || domain === undefined) throw new IepError('forbidden', 'No mail is taken here now');
      const source = sourceOf(address);
      if (!mayTell(source)) throw tooMany('This address has told much now');
      return { read, domain, source };
    },
    refuseRecipient({ read, domain, source }, address) {
      const folded = address.toLowerCase();
      if (isPostmaster(folded, domain)) {
        return mayWrite(source) ? undefined : tooMany('The postmaster has much mail now');
      }
      if (read(folded) !== undefined) return undefined;
      if (folded.startsWith('b+') && folded.endsWith(`@${domain}`)) {
        return new IepError('not_found', 'No mail of ours has this return path');
      }
      return new IepError('forbidden', 'Only mail that comes back is taken here');
    },
    tenantOf: () => undefined,
  };
}

export function isPostmaster(folded: string, domain: string): boolean {
  return folded === `postmaster@${domain}`;
}

function tooMany(detail: string): IepError {
  return new IepError('rate_limited', detail, { retryAfterMs: 60_000 });
}

function settingsOf({ hostname, domain }: ReportDoorOptions) {
  return {
    ...{ hostname, domain, maxMessageBytes: MAX_BYTES, maxRecipients: 20, maxConnections: 200, maxBadCommands: 5 },
    ...{ greetingDelayMs: 0, plaintextAuth: 'never' as const },
    ...{ handshakeTimeoutMs: 10_000, firstCommandTimeoutMs: 20_000, idleTimeoutMs: 60_000, acceptTimeoutMs: 30_000 },
    // Nobody logs in: a session has this long.
    loginTimeoutMs: 300_000,
  };
}
