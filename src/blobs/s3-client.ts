/**
 * Requests to a service that speaks Amazon's S3 protocol, signed (Signature Version 4). Bodies are streamed with their
 * length and hash named beforehand, so that the service checks what it got. No answer is an error that says to try again.
 */

import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { awsSigned, type SigningKeys } from '../base/net/aws-signature.ts';
import { createHttpClient } from '../base/net/http-client.ts';
import type { Clock } from '../core/clock.ts';
import { errorText } from '../core/error-text.ts';
import { IepError } from '../core/errors.ts';

export interface S3Options {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** Empty, or folders that end in `/`. */
  readonly prefix: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** The bucket is named in the path, not in the host name. */
  readonly forcePathStyle: boolean;
  /** Silence after which it is taken to be away. */
  readonly timeoutMs: number;
}

export interface S3Request {
  readonly method: 'GET' | 'PUT' | 'DELETE';
  /** Within the bucket; absent: the bucket itself. */
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Made anew for a second try. */
  readonly body?: { readonly open: () => Readable; readonly size: number; readonly sha256: string };
}

export interface S3Client {
  /** Any answer below 500 but a refusal of the credentials. Refuses with `store_unavailable` otherwise. */
  send(request: S3Request): Promise<IncomingMessage>;
  /** The body of an answer. Refuses with `store_unavailable` where it does not come whole, as `bytes` does. */
  text(answer: IncomingMessage): Promise<string>;
  bytes(answer: IncomingMessage): Promise<Buffer>;
  /** The path of a key as a header names it. */
  source(key: string): string;
}

/** SHA-256 of no bytes. */
const EMPTY_HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const MAX_CONNECTIONS = 16;
/** A connection that was kept may have been closed just now; every request here can be made twice. */
const TRIES = 2;

export function createS3Client(options: S3Options, clock: Pick<Clock, 'now'>): S3Client {
  const { timeoutMs } = options;
  const keys: SigningKeys = new Map();
  const http = createHttpClient({
    limits: { connectMs: timeoutMs, sendMs: timeoutMs, answerMs: timeoutMs, bodyMs: timeoutMs },
    maxConnections: MAX_CONNECTIONS,
  });

  return {
    source: (key) => `/${options.bucket}/${key}`,
    async send(request) {
      let failure: unknown;
      for (let tries = 0; tries < TRIES; tries++) {
        try {
          const answer = await exchange(request);
          const { statusCode: status = 0 } = answer;
          if (status < 500 && status !== 403) return answer;
          failure = new Error(`it answered ${status}: ${errorCode(await text(answer))}`);
          if (status === 403) break;
        } catch (error) {
          failure = error;
        }
      }
      throw s3Unavailable(failure);
    },
    text: (answer) => text(answer).catch(brokenOff),
    bytes: (answer) => buffer(answer).catch(brokenOff),
  };

  async function exchange({ method, key, query, headers, body }: S3Request): Promise<IncomingMessage> {
    const url = urlOf(options, key, query);
    const signed = await awsSigned(
      { method, url, headers: { ...headers, 'x-amz-content-sha256': body?.sha256 ?? EMPTY_HASH } },
      { credentials: options, service: 's3', region: options.region, now: clock.now(), keys },
    );
    return http.open(new URL(url), {
      method,
      headers: { ...signed, 'content-length': '0' },
      ...(body && { body: { stream: body.open(), size: body.size } }),
    });
  }
}

function urlOf({ endpoint, bucket, forcePathStyle }: S3Options, key = '', query: S3Request['query'] = {}): string {
  const url = new URL(endpoint);
  const base = url.pathname.replace(/\/$/, '');
  if (forcePathStyle) url.pathname = `${base}/${bucket}/${key}`;
  else {
    url.hostname = `${bucket}.${url.hostname}`;
    url.pathname = `${base}/${key}`;
  }
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.href;
}

function brokenOff(cause: unknown): never {
  throw s3Unavailable(cause);
}

/** The code alone: what else is in the document may hold the key that was used. */
export function errorCode(document: string): string {
  return /<Code>(\w{1,100})<\/Code>/.exec(document)?.[1] ?? 'without a reason';
}

export function s3Unavailable(cause: unknown): IepError {
  const why = errorText(cause);
  return new IepError('store_unavailable', `The S3 service that keeps large content cannot be used: ${why}`, { cause });
}
