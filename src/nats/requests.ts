/**
 * Hears the requests of some subjects, as one of a queue group, and answers each. Few are under way at once; others wait, as long
 * as there is room for them. What is asked after a stop began is left to the others of the group.
 */

import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import type { Log } from '../base/observe/log.ts';
import type { Clock } from '../core/clock.ts';
import { withDeadline } from '../core/deadline.ts';
import { createLimiter } from '../core/limiter.ts';
import type { NatsAnswer } from './payload.ts';

export interface NatsRequest {
  readonly data: Uint8Array;
  /** Undefined where the request does not have it. */
  header(name: string): string | undefined;
}

export interface Handler {
  /** Below the prefix. */
  readonly subject: string;
  handle(request: NatsRequest): Promise<NatsAnswer>;
  /** What is said where it cannot be handled. */
  readonly failed: string;
}

export interface RequestsDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: { natsRequest(labels: { readonly subject: string; readonly outcome: string }): void };
  /** The connection by which answers leave: another one may have come in place of that by which the request came. */
  readonly current: () => NatsConnection | undefined;
}

export interface RequestsOptions {
  readonly handlers: readonly Handler[];
  readonly prefix: string;
  readonly queueGroup: string;
}

export interface Requests {
  listen(connection: NatsConnection): void;
  /** Hears nothing more. Resolves when all that was heard is answered, or after that time. */
  drain(limitMs: number): Promise<void>;
}

const MOST_AT_ONCE = 64;
const MOST_WAITING = 20_000;
/** A server takes no larger message than it is told to. */
const TOO_LARGE = JSON.stringify({ error: 'the answer is larger than the NATS server takes' });
/** Of requests that are here; what comes beyond that is refused, so that the memory is not filled with them. */
const MOST_BYTES = 64 * 1024 * 1024;

export function createRequests(deps: RequestsDeps, { handlers, prefix, queueGroup }: RequestsOptions): Requests {
  const { clock, log, metrics, current } = deps;
  const permits = createLimiter({ atOnce: MOST_AT_ONCE, waiting: { atOnce: MOST_WAITING } });
  const underWay = new Set<Promise<void>>();
  let bytes = 0;
  let isEnding = false;
  let subscriptions: readonly Subscription[] = [];

  function hear(handler: Handler, message: Msg): void {
    const { subject, failed } = handler;
    const size = message.data.length;
    if (underWay.size >= MOST_AT_ONCE + MOST_WAITING || bytes + size > MOST_BYTES) {
      metrics.natsRequest({ subject, outcome: 'busy' });
      answer(message, { error: failed });
      return;
    }
    bytes += size;
    const work: Promise<void> = permits
      .pass('', () => handle(handler, message))
      .finally(() => {
        bytes -= size;
        underWay.delete(work);
      });
    underWay.add(work);
  }

  async function handle({ subject, handle: handleOne, failed }: Handler, message: Msg): Promise<void> {
    try {
      const said = await handleOne({
        data: message.data,
        header: (name) => (message.headers?.has(name) === true ? message.headers.get(name) : undefined),
      });
      metrics.natsRequest({ subject, outcome: 'error' in said ? 'refused' : 'done' });
      answer(message, said);
    } catch (error) {
      log.error({ door: 'nats', subject, error }, 'a request could not be handled');
      metrics.natsRequest({ subject, outcome: 'failed' });
      answer(message, { error: failed });
    }
  }

  /** Nobody waits for one where the request names no place for it. */
  function answer({ reply, subject }: Msg, said: NatsAnswer): void {
    if (!reply) return;
    try {
      const connection = current();
      if (connection === undefined) throw new Error('no connection is there');
      const text = JSON.stringify(said);
      const isTooLarge = Buffer.byteLength(text) > (connection.info?.max_payload ?? Number.POSITIVE_INFINITY);
      connection.publish(reply, isTooLarge ? TOO_LARGE : text);
    } catch (error) {
      log.warn({ door: 'nats', subject, error }, 'an answer could not be given; its caller has to ask again');
    }
  }

  async function finish(): Promise<void> {
    if (current() !== undefined) await Promise.allSettled(subscriptions.map((one) => one.drain()));
    await Promise.all(underWay);
  }

  return {
    listen(connection) {
      if (isEnding) return;
      subscriptions = handlers.map((handler) =>
        connection.subscribe(`${prefix}.${handler.subject}`, {
          queue: queueGroup,
          callback(error, message) {
            if (error) log.error({ door: 'nats', subject: handler.subject, error }, 'a subject cannot be heard');
            else hear(handler, message);
          },
        }),
      );
    },
    async drain(limitMs) {
      isEnding = true;
      await withDeadline(finish(), { clock, limitMs, late: () => new Error('too late') }).catch(() => {
        log.warn({ door: 'nats', requests: underWay.size }, 'requests were not answered before the stop');
      });
    },
  };
}
