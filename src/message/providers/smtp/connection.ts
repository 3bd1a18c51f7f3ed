/**
 * One SMTP connection: opened, secured and logged in as the settings ask, then carrying one message after another.
 * It adds to nodemailer's SMTPConnection what a pool needs to know: that it is still alive, and whether the end of a
 * message had left when it died, for then the other side may have taken it.
 */

import type { Socket } from 'node:net';
import { Readable, type Writable } from 'node:stream';
import SMTPConnection, {
  type SMTPConnectionEnvelope,
  type SMTPConnectionOptions,
  type SMTPConnectionSendInfo,
  type SMTPEnvelope,
} from 'nodemailer/lib/smtp-connection';
import { xoauth2Login } from '../../../core/known-secrets.ts';
import type { TokenKeeper } from '../oauth2/token-keeper.ts';
import { literalFor, localNameOf } from './local-name.ts';
import { hasPlainLines } from './plain-lines.ts';
import type { Login, SmtpSettings } from './settings.ts';
import { LoginImpossible, type SmtpError } from './smtp-error.ts';
import { createTranscript, type Transcript } from './transcript.ts';

/** nodemailer notes the refused recipients on the envelope that it was given, also when the message fails. */
export type ProviderEnvelope = Omit<SMTPEnvelope, 'to'> & {
  readonly to: string[];
  /** MAIL says SMTPUTF8, whatever the addresses: the header needs it too (RFC 6531 §3.4). */
  readonly useSmtpUtf8?: boolean;
} & Partial<Pick<SMTPConnectionEnvelope, 'rejectedErrors'>>;

/** How one message ended. */
export interface Sent {
  /** Present when the server said yes. */
  readonly info?: SMTPConnectionSendInfo;
  readonly error?: SmtpError;
  /** The server asked for the data, and it began to leave. */
  readonly begun: boolean;
  /** The final dot had been handed to the socket: without an answer nobody knows whether the message was taken. */
  readonly ended: boolean;
}

export interface ProviderConnection {
  readonly openedAt: number;
  /** Messages it has carried, or tried to. */
  readonly carried: number;
  readonly smtpUtf8: boolean;
  /** What was said for the last message, and before the first. */
  transcript(): string;
  isAlive(): boolean;
  send(envelope: ProviderEnvelope, message: Uint8Array | Readable): Promise<Sent>;
  /** Ends a transaction that was begun and refused. False: the connection is of no more use. */
  reset(): Promise<boolean>;
  /** Breaks it off at once; a message under way ends with this as its error. */
  abort(why: string): void;
  /** Says goodbye without waiting for the answer. */
  quit(): void;
  /** Calls `fn` once when it has ended, for whatever reason. */
  onEnd(fn: () => void): void;
  /** Calls `fn` once when it is closed on both sides: so long the other side counts it. */
  onGone(fn: () => void): void;
}

/**
 * Bytes that are written at once. A larger message leaves in such pieces: then its end has not left where a connection dies in
 * the middle, and over TLS, where Node sees no progress within a write, a slow reader is not taken for a silent one.
 */
const MAX_AT_ONCE = 256 * 1024;

/** How long to wait for the other side to close after us. */
const CLOSE_WAIT_MS = 1_000;

/** Not open yet. `opened` rejects with an SmtpError; `abort` works from the start. */
export interface Opening {
  readonly opened: Promise<ProviderConnection>;
  /** What was said so far. */
  transcript(): string;
  abort(why: string): void;
}

export interface OpeningDeps {
  readonly openedAt: number;
  now(): number;
  /** The name of this machine that the operator set. */
  readonly hostName?: string | undefined;
  /** For a login by token. */
  readonly tokens?: TokenKeeper | undefined;
}

export function openConnection(settings: SmtpSettings, { openedAt, now, hostName, tokens }: OpeningDeps): Opening {
  const transcript = createTranscript({ now, login: settings.login });
  const smtp = new SMTPConnection({ ...connectionOptions(settings), transactionLog: true });
  insides(smtp).logger = noting(transcript);
  const localName = localNameOf([settings.localName, hostName]);
  // The address that a connection leaves from is known when EHLO is said, not before.
  Object.defineProperty(smtp, 'name', {
    get: () => localName ?? literalFor(smtp._socket ? smtp._socket.localAddress : undefined),
  });
  let lastError: SmtpError | undefined;
  let finish: ((error: SmtpError) => void) | undefined;

  // Without a listener an error would be thrown; the caller that waits hears of it from `end`, which always follows.
  smtp.on('error', (error: SmtpError) => {
    lastError = error;
  });
  smtp.once('end', () => {
    // nodemailer gives a message under way its own, better error right after this event, if it has one.
    queueMicrotask(() => finish?.(lastError ?? new Error('the connection was closed')));
  });

  /** Runs one exchange with the server; ends with the connection if that ends first. */
  const exchange = <T>(start: (done: (error: SmtpError | null | undefined, result?: T) => void) => void) =>
    new Promise<{ readonly error?: SmtpError; readonly result?: T }>((resolve) => {
      finish = (error) => resolve({ error });
      start((error, result) => {
        finish = undefined;
        if (error) resolve({ error });
        else resolve(result === undefined ? {} : { result });
      });
    });

  const abort = (why: string) => {
    if (smtp._socket && !smtp._socket.destroyed) smtp._socket.destroy(new Error(why));
    else smtp.close();
  };

  const open = async (): Promise<ProviderConnection> => {
    if (settings.allowNetworks !== undefined) {
      const { allowedAddress } = await import('./allowed-address.ts');
      // The certificate is still held to the name.
      insides(smtp).host = await allowedAddress(settings.host, settings.allowNetworks);
    }
    const { error } = await exchange<never>((done) => smtp.connect(done));
    if (error) throw error;
    // The last reply is that to EHLO, unless STARTTLS was refused and the session went on without it.
    const smtpUtf8 = /^250[ -]SMTPUTF8\b/im.test(String(smtp.lastServerResponse));
    if (settings.login) await logIn(settings.login);
    return ready(smtpUtf8);
  };

  const logIn = async (login: Login) => {
    const refusal = !smtp.allowsAuth
      ? 'the server offers no login on this connection'
      : !smtp.secure && !settings.plaintextLogin
        ? `the connection has no TLS, so the ${'pass' in login ? 'password' : 'token'} was not sent`
        : undefined;
    const { error } =
      refusal === undefined
        ? await ('pass' in login
            ? exchange<boolean>((done) => smtp.login({ ...login }, done))
            : logInByToken(login.user))
        : { error: new LoginImpossible(refusal) };
    if (!error) return;
    smtp.close();
    throw error;
  };

  /** A token that is refused may have been withdrawn: another one is asked for, once. */
  const logInByToken = async (user: string) => {
    if (!tokens) throw new Error('a login by token was asked for without tokens');
    let said = '';
    let isRenewed = false;
    const tryOnce = (isAnother: boolean) => {
      const source: TokenSource = {
        getToken(isRetry, done) {
          isRenewed ||= isAnother || isRetry;
          const token = isRenewed ? tokens.another(said) : tokens.token();
          token.then(
            (text) => {
              said = text;
              done(null, text);
            },
            (error) => done(error, ''),
          );
        },
        buildXOAuth2Token: (token) => Buffer.from(xoauth2Login(user, token)).toString('base64'),
      };
      return exchange<boolean>((done) => smtp.login({ user, oauth2: source as NodemailerTokens }, done));
    };
    const first = await tryOnce(false);
    if (isRenewed || !first.error?.response?.startsWith('535')) return first;
    const second = await tryOnce(true);
    return smtp.destroyed ? first : second;
  };

  const ready = (smtpUtf8: boolean): ProviderConnection => {
    let carried = 0;
    let ended = false;
    const opened = smtp._socket;
    const bodies = withoutStreams(smtp);
    if (opened) {
      readBeforeTimeout(opened);
      readBeforeEnd(smtp, opened, () => ended);
    }
    return {
      openedAt,
      smtpUtf8,
      transcript: transcript.text,
      get carried() {
        return carried;
      },
      isAlive: () => !smtp.destroyed && smtp._socket !== false && smtp._socket?.writable === true,
      async send(envelope, given) {
        const message = given instanceof Readable || given.length <= MAX_AT_ONCE ? given : inPieces(given);
        carried += 1;
        transcript.begin();
        const socket = smtp._socket;
        if (!socket) throw new Error('a connection that was opened has no socket');
        ended = false;
        const onEnd = () => {
          ended = true;
          transcript.note('C', given instanceof Readable ? '<the message>' : `<${given.length} bytes>`);
          socket.setTimeout(settings.dataTimeoutMs);
        };
        const { error, result: info } = await exchange<SMTPConnectionSendInfo>((done) => {
          const stopSaying = envelope.useSmtpUtf8 && smtpUtf8 ? saySmtpUtf8(smtp) : undefined;
          smtp.send(envelope, bodies.of(message, socket, onEnd), done);
          stopSaying?.();
        });
        if (ended && !smtp.destroyed) socket.setTimeout(settings.commandTimeoutMs);
        // nodemailer leaves a stream open that it did not begin to read.
        if (error && message instanceof Readable) message.destroy();
        const begun = ended || (message instanceof Readable && message.readableFlowing !== null);
        // What is there already would be taken for the answer to the next command.
        if (ended && insides(smtp)._responseQueue.length > 0) abort('it answered more than it was asked');
        // A yes to what it does not have yet is none.
        if (info && !ended) return { begun, ended, error: new Error('a yes came before the end of the message') };
        return { begun, ended, ...(error && { error }), ...(info && { info }) };
      },
      async reset() {
        const { error } = await exchange<boolean>((done) => smtp.reset(done));
        return error === undefined;
      },
      abort,
      quit() {
        smtp.quit();
        smtp.close();
      },
      onEnd: (fn) => smtp.once('end', fn),
      onGone(fn) {
        if (opened && !opened.closed) opened.once('close', fn);
        else fn();
      },
    };
  };

  return { opened: open(), abort, transcript: transcript.text };
}

/** What nodemailer asks of the class that it has for this, which would fetch and keep tokens itself. */
interface TokenSource {
  getToken(isRetry: boolean, done: (error: Error | null, token: string) => void): void;
  buildXOAuth2Token(token: string): string;
}

type NodemailerTokens = NonNullable<NonNullable<Parameters<SMTPConnection['login']>[0]>['oauth2']>;

/** What is used of nodemailer besides what it offers. Its version is pinned, and the tests of this folder find a change. */
interface Insides {
  logger: SMTPConnectionOptions['logger'];
  /** Where it connects to; the name of the certificate was taken from the options. */
  host: string;
  readonly _responseQueue: readonly string[];
  /** Who hears the next reply, and those after it. */
  readonly _responseActions: ((reply: string) => void)[];
  _processResponse(): void;
  _sendCommand(text: string, logged?: string): void;
  /** What a message is piped to, once the server has asked for it. `done` hears the reply to the message. */
  _createSendStream(done: SendDone): Writable;
  _actionSMTPStream(reply: string, done: SendDone): void;
}

type SendDone = (error: Error | null, reply?: string) => void;

function insides(smtp: SMTPConnection): Insides {
  return smtp as unknown as Insides;
}

function inPieces(bytes: Uint8Array): Readable {
  const starts = Array.from({ length: Math.ceil(bytes.length / MAX_AT_ONCE) }, (_, n) => n * MAX_AT_ONCE);
  return Readable.from(
    starts.map((start) => bytes.subarray(start, start + MAX_AT_ONCE)),
    { objectMode: false },
  );
}

/** nodemailer says SMTPUTF8 for the sake of addresses alone. It says MAIL within its `send`. */
function saySmtpUtf8(smtp: SMTPConnection): () => void {
  const inner = insides(smtp);
  const send = inner._sendCommand;
  inner._sendCommand = (text, logged) => {
    const isBare = text.startsWith('MAIL FROM:') && !text.endsWith('SMTPUTF8') && !text.includes(' SMTPUTF8 ');
    send.call(smtp, isBare ? `${text} SMTPUTF8` : text, logged);
  };
  return () => {
    inner._sendCommand = send;
  };
}

/**
 * After a pause of this process (a snapshot of its machine, say) timers run before what arrived meanwhile is read, and a
 * yes would be thrown away. So a timeout waits until the socket was read once more.
 */
function readBeforeTimeout(socket: Socket): void {
  const listeners = socket.listeners('timeout');
  socket.removeAllListeners('timeout');
  socket.on('timeout', () => {
    const { bytesRead } = socket;
    setImmediate(() => {
      if (socket.bytesRead === bytesRead) for (const listener of listeners) listener.call(socket);
    });
  });
}

/**
 * nodemailer takes one reply a turn of the event loop, so a server that closes right behind several of them, as after a 421 to
 * one of many RCPT, would seem to have closed without a word. What has arrived by then is taken first.
 */
function readBeforeEnd(smtp: SMTPConnection, socket: Socket, hasEnded: () => boolean): void {
  const inner = insides(smtp);
  /** A yes to DATA: the message must not begin to leave where nobody reads any more. */
  const begins = (reply: string) => inner._responseActions.length <= 1 && !hasEnded() && /^[23]/.test(reply);
  const read = () => {
    for (let [reply] = inner._responseQueue; reply !== undefined && !smtp.destroyed && !begins(reply); ) {
      const { length } = inner._responseQueue;
      inner._processResponse();
      // One that is not whole stays.
      if (inner._responseQueue.length === length) return;
      [reply] = inner._responseQueue;
    }
  };
  socket.prependListener('error', read).prependListener('close', read);
}

/** nodemailer tells a logger what passes, with its own credentials masked, besides much that is of no use here. */
function noting(transcript: Transcript): SMTPConnectionOptions['logger'] {
  const ignore = () => undefined;
  const debug = (entry: { readonly tnx?: string }, text: unknown) => {
    if (entry.tnx === 'client') transcript.note('C', String(text));
    else if (entry.tnx === 'server') transcript.note('S', String(text));
  };
  return { trace: ignore, debug, info: ignore, warn: ignore, error: ignore, fatal: ignore };
}

/**
 * Messages as nodemailer takes them: it pipes one when the server has asked for the data, which is how we know that it leaves.
 * One in memory that is to go as it stands leaves in one write; nodemailer would make two streams for it and look at each byte,
 * a third of what a message costs. What needs a dot stuffed still goes that way.
 */
function withoutStreams(smtp: SMTPConnection) {
  const inner = insides(smtp);
  const createSendStream = inner._createSendStream;
  /** Whether the message under way is one that leaves in one write. */
  let isDirect = false;
  // Set once: V8 would compile what calls it again and again if each message brought its own.
  inner._createSendStream = (done) => {
    const socket = smtp._socket as Socket;
    // Right behind its yes to DATA the server has closed, or said yes to a message that it does not have yet. A stream must
    // not be read then.
    if (!socket.writable || inner._responseQueue[0]?.startsWith('2')) smtp.close();
    if (!isDirect) return createSendStream.call(smtp, done);
    inner._responseActions.push((reply) => inner._actionSMTPStream(reply, done));
    return socket;
  };
  return {
    of(message: Uint8Array | Readable, socket: Socket, onEnd: () => void): Readable {
      isDirect = message instanceof Uint8Array && hasPlainLines(message);
      if (message instanceof Readable) return message.once('end', onEnd);
      const body: Pick<Readable, 'pipe'> = {
        pipe(destination) {
          if (!socket.writable) return destination;
          onEnd();
          if (!isDirect) return destination.end(message);
          socket.cork();
          socket.write(message);
          socket.write('.\r\n');
          socket.uncork();
          return destination;
        },
      };
      return body as Readable;
    },
  };
}

function connectionOptions(settings: SmtpSettings): SMTPConnectionOptions {
  const { tls } = settings;
  return {
    host: settings.host,
    port: settings.port,
    secure: tls === 'implicit',
    requireTLS: tls === 'required',
    opportunisticTLS: tls === 'opportunistic',
    ignoreTLS: tls === 'none',
    tls: {
      ...(settings.ca !== undefined && { ca: settings.ca }),
      ...(settings.serverName !== undefined && { servername: settings.serverName }),
      // Opportunistic TLS keeps out who only listens, whatever the certificate; a password goes to a proven host alone.
      rejectUnauthorized: tls !== 'opportunistic' || settings.login !== undefined,
    },
    connectionTimeout: settings.connectTimeoutMs,
    greetingTimeout: settings.connectTimeoutMs,
    dnsTimeout: settings.connectTimeoutMs,
    socketTimeout: settings.commandTimeoutMs,
    socketCloseTimeout: CLOSE_WAIT_MS,
  };
}
