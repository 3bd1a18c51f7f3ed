/**
 * One message of an SMTP session, from DATA to its reply: its bytes become a submission, the submission is accepted, and
 * only then does the client hear 250. Everything decided about a message is decided by intake; this translates.
 */

import type { Log } from '../base/observe/log.ts';
import type { Blobs } from '../blobs/blobs.ts';
import type { Clock } from '../core/clock.ts';
import { withDeadline } from '../core/deadline.ts';
import { IepError } from '../core/errors.ts';
import type { NewId } from '../core/ids.ts';
import type { Submission } from '../core/message.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import type { Accepted } from '../message/intake/accept.ts';
import { createRawMessageReader } from '../message/rfc5322/raw-message.ts';
import { refusalOf, replyTo, type SmtpReply } from './replies.ts';

export interface ReceptionDeps {
  readonly accept: (tenant: Tenant, submission: Submission) => Promise<Accepted>;
  readonly blobs: Pick<Blobs, 'create'>;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log;
}

export interface ReceptionOptions {
  /** Our name in `Received`. */
  readonly hostname: string;
  readonly maxMessageBytes: number;
  /** How long a client is kept waiting for the store. */
  readonly acceptTimeoutMs: number;
}

/** What MAIL and RCPT said, and for whom. */
export interface Envelope<Who> {
  readonly who: Who;
  readonly from: string;
  readonly rcpt: readonly string[];
  readonly smtpUtf8: boolean;
  /** `ESMTPSA` and the like (RFC 3848). */
  readonly protocol: string;
  readonly client: { readonly helo: string; readonly address: string };
}

export interface Reception {
  /** Content of the message, dots undone. Wait for the promise, where there is one, before the next. */
  write(content: Buffer): Promise<void> | undefined;
  /** The end of data came. Never rejects: every end is a reply. */
  complete(): Promise<SmtpReply>;
  /** The end of data will not come. */
  abort(): Promise<void>;
}

export function createReceive(
  deps: ReceptionDeps,
  options: ReceptionOptions,
): (envelope: Envelope<Tenant>) => Reception {
  const { clock, log } = deps;

  return (envelope) => {
    const { who: tenant, client } = envelope;
    const id = deps.newId();
    const reader = createRawMessageReader(deps.blobs, {
      door: 'smtp',
      id,
      now: clock.now(),
      arrival: { by: options.hostname, protocol: envelope.protocol, client },
      envelopeFrom: envelope.from,
      rcpt: envelope.rcpt,
      smtpUtf8: envelope.smtpUtf8,
      maxBytes: options.maxMessageBytes,
    });
    let bytes = 0;
    const fields = () => ({
      door: 'smtp',
      messageId: id,
      tenant: tenant.slug,
      client: client.address,
      from: envelope.from,
    });

    /** Waits for the store as long as the client is likely to. What is accepted later is sent, though nobody heard so. */
    const accept = (submission: Submission): Promise<Accepted> => {
      const work = deps.accept(tenant, submission);
      const late = () => {
        work.then(
          ({ messageId }) => log.warn({ ...fields(), messageId }, 'accepted after the client was told to try again'),
          (error: unknown) => log.error({ ...fields(), error }, 'not accepted, as the client was told'),
        );
        return new IepError('store_unavailable', 'The store did not answer in time');
      };
      return withDeadline(work, { clock, limitMs: options.acceptTimeoutMs, late });
    };

    return {
      write(content) {
        bytes += content.length;
        return reader.write(content);
      },

      async complete() {
        const startedAt = clock.monotonic();
        try {
          const accepted = await accept(await reader.finish());
          const durationMs = clock.monotonic() - startedAt;
          const recipients = envelope.rcpt.length;
          log.info({ ...fields(), messageId: accepted.messageId, recipients, bytes, durationMs }, 'message accepted');
          return { code: 250, text: `2.0.0 queued as ${accepted.messageId}` };
        } catch (error) {
          const refusal = refusalOf(error);
          const line = { ...fields(), bytes, code: refusal.code, reason: refusal.message };
          if (refusal === error && refusal.cause === undefined) log.info(line, 'message refused');
          else log.error({ ...line, error }, 'message not accepted');
          return replyTo(refusal);
        }
      },

      abort: () => reader.abort(),
    };
  };
}
