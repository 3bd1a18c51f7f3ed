/** One signed POST to an endpoint: the one way out for real webhooks and for tests of an endpoint. */

import type { GuardedFetch } from '../base/net/guarded-fetch.ts';
import type { Clock } from '../core/clock.ts';
import { IepError } from '../core/errors.ts';
import type { Vault } from '../core/vault.ts';
import type { WebhookAttempt, WebhookEndpoint } from '../db/verbs/webhooks.ts';
import { sign } from './signing.ts';

export interface Posted {
  readonly attempt: WebhookAttempt;
  /** It may not be asked at all, as things are. */
  readonly refused: boolean;
  /** What the answer asks to wait, on 429 and 503. */
  readonly retryAfterMs?: number;
}

export interface PostInput {
  readonly endpoint: Pick<WebhookEndpoint, 'id' | 'url' | 'secret' | 'previous'>;
  /** `webhook-id`. */
  readonly id: string;
  readonly body: string;
  readonly signal?: AbortSignal;
}

export type Post = (input: PostInput) => Promise<Posted>;

/** Of an answer's body, what is kept to be looked at. */
const KEPT_BYTES = 2_048;

export function createPost(
  deps: { readonly fetch: GuardedFetch; readonly vault: Vault; readonly clock: Clock },
  options: { readonly timeoutMs: number },
): Post {
  const { clock, vault } = deps;
  return async ({ endpoint, id, body, signal }) => {
    const startedAt = clock.now();
    const started = clock.monotonic();
    const secrets = secretsOf(vault, endpoint, startedAt);
    if (secrets === undefined) {
      const error = 'its secret cannot be opened with the master key that is here; rotate it';
      return { attempt: { startedAt, durationMs: 0, request: {}, error }, refused: true };
    }
    const request = {
      'content-type': 'application/json',
      'user-agent': 'IEP-Webhooks',
      ...sign({ id, at: startedAt, body }, secrets),
    };
    const answer = await deps.fetch(endpoint.url, {
      method: 'POST',
      headers: request,
      body,
      timeoutMs: options.timeoutMs,
      maxBytes: KEPT_BYTES,
      ...(signal && { signal }),
    });
    const attempt = { startedAt, durationMs: Math.round(clock.monotonic() - started), request };
    if (answer.kind !== 'answered') {
      return { attempt: { ...attempt, error: answer.reason }, refused: answer.kind === 'refused' };
    }
    const { status, headers } = answer;
    const retryAfterMs = waitOf(status, headers['retry-after'], clock.now());
    return {
      attempt: { ...attempt, status, answer: textOf(answer.body) },
      refused: false,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    };
  };
}

/** The context that the secrets of an endpoint are sealed for. */
export function secretContext(webhookId: string): string {
  return `webhook:${webhookId}`;
}

/** Undefined: they were sealed with a key that is gone. */
function secretsOf(
  vault: Vault,
  { id, secret, previous }: PostInput['endpoint'],
  now: number,
): [string, ...string[]] | undefined {
  const open = (sealed: string) => vault.open(sealed, secretContext(id));
  try {
    return previous !== undefined && previous.until > now ? [open(secret), open(previous.secret)] : [open(secret)];
  } catch (error) {
    if (error instanceof IepError && error.code === 'secret_unreadable') return undefined;
    throw error;
  }
}

/** Seconds or a date (RFC 9110 §10.2.3). */
function waitOf(status: number, retryAfter: string | undefined, now: number): number | undefined {
  if (retryAfter === undefined || (status !== 429 && status !== 503)) return undefined;
  const waitMs = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1_000 : Date.parse(retryAfter) - now;
  return waitMs > 0 ? waitMs : undefined;
}

/** Readable whatever it is, and without what a terminal or SQLite would trip over. */
function textOf(body: Uint8Array): string {
  return Buffer.from(body).toString('utf8').replaceAll('\0', '\u{fffd}');
}
