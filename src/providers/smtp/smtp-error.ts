/** The errors nodemailer's connection gives, and how they read as outcomes. The one place that knows their codes. */

import type { Outcome, Reply } from '../../core/outcome.ts';
import type { Stage } from '../bounce-rules.ts';
import { classify } from '../classify.ts';
import { plainReply, smtpReply } from '../reply.ts';

/** Fields that nodemailer adds; none is certain to be there. */
export interface SmtpError extends Error {
  readonly code?: string | undefined;
  /** The server's reply, where there was one. */
  readonly response?: string | undefined;
  /** The command that failed, `CONN` for the connection itself. */
  readonly command?: string | undefined;
  /** `ECONNREFUSED` and the like. */
  readonly originalCode?: string | undefined;
}

/** Why no connection could be had. */
export function openingOutcome(error: SmtpError, where: string): Outcome {
  if (error.response === undefined) return { kind: 'unavailable', reply: nothingSaid(error, where) };
  return classify(smtpReply(error.response), error.code === 'EAUTH' ? 'login' : 'greeting');
}

/** Why a message failed as a whole. `ended`: its final dot had left. */
export function messageOutcome(error: SmtpError, { where, ended }: { where: string; ended: boolean }): Outcome {
  if (error.response !== undefined) return classify(smtpReply(error.response), stageOf(error));
  if (ended) return { kind: 'unknown', reply: nothingSaid(error, where) };
  switch (error.code) {
    // Refused by nodemailer against the SIZE that the server announced.
    case 'EMESSAGE':
      return { kind: 'rejected', reply: plainReply(error.message), bounce: 'content' };
    case 'EENVELOPE':
      return { kind: 'rejected', reply: plainReply(error.message), bounce: 'other' };
    default:
      return { kind: 'unavailable', reply: nothingSaid(error, where) };
  }
}

/** What an operator can do about a connection that could not be had. */
export function advice({ code, originalCode }: SmtpError): string {
  switch (code) {
    case 'EAUTH':
      return 'Check username and password, and that this account may send over SMTP.';
    case 'EDNS':
      return 'Check the spelling of host, and the name server of this machine.';
    case 'ETLS':
      return 'Check the tls setting against the port (587: required, 465: implicit) and the certificate of the server.';
    case 'ETIMEDOUT':
      return 'Check host and port, and that no firewall drops the connection.';
    default:
      return originalCode === 'ECONNREFUSED'
        ? 'Nothing listens there: check host and port.'
        : 'Check host, port and tls; the server may be down.';
  }
}

/** The body could not be read to its end: a fault of ours, not a failure of delivery. */
export function isFault(error: SmtpError): boolean {
  return error.code === 'ESTREAM';
}

function stageOf({ command }: SmtpError): Stage {
  if (command === 'MAIL FROM') return 'mail';
  if (command === 'RCPT TO') return 'rcpt';
  return 'data';
}

function nothingSaid(error: SmtpError, where: string): Reply {
  const code = error.originalCode ?? error.code;
  const known = code === undefined || error.message.includes(code) ? '' : ` (${code})`;
  return plainReply(`${where}: ${error.message}${known}`);
}
