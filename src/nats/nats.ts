/** The NATS door: the parts of it, put together. It translates requests, and decides nothing. */

import type { Clock } from '../core/clock.ts';
import { withDeadline } from '../core/deadline.ts';
import { getGroupAnalytics } from './analytics.ts';
import { keepConnected, type NatsLink } from './connection.ts';
import { getEmailStatus, type StatusDeps } from './email-status.ts';
import type { NatsServerOptions } from './login.ts';
import { type PublishDeps, type Publishing, type PublishOptions, publishEvents } from './publish-events.ts';
import { createRequests, type RequestsDeps } from './requests.ts';
import { type SendEmailDeps, type SendRules, sendEmail } from './send-email.ts';

export interface NatsDoorDeps
  extends SendEmailDeps,
    StatusDeps,
    Omit<RequestsDeps & PublishDeps, 'current' | 'owner' | 'store' | 'metrics'> {
  readonly store: StatusDeps['store'] & PublishDeps['store'];
  readonly metrics: RequestsDeps['metrics'] & PublishDeps['metrics'];
  readonly clock: Clock;
  readonly random: () => number;
  /** Undefined: the door is open; else why it is not. */
  readonly onState: (problem: string | undefined) => void;
}

export interface NatsDoorOptions extends NatsServerOptions {
  readonly subjectPrefix: string;
  readonly queueGroup: string;
  /** The slug of the tenant, for what is said of it. */
  readonly tenant?: string | undefined;
  readonly events?: PublishOptions | undefined;
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
  let publishing: Publishing | undefined;
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
      begin(connection) {
        requests.listen(connection);
        publishing?.wake();
        sayIfNoTenant();
      },
      onState,
      onRefused: (reason) => log.error({ door: 'nats', reason }, 'the NATS server refuses something'),
    },
    options,
  );
  /** The door is open all the same: whose mail it takes may be made later. */
  function sayIfNoTenant(): void {
    const missing =
      'the tenant of the NATS door does not exist: until it is made, no mail is taken and no event told there';
    deps.tenant().then(
      (tenant) => tenant ?? log.warn({ door: 'nats', tenant: options.tenant }, missing),
      (error: unknown) => log.warn({ door: 'nats', error }, 'the tenant of the NATS door could not be looked up'),
    );
  }

  const { events } = options;
  if (events) publishing = publishEvents({ ...deps, owner: deps.newId(), current: link.current }, events);
  return {
    async close(limitMs) {
      const ended = Promise.all([publishing?.stop(), requests.drain(limitMs)]).then(link.close);
      const late = () => new Error('the NATS server does not answer');
      await withDeadline(ended, { clock: deps.clock, limitMs, late }).catch((error: unknown) =>
        log.warn({ door: 'nats', error }, 'the connection to NATS was not closed in order'),
      );
    },
  };
}
