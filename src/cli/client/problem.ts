/** A problem document (RFC 9457) read back into the refusal it was made from. */

import { type FieldError, IepError, type RefusalCode, refusals } from '../../core/errors.ts';
import { type ApiResponse, textOf } from './response.ts';

interface Problem {
  readonly code?: unknown;
  readonly detail?: unknown;
  readonly title?: unknown;
  readonly hint?: unknown;
  readonly errors?: unknown;
}

export async function readProblem(answer: ApiResponse): Promise<IepError> {
  const problem = await readBody(answer);
  const detail = [problem.detail, problem.title].find((text) => typeof text === 'string');
  const code = isCode(problem.code) ? problem.code : codeForStatus(answer.status);
  const retryAfter = Number(answer.header('retry-after') ?? Number.NaN);
  return new IepError(code, typeof detail === 'string' ? detail : `the answer was HTTP ${answer.status}`, {
    ...(Array.isArray(problem.errors) && { errors: problem.errors.filter(isFieldError) }),
    ...(typeof problem.hint === 'string' && { extra: { hint: problem.hint } }),
    ...(Number.isFinite(retryAfter) && { retryAfterMs: retryAfter * 1000 }),
  });
}

/** A proxy in between may answer with a page of its own. */
async function readBody(answer: ApiResponse): Promise<Problem> {
  const text = await textOf(answer);
  if (!/json/i.test(answer.header('content-type') ?? '')) return {};
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? body : {};
  } catch {
    return {};
  }
}

function isCode(code: unknown): code is RefusalCode {
  return typeof code === 'string' && Object.hasOwn(refusals, code);
}

function isFieldError(error: unknown): error is FieldError {
  return typeof error === 'object' && error !== null && 'path' in error && 'message' in error;
}

/** For answers without a code of ours: those of a newer daemon, or of a proxy. */
function codeForStatus(status: number): RefusalCode {
  if (status === 401) return 'unauthorized';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'not_found';
  if (status === 413) return 'message_too_large';
  if (status === 429) return 'rate_limited';
  if (status === 502 || status === 504) return 'unreachable';
  if (status === 503) return 'store_unavailable';
  return status < 500 ? 'invalid_request' : 'internal';
}
