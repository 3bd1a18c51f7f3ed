/** A connection to a mailbox over IMAP, logged in, with its folder open. Whatever the server sends, memory and time are bounded. */

import type { ImapFlow } from 'imapflow';
import { reasonOf, tlsReasonOf } from '../../../base/net/reason.ts';
import type { Clock } from '../../../core/clock.ts';
import { errorText } from '../../../core/error-text.ts';
import { createCut, secretsIn, userNamesIn } from '../../../core/known-secrets.ts';
import type { TokenKeeper } from '../../providers/oauth2/token-keeper.ts';
import { oneLine } from '../../providers/reply.ts';
import type { ReportMailbox } from './settings.ts';

/** Mails that are searched at once. */
export const SEARCH_SPAN = 10_000;
/** Silence, but for a folder that is only waited at. */
const CONNECT_MS = 30_000;
const GREETING_MS = 15_000;
const SOCKET_MS = 300_000;
/** For all from connecting to the end of the login. */
const LOGIN_MS = 90_000;
/** A server without IDLE is asked as often, but for each two minutes. */
const IDLE_MS = 240_000;
/** The beginning of a mail is asked for, which is far less; of a server that gives all of it regardless this much is heard out. */
const MAX_LITERAL = 32 * 1024 * 1024;
/** Of an answer to a search of SEARCH_SPAN mails, whose numbers have ten digits. It is read in one go, which others wait for. */
const MAX_LINE = 256 * 1024;
const limits = {
  ...{ connectionTimeout: CONNECT_MS, greetingTimeout: GREETING_MS, socketTimeout: SOCKET_MS, maxIdleTime: IDLE_MS },
  ...{ maxLineLength: MAX_LINE, maxLiteralSize: MAX_LITERAL, maxResponseSize: MAX_LITERAL + MAX_LINE },
  ...{ maxResponseTokens: 2 * SEARCH_SPAN },
} as const;

export interface Connecting {
  readonly mailbox: ReportMailbox;
  readonly tokens: TokenKeeper | undefined;
  readonly clock: Pick<Clock, 'after'>;
  readonly signal: AbortSignal;
  readonly readOnly?: boolean;
}

/** What went wrong, in a sentence without secrets. */
export class MailboxFault extends Error {
  /** The login was refused, and will be until somebody changes something. */
  readonly isOfLogin: boolean;

  constructor(message: string, { isOfLogin, cause }: { readonly isOfLogin: boolean; readonly cause: unknown }) {
    super(message, { cause });
    this.isOfLogin = isOfLogin;
  }
}

/** Rejects with MailboxFault. `use` has the connection until it settles. */
export async function withFolder<T>(input: Connecting, use: (client: ImapFlow) => Promise<T>): Promise<T> {
  const { mailbox, tokens, signal, readOnly = false } = input;
  try {
    const client = await logIn(input, await tokens?.token());
    const close = () => client.close();
    signal.addEventListener('abort', close);
    try {
      signal.throwIfAborted();
      await client.mailboxOpen(mailbox.folder, { readOnly });
      return await use(client);
    } finally {
      signal.removeEventListener('abort', close);
      client.close();
    }
  } catch (cause) {
    throw faultOf(cause, input);
  }
}

/** A token that is refused is asked for anew once. */
async function logIn(input: Connecting, token: string | undefined, isLast = false): Promise<ImapFlow> {
  const { tokens, signal, clock } = input;
  const client = await create(input.mailbox, token);
  const close = () => client.close();
  signal.addEventListener('abort', close);
  const cancel = clock.after(LOGIN_MS, close);
  try {
    await client.connect();
    return client;
  } catch (error) {
    client.close();
    if (!isRefused(error) || token === undefined || tokens === undefined || isLast) throw error;
    return logIn(input, await tokens.another(token), true);
  } finally {
    cancel();
    signal.removeEventListener('abort', close);
  }
}

/** Loaded with the first mailbox: nothing else needs it. */
async function create(mailbox: ReportMailbox, accessToken: string | undefined): Promise<ImapFlow> {
  const { ImapFlow } = await import('imapflow');
  const { host, port, tls, ca, username: user, password = '' } = mailbox;
  const client = new ImapFlow({
    ...{ host, port, ...limits, logger: false, autoIdleDelay: 50, clientInfo: { name: 'iep' } },
    ...{ secure: tls === 'implicit', ...(tls !== 'implicit' && { doSTARTTLS: tls === 'required' }) },
    auth: { user, ...(accessToken === undefined ? { pass: password } : { accessToken }) },
    tls: { minVersion: 'TLSv1.2', ...(ca !== undefined && { ca }) },
  });
  // The command that is under way rejects as well.
  client.on('error', () => undefined);
  return client;
}

function isRefused(error: unknown): boolean {
  return error instanceof Error && 'authenticationFailed' in error && error.authenticationFailed === true;
}

function faultOf(cause: unknown, { mailbox, tokens }: Connecting): MailboxFault {
  const { host, port, username, password = '', grant = {} } = mailbox;
  const cut = createCut({
    secrets: [password, ...secretsIn(grant), ...(tokens?.secrets() ?? [])],
    userNames: [username, ...userNamesIn(grant)],
  });
  const isOfLogin = isRefused(cause) || (cause instanceof Error && 'isRefused' in cause && cause.isRefused === true);
  const said = cause instanceof Error && 'responseText' in cause ? cause.responseText : undefined;
  const reason = typeof said === 'string' && said !== '' ? said : ownReason(cause);
  const what = isOfLogin ? 'the login was refused: ' : '';
  return new MailboxFault(oneLine(cut(`${host}:${port}: ${what}${reason}`)), { isOfLogin, cause });
}

/** Where the server said nothing. Node's text for a host with several addresses is empty, and OpenSSL's is for programmers. */
function ownReason(cause: unknown): string {
  const isOfConnecting =
    cause instanceof AggregateError ||
    (cause instanceof Error && 'syscall' in cause && ['connect', 'getaddrinfo'].includes(String(cause.syscall)));
  return isOfConnecting ? reasonOf(cause) : (tlsReasonOf(cause) ?? errorText(cause));
}
