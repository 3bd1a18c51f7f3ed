/** The failure of a command: its text on standard error, and its exit code from sysexits(3). */

import { isDirectoryGone } from '../config/working-directory.ts';
import { fieldErrorText, IepError } from '../core/errors.ts';
import { asStoreRefusal } from '../db/datadir/store-refusal.ts';

/** 2: a dry run found something to do. */
type ExitCode = 0 | 2 | 64 | 65 | 69 | 70 | 75 | 77 | 78;

/** A complaint of the command line itself, which no other door can have: a missing file, flags that contradict. */
export class Complaint extends Error {
  readonly exit: ExitCode;
  readonly hint: string;

  constructor(exit: ExitCode, message: string, hint: string) {
    super(message);
    this.exit = exit;
    this.hint = hint;
  }
}

/** Ends a command with an exit code after it has said all there is to say. */
export class Exit extends Error {
  readonly exit: ExitCode;

  constructor(exit: ExitCode) {
    super(`exit ${exit}`);
    this.exit = exit;
  }
}

export interface Failure {
  readonly exit: number;
  /** For standard error; ends in a line feed, or is empty. */
  readonly text: string;
}

/** Refusals and complaints are told in words; only a fault of ours shows where in the code it happened. */
export function describeFailure(fault: unknown, program: string): Failure {
  const error = asComplaint(fault);
  if (error instanceof Exit) return { exit: error.exit, text: '' };
  if (error instanceof Complaint) return { exit: error.exit, text: `${program}: ${error.message}\n  ${error.hint}\n` };
  const refusal = asStoreRefusal(error);
  if (refusal instanceof IepError) return { exit: refusal.refusal.exit, text: describeRefusal(refusal, program) };
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { exit: 70, text: `${program}: something went wrong inside IEP; please report this:\n${trace}\n` };
}

/** The same for a program, where `--json` was given: one document with the members of a problem (RFC 9457). */
export function failureDocument(error: unknown, about?: { readonly messageId: string }): Failure {
  if (error instanceof Exit) return { exit: error.exit, text: '' };
  const { exit, ...members } = membersOf(error);
  return { exit, text: `${JSON.stringify({ ...about, ...members, exitCode: exit })}\n` };
}

/** Any command may be called in a directory that a deployment has removed, with a path that is relative to it. */
function asComplaint(error: unknown): unknown {
  if (!isDirectoryGone(error)) return error;
  return new Complaint(
    75,
    'the working directory is gone, and a path is relative to it',
    'Run it in a directory that is there, or give whole paths: --config or IEP_CONFIG, IEP_DATADIR.',
  );
}

function membersOf(fault: unknown): { readonly exit: number } & Readonly<Record<string, unknown>> {
  const error = asComplaint(fault);
  if (error instanceof Complaint) return { exit: error.exit, code: 'usage', detail: error.message, hint: error.hint };
  const refusal = error instanceof IepError ? error : new IepError('internal', String(error), { cause: error });
  const { code, message: detail, errors, retryAfterMs, extra } = refusal;
  const { title, hint, exit } = refusal.refusal;
  return {
    ...{ exit, code, title, detail, hint },
    ...(errors && { errors }),
    ...(retryAfterMs !== undefined && { retryAfterSeconds: Math.ceil(retryAfterMs / 1000) }),
    ...extra,
  };
}

function describeRefusal(error: IepError, program: string): string {
  const { title, hint } = error.refusal;
  const errors = error.errors ?? [];
  const [first] = errors;
  // They stand below, one a line, where its message has the first of them too, or all.
  const isSaidBelow = errors.length > 1 && first !== undefined && error.message.includes(first.message);
  const about = isSaidBelow ? (error.extra?.source ?? title) : error.message;
  const lines = [about === title ? `${program}: ${title}` : `${program}: ${title}: ${about}`];
  if (errors.length > 1) {
    for (const one of errors) lines.push(`  ${fieldErrorText(one)}`);
  }
  if (error.retryAfterMs !== undefined) lines.push(`  Try again in ${Math.ceil(error.retryAfterMs / 1000)} s.`);
  else lines.push(`  ${error.extra?.hint ?? hint}`);
  return `${lines.join('\n')}\n`;
}
