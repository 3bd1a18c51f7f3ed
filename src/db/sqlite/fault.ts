/** What a verb throws, in a form that crosses threads. */

import { type FieldError, IepError, type RefusalCode } from '../../core/errors.ts';
import { asStoreRefusal } from '../datadir/store-refusal.ts';

export type SentError =
  | {
      readonly code: RefusalCode;
      readonly detail: string;
      readonly errors?: readonly FieldError[];
      readonly retryAfterMs?: number;
    }
  | { readonly fault: string; readonly stack: string };

export function toSent(error: unknown): SentError {
  const refusal = asStoreRefusal(error);
  if (refusal instanceof IepError) {
    const { code, message, errors, retryAfterMs } = refusal;
    return { code, detail: message, ...(errors && { errors }), ...(retryAfterMs !== undefined && { retryAfterMs }) };
  }
  const fault = refusal instanceof Error ? refusal : new Error(String(refusal));
  return { fault: fault.message, stack: fault.stack ?? fault.message };
}

export function fromSent(sent: SentError): Error {
  if ('code' in sent) {
    const { code, detail, ...more } = sent;
    return new IepError(code, detail, more);
  }
  const error = new Error(sent.fault);
  error.stack = sent.stack;
  return error;
}
