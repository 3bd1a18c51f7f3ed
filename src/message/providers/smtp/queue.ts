/** What Amazon SES tells of mail that it was given by SMTP, out of a queue of SQS. */

import * as z from 'zod';
import type { Clock } from '../../../core/clock.ts';
import type { EventQueue } from '../event-queue.ts';
import { endpointOf } from '../http/settings.ts';
import { createCredentialSource } from '../ses/credentials.ts';
import { createSqsQueue } from '../ses/sqs.ts';

export const smtpEventsSchema = z.strictObject({
  /** A queue of SQS that has the events, as SNS wraps them or as SES tells them. The credentials are those that AWS finds by itself. */
  sqsQueueUrl: z.string().refine((text) => URL.canParse(text), 'must be the URL of a queue'),
  /** How long one question to the queue waits for events. */
  waitSeconds: z.int().min(0).max(20).default(20),
  /** Scheme, host and port in place of those of the queue's URL. */
  endpoint: z.string().min(1).optional(),
});

/** Of a queue whose URL names no region: what plays SQS asks for one that is well-formed. */
const ELSEWHERE = 'us-east-1';

export interface QueuedBy {
  readonly events?: z.output<typeof smtpEventsSchema> | undefined;
  readonly allowPlaintext: boolean;
}

/** Undefined where none is named. */
export function smtpQueue(name: string, { events, allowPlaintext }: QueuedBy, clock: Clock): EventQueue | undefined {
  if (events === undefined) return undefined;
  const { sqsQueueUrl: queueUrl, waitSeconds, endpoint = new URL(queueUrl).origin } = events;
  const region = /^sqs\.([\w-]+)\./.exec(new URL(queueUrl).hostname)?.[1] ?? ELSEWHERE;
  const source = createCredentialSource(name, { region }, clock);
  return createSqsQueue(
    { ...{ queueUrl, region, waitSeconds }, endpoint: endpointOf(name, { endpoint, allowPlaintext }) },
    { source, clock },
  );
}
