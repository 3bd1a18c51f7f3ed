/** The errors nodemailer's connection gives, and how they read as outcomes. The one place that knows their codes. */

import { reasonOf, tlsReasonOf } from '../../../base/net/reason.ts';
import type { Outcome, ProviderReply } from '../../../core/outcome.ts';
import { NoToken } from '../oauth2/ask.ts';
import { plainReply } from '../reply.ts';
import type { Stage } from './bounce-rules/rule.ts';
import { type Addresses, classify } from './classify.ts';
import { smtpReply } from './reply.ts';

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

/** The login could not even be tried, for what the settings say or the server lacks. */
export class LoginImpossible extends Error {}

/** Why no connection could be had. */
export function openingOutcome(error: SmtpError, where: string): Outcome {
  if (error instanceof NoToken) {
    return { kind: 'unavailable', reply: plainReply(error.message), ...(error.isRefused && { account: true }) };
  }
  if (error.response === undefined) {
    const reply = nothingSaid(error, where);
    if (isOurLimit(error.originalCode ?? error.code)) return { kind: 'throttled', reply };
    return { kind: 'unavailable', reply, ...(error instanceof LoginImpossible && { account: true }) };
  }
  return classify(smtpReply(error.response), error.code === 'EAUTH' ? 'login' : 'greeting');
}

/** Why a message failed as a whole. `ended`: its final dot had left. `about`: of a recipient that the failure is told of. */
export function messageOutcome(
  error: SmtpError,
  { where, ended, about }: { readonly where: string; readonly ended: boolean; readonly about: Addresses },
): Outcome {
  if (error.response !== undefined) return classify(smtpReply(error.response), stageOf(error), about);
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

/** What an operator can do about a connection that could not be had: the first row that matches. */
const advices: readonly {
  readonly when: (error: SmtpError, text: string) => boolean;
  readonly say: string;
}[] = [
  {
    when: ({ command, response }) =>
      response !== undefined && (isHello(command) || /\b(?:HELO|EHLO)\b/i.test(response)),
    say: 'The server may refuse the name that EHLO gives: set smtp.hostname to the name that DNS has for this machine.',
  },
  {
    when: (error) => error instanceof NoToken && error.isRefused,
    say: 'Check oauth2 against what the service has: the secret may have expired, or the consent been taken back.',
  },
  {
    when: (error) => error instanceof NoToken && error.isStrange,
    say: 'Check the token endpoint that oauth2 names: what answers there gives no tokens.',
  },
  {
    when: (error) => error instanceof NoToken,
    say: 'Check that this machine reaches the token endpoint.',
  },
  {
    when: (error) => error instanceof LoginImpossible,
    say: 'Check port and tls against what the server offers, or take the login away.',
  },
  {
    when: ({ code, command }) => code === 'EAUTH' && command === 'AUTH XOAUTH2',
    say: 'The service gave a token and its mail server refuses it: check that username is a mailbox that the application may send for, and that the mailbox allows SMTP.',
  },
  {
    when: ({ code }) => code === 'EAUTH',
    say: 'Check username and password, and that this account may send over SMTP.',
  },
  { when: ({ code }) => code === 'EDNS', say: 'Check the name of the host, and the name server of this machine.' },
  {
    when: ({ originalCode }) => isOurLimit(originalCode),
    say: 'This machine has no more files or ports for IEP: raise LimitNOFILE, or lower maxConnections.',
  },
  {
    when: (_error, text) => /CERT_HAS_EXPIRED|certificate has expired/i.test(text),
    say: 'The certificate of the server has expired: tell its operator. If it is new, check the clock of this machine.',
  },
  {
    when: (_error, text) => /CERT_NOT_YET_VALID|not yet valid/i.test(text),
    say: 'The certificate of the server is not valid yet: check the clock of this machine.',
  },
  {
    when: (_error, text) => /ALTNAME|does not match certificate|HOSTNAME_MISMATCH/i.test(text),
    say: 'The certificate has other names than host: set serverName to one of them, or host.',
  },
  {
    when: (_error, text) => /SELF_SIGNED|self[- ]signed|UNABLE_TO_|unable to (?:get|verify)/i.test(text),
    say: 'Nobody that this machine trusts signed the certificate: set ca to the certificate of the authority that did.',
  },
  {
    when: (_error, text) => /wrong version number|WRONG_VERSION|packet length too long|EPROTO/i.test(text),
    say: 'The port does not speak TLS from the first byte: use tls: required there, or the port for implicit TLS (465).',
  },
  {
    when: (_error, text) => /STARTTLS/.test(text),
    say: 'The server does not offer STARTTLS there: use port 465 with tls: implicit, or ask its operator.',
  },
  {
    when: ({ code }) => code === 'ETLS',
    say: 'Check the tls setting against the port (587: required, 465: implicit).',
  },
  {
    when: ({ code }) => code === 'ETIMEDOUT',
    say: 'Check host and port, that no firewall drops the connection, and that tls fits the port (465: implicit).',
  },
  { when: ({ originalCode }) => originalCode === 'ECONNREFUSED', say: 'Nothing listens there: check host and port.' },
];

export function advice(error: SmtpError): string {
  const text = `${error.originalCode ?? ''} ${error.message}`;
  return advices.find(({ when }) => when(error, text))?.say ?? 'Check host, port and tls; the server may be down.';
}

function isHello(command: string | undefined): boolean {
  return command === 'EHLO' || command === 'HELO';
}

/** Files, ports or memory that this machine lacks: neither the provider nor the message is to blame. */
function isOurLimit(code: string | undefined): boolean {
  return code !== undefined && ['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS', 'ENOMEM'].includes(code);
}

/** The server is there and would not have the connection, in words or by closing it; silence says nothing of that. */
export function isTurnedAway({ response, code, originalCode }: SmtpError): boolean {
  return (
    response !== undefined || code === 'ECONNECTION' || /^E(?:CONNREFUSED|CONNRESET|PIPE)$/.test(originalCode ?? '')
  );
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

function nothingSaid(error: SmtpError, where: string): ProviderReply {
  const code = error.originalCode ?? error.code;
  const ofTls = tlsReasonOf({ code: error.originalCode, message: error.message });
  if (ofTls !== undefined) return plainReply(`${where}: ${ofTls}`);
  if (error.code === 'EDNS') return plainReply(`${where}: ${reasonOf({ code, message: error.message })}`);
  const known = code === undefined || error.message.includes(code) ? '' : ` (${code})`;
  return plainReply(`${where}: ${error.message}${known}`);
}
