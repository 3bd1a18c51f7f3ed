/**
 * Refusals as HTTP says them: problem documents (RFC 9457). Whatever is thrown ends here. A refusal tells the caller what
 * to do; anything else is a fault of ours, of which the caller learns no more than the id under which it was logged.
 */

import { type FieldError, IepError, type RefusalCode, refusals } from '../core/errors.ts';
import { visible } from '../core/visible-text.ts';
import { rateHeaders } from './rate-headers.ts';
import type { Reply } from './reply.ts';

export const PROBLEM_TYPE = 'application/problem+json';

/** A name, not an address: it stays the same wherever the platform runs. */
function problemUri(code: RefusalCode): string {
  return `urn:iep:problem:${code}`;
}

/** The members of a problem. Those the refusal brings itself come last: they know more than the table. */
export function problemOf(error: IepError): Record<string, unknown> {
  const { status, title, hint } = refusals[error.code];
  return {
    type: problemUri(error.code),
    title,
    status,
    detail: visible(error.message),
    code: error.code,
    hint,
    ...(error.errors !== undefined && { errors: error.errors.map(safeError) }),
    ...(error.retryAfterMs !== undefined && { retryAfterSeconds: seconds(error.retryAfterMs) }),
    ...error.extra,
  };
}

/** It may repeat what a stranger wrote, and ends on terminals. */
function safeError({ path, message, ...where }: FieldError): FieldError {
  return { ...where, path: visible(path), message: visible(message) };
}

/** The refusal to answer with: what is not one is a fault. */
export function asRefusal(error: unknown): IepError {
  return error instanceof IepError ? error : new IepError('internal', undefined, { cause: error });
}

export function problemReply(error: IepError, requestId: string): Reply {
  return {
    status: refusals[error.code].status,
    type: PROBLEM_TYPE,
    body: JSON.stringify({ ...problemOf(error), requestId }),
    headers: problemFields(error),
  };
}

/** Header fields that belong to a refusal. */
export function problemFields(error: IepError): Readonly<Record<string, string>> {
  return {
    ...(error.retryAfterMs !== undefined && { 'retry-after': String(seconds(error.retryAfterMs)) }),
    ...rateHeaders(error.rates),
    // The rest of the request is not waited for.
    ...(error.code === 'too_slow' && { connection: 'close' }),
    // RFC 9110 §11.6.1: a 401 names the scheme.
    ...(error.refusal.status === 401 && { 'www-authenticate': 'Bearer realm="iep"' }),
  };
}

/** The same for whom a browser asks: sentences. */
export function problemText(error: IepError, requestId: string): Reply {
  const { headers, ...reply } = problemReply(error, requestId);
  const { detail, hint } = problemOf(error);
  return {
    ...reply,
    type: 'text/plain; charset=utf-8',
    body: `${detail}\n${hint}\n`,
    headers: { ...headers, 'content-security-policy': "default-src 'none'", 'referrer-policy': 'no-referrer' },
  };
}

/** The API has nothing at this path. */
export function noSuchCall(): IepError {
  const hint = 'See /openapi.json for the calls there are.';
  return new IepError('not_found', 'The API has no such call', { extra: { hint } });
}

/** Rounded up, so that a caller that waits that long does not come too early. */
function seconds(ms: number): number {
  return Math.ceil(ms / 1000);
}

/** 405 says which methods there are (RFC 9110 §15.5.6). */
export function methodNotAllowed(allowed: readonly string[], requestId: string): Reply {
  const allow = allowed.join(', ');
  const reply = problemReply(new IepError('method_not_allowed', `This resource takes ${allow}`), requestId);
  return { ...reply, headers: { ...reply.headers, allow } };
}
