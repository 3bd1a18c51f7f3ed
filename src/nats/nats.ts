/** The NATS door: the parts of it, put together. It translates requests, and decides nothing. */

import type { Clock } from '../core/clock.ts';
import { getGroupAnalytics } from './analytics.ts';
import { keepConnected, type NatsLink, type NatsServerOptions } from './connection.ts';
import { getEmailStatus, type StatusDeps } from './email-status.ts';
import { createRequests, type RequestsDeps } from './requests.ts';
import { type SendEmailDeps, type SendRules, sendEmail } from './send-email.ts';

export interface NatsDoorDeps extends SendEmailDeps, StatusDeps, Omit<RequestsDeps, 'current'> {
  readonly clock: Clock;
  readonly random: () => number;
  /** Undefined: the door is open; else why it is not. */
  readonly onState: (problem: string | undefined) => void;
}

export interface NatsDoorOptions extends NatsServerOptions {
  readonly subjectPrefix: string;
  readonly queueGroup: string;
  readonly rules?: SendRules | undefined;
}

export interface NatsDoor {
  /** Hears nothing more; what was heard is answered within that time. */
  close(limitMs: number): Promise<void>;
}

/** Opens as soon as a server is there, however long that takes. */
export function openNatsDoor(deps: NatsDoorDeps, options: NatsDoorOptions): NatsDoor {
  const { log, onState } = deps;
  let link: NatsLink | undefined;
  const requests = createRequests(
    { ...deps, current: () => link?.current() },
    {
      prefix: options.subjectPrefix,
      queueGroup: options.queueGroup,
      handlers: [sendEmail(deps, options.rules), getEmailStatus(deps), getGroupAnalytics(deps)],
    },
  );
  link = keepConnected(
    {
      ...deps,
      begin: requests.listen,
      onState,
      onRefused: (reason) => log.error({ door: 'nats', reason }, 'the NATS server refuses something'),
    },
    options,
  );
  return {
    async close(limitMs) {
      await requests.drain(limitMs);
      await link.close();
    },
  };
}
