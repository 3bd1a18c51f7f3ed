/**
 * Events of SES in a queue of SQS, as SNS wraps them or as SES tells them ("raw message delivery").
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html and API_DeleteMessageBatch.html,
 * read 2026-11-30.
 */

import type { SigningKeys } from '../../../base/net/aws-signature.ts';
import type { HttpClient } from '../../../base/net/http-client.ts';
import { reasonOf } from '../../../base/net/reason.ts';
import type { Clock } from '../../../core/clock.ts';
import { at, listAt } from '../callbacks/fields.ts';
import type { EventQueue, FetchedEvents } from '../event-queue.ts';
import { awsErrorName } from './aws-error.ts';
import type { CredentialSource } from './credentials.ts';
import { eventsIn, type ToldEvents } from './events.ts';

/** The most that SQS gives at once. */
const MAX_MESSAGES = 10;
/** Messages have 1 MiB at most, escaped in the answer. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;
/** Of silence, besides the time that a question waits for events. */
const PHASE_MS = 10_000;

/** Of calls whose permission has another name. */
const PERMISSIONS: Readonly<Record<string, string>> = { DeleteMessageBatch: 'DeleteMessage' };

export interface SqsTold {
  readonly queueUrl: string;
  /** Scheme, host and port. */
  readonly endpoint: URL;
  /** Of the account; that of the queue's URL counts before. */
  readonly region: string;
  readonly waitSeconds: number;
}

export function createSqsQueue(
  told: SqsTold,
  deps: { readonly source: CredentialSource; readonly clock: Pick<Clock, 'now'> },
): EventQueue {
  const { queueUrl, endpoint, waitSeconds } = told;
  const { source, clock } = deps;
  const region = /^sqs\.([\w-]+)\.amazonaws\./.exec(new URL(queueUrl).hostname)?.[1] ?? told.region;
  const keys: SigningKeys = new Map();
  let http: Promise<HttpClient> | undefined;

  const client = () => {
    http ??= import('../../../base/net/http-client.ts').then(({ createHttpClient }) =>
      createHttpClient({
        limits: { connectMs: PHASE_MS, sendMs: PHASE_MS, answerMs: waitSeconds * 1_000 + PHASE_MS, bodyMs: PHASE_MS },
        maxConnections: 1,
      }),
    );
    return http;
  };

  async function ask(action: string, input: object, signal?: AbortSignal): Promise<unknown> {
    const { awsSigned } = await import('../../../base/net/aws-signature.ts');
    const request = {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${action}` },
      body: JSON.stringify({ QueueUrl: queueUrl, ...input }),
    };
    const credentials = await source.get();
    const headers = await awsSigned(
      { ...request, url: endpoint.href },
      { credentials, service: 'sqs', region, now: clock.now(), keys },
    );
    const asked = await client();
    const asking = asked.ask(endpoint, {
      ...{ ...request, headers, maxBytes: MAX_ANSWER_BYTES },
      ...(signal && { signal }),
    });
    const { status, body, ...answer } = await asking.catch((failure: Error) => {
      throw new Error(reasonOf(failure.cause ?? failure), { cause: failure });
    });
    const value = jsonOf(Buffer.from(body).toString('utf8'));
    if (status === 200 && value !== undefined) return value;
    if (status === 403) source.doubt();
    const name = awsErrorName(answer.headers, value) ?? 'without a reason';
    const advice = name.startsWith('AccessDenied')
      ? `; the credentials need the permission sqs:${PERMISSIONS[action] ?? action}`
      : '';
    throw new Error(`${action} was answered ${status} ${name}${advice}`);
  }

  async function receive(signal: AbortSignal): Promise<FetchedEvents> {
    const wanted = { MaxNumberOfMessages: MAX_MESSAGES, WaitTimeSeconds: waitSeconds };
    const messages = listAt(await ask('ReceiveMessage', wanted, signal), 'Messages');
    const told = messages.map((message) => eventsOf(at(message, 'Body'), clock.now()));
    return {
      feedback: told.flatMap(({ feedback }) => feedback),
      unknown: told.reduce((sum, { unknown }) => sum + unknown, 0),
      async remove() {
        const Entries = messages.map((message, index) => ({
          Id: String(index),
          ReceiptHandle: at(message, 'ReceiptHandle'),
        }));
        if (Entries.length > 0) await ask('DeleteMessageBatch', { Entries });
      },
    };
  }

  return {
    where: endpoint.host,
    receive,
    close: () => void http?.then((it) => it.close()),
  };
}

/** What nobody can read is counted and removed: it would come again for ever. */
function eventsOf(body: unknown, now: number): ToldEvents {
  const value = jsonOf(body);
  const wrapped = at(value, 'Type') === 'Notification' ? at(value, 'Message') : undefined;
  return eventsIn(wrapped === undefined ? value : jsonOf(wrapped), now);
}

/** Undefined where it is none. */
function jsonOf(text: unknown): unknown {
  if (typeof text !== 'string') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
