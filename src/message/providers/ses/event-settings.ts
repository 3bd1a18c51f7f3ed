/** What a `ses` provider is told of the events of its mail: by callbacks of SNS, out of a queue of SQS, or both. */

import * as z from 'zod';
import { isLoopback } from '../../../core/loopback.ts';

export const sesEventsSchema = z
  .strictObject({
    /** Topics of SNS whose callbacks count: `arn:aws:sns:eu-central-1:123456789012:iep`. */
    topicArns: z
      .array(z.string().regex(/^arn:[\w-]+:sns:[\w-]+:\w*:[\w.-]+$/, 'must be the ARN of a topic of SNS'))
      .min(1)
      .optional(),
    /** In place of `https://sns.<region>.amazonaws.com/`, for certificates and for the confirmation of a subscription. */
    certificateUrlPrefix: z.string().refine(isFetched, 'must be an https: URL, or http: of this host').optional(),
    /** A queue of SQS that has the events, as SNS wraps them or as SES tells them. */
    sqsQueueUrl: z
      .string()
      .refine((text) => URL.canParse(text), 'must be the URL of a queue')
      .optional(),
    /** How long one question to the queue waits for events. */
    waitSeconds: z.int().min(0).max(20).default(20),
    /** Scheme, host and port in place of those of the queue's URL. */
    endpoint: z.string().min(1).optional(),
  })
  .refine(
    ({ topicArns, sqsQueueUrl }) => topicArns !== undefined || sqsQueueUrl !== undefined,
    'must have topicArns or sqsQueueUrl',
  );

export type SesEvents = z.output<typeof sesEventsSchema>;

function isFetched(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.search !== '' || url.hash !== '') return false;
  return (
    url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname.replace(/^\[(.*)\]$/, '$1')))
  );
}
