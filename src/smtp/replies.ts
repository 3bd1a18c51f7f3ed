/** Refusals as SMTP says them: the reply code and the enhanced code of the table, and one line that says why. */

import { IepError } from '../core/errors.ts';

export interface SmtpReply {
  readonly code: number;
  /** The enhanced code (RFC 3463) and the text; printable ASCII on one line. */
  readonly text: string;
}

/** A reply line may have 512 octets (RFC 5321 §4.5.3.1.5), the codes and the line end among them. */
const MAX_TEXT_LENGTH = 480;

export function replyTo(refusal: IepError): SmtpReply {
  const [code, enhanced] = refusal.refusal.smtp;
  const { retryAfterMs } = refusal;
  const wait = retryAfterMs === undefined ? '' : `; try again in ${Math.ceil(retryAfterMs / 1000)} s`;
  const sentence = `${refusal.message}${wait}`.replace(/[^\x20-\x7e]+/g, '?');
  return { code, text: `${enhanced} ${sentence}`.slice(0, MAX_TEXT_LENGTH) };
}

/** The refusal in what was thrown, whatever was thrown: a fault of ours is told as one, without its particulars. */
export function refusalOf(error: unknown): IepError {
  return error instanceof IepError ? error : new IepError('internal', undefined, { cause: error });
}
