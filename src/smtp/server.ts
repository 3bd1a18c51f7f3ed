/** smtp-server's server with our connections, and with what logins and addresses have to pass. One for each port. */

import type { Socket } from 'node:net';
import { SMTPServer, type SMTPServerAddress, type SMTPServerError, type SMTPServerSession } from 'smtp-server';
import type { Guest } from '../access/guests.ts';
import { addressFault, needsSmtpUtf8, normalizeAddress } from '../core/address.ts';
import type { IepError } from '../core/errors.ts';
import { type Door, SubmissionConnection } from './connection.ts';
import type { GivenLogin, Identify } from './login.ts';
import { refusalOf, replyTo } from './replies.ts';

/** The library reads them at each use. */
export interface ServerLimits {
  /** Our name. */
  readonly hostname: string;
  readonly maxMessageBytes: number;
  readonly maxRecipients: number;
  readonly idleTimeoutMs: number;
}

export interface ServerOptions extends ServerLimits {
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  /** TLS from the first byte instead of by STARTTLS. */
  readonly implicitTls: boolean;
}

type Done = (error?: Error | null) => void;
type OnAuth = Parameters<SMTPServer['onAuth']>;

/** Commands of the library that nothing here needs: jokes, and what a proxy may say about others. */
const DISABLED_COMMANDS = ['WIZ', 'SHELL', 'KILL', 'XCLIENT', 'XFORWARD'];

export class SubmissionServer<Who> extends SMTPServer {
  readonly #door: Door<Who>;
  readonly #implicitTls: boolean;
  /** Of sockets on their way to a session. */
  readonly #guests = new Map<string, Guest>();
  #connectionCount = 0;

  constructor(door: Door<Who>, options: ServerOptions) {
    const { tls } = options;
    const disabled = [
      ...DISABLED_COMMANDS,
      ...(tls === undefined ? ['STARTTLS'] : []),
      ...(door.admission.logins === undefined ? ['AUTH'] : []),
    ];
    super({
      ...limitsOf(options),
      // A client that has sent all it will may close its side and still wait for the replies.
      allowHalfOpen: true,
      disableReverseLookup: true,
      hideENHANCEDSTATUSCODES: false,
      authMethods: ['PLAIN', 'LOGIN'],
      // Who may do what without TLS or a login is decided by our own connection.
      authOptional: true,
      allowInsecureAuth: true,
      disabledCommands: disabled,
      secure: options.implicitTls,
      logger: false,
      ...(tls && { cert: tls.cert, key: tls.key, minVersion: 'TLSv1.2' }),
    });
    this.#door = door;
    this.#implicitTls = options.implicitTls;
    // Of a handshake: the sessions report theirs themselves, and `start` that of a listener that cannot begin.
    this.on('error', (error) => {
      if (this.server.listening) door.log.info({ door: door.name, error }, 'connection failed');
    });
  }

  /** The port it listens on. */
  async start(at: { readonly host: string; readonly port: number } | { readonly fd: number }): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(at, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('The SMTP listener has no port');
    return address.port;
  }

  /** Takes no more connections. Resolves when the last one is closed. */
  async stopListening(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const socket of this._pendingSockets.values()) socket.destroy();
    await closed;
  }

  /** For connections from now on; those that are open keep theirs. */
  setCertificate({ cert, key }: { cert: string; key: string }): void {
    this.updateSecureContext({ cert, key });
  }

  /** Others, for connections and commands from now on. */
  setLimits(limits: ServerLimits): void {
    Object.assign(this.options, limitsOf(limits));
  }

  override connect(socket: Socket, { id = '' }: { id?: string } = {}): void {
    const guest = this.#guests.get(id);
    this.#guests.delete(id);
    if (guest === undefined) {
      // It had to make room while its handshake ran.
      socket.destroy();
      return;
    }
    const connection = new SubmissionConnection(this.#door, { server: this, socket, id, guest });
    this.connections.add(connection);
    connection.init();
  }

  /** No proxy stands in front. A socket is admitted here, before a TLS handshake, which has its time. */
  override _handleProxy(socket: Socket, callback: (error: Error | null, options?: { id: string }) => void): void {
    const { guests, networks, clock, options } = this.#door;
    const address = socket.remoteAddress ?? '';
    const id = String(++this.#connectionCount);
    let guest: Guest;
    try {
      guest = guests.admit({ address, owner: networks.tenantOf(address) });
    } catch (error) {
      this.#turnAway(socket, error);
      return;
    }
    this.#guests.set(id, guest);
    socket.once('close', () => {
      guest.leave();
      this.#guests.delete(id);
    });
    if (this.#implicitTls) {
      // Never a socket from under its handshake, which would end the process.
      const end = () => this._pendingSockets.get(socket)?.destroy();
      guest.dismiss = () => {
        this.#guests.delete(id);
        end();
      };
      const cancel = clock.after(options.handshakeTimeoutMs, end);
      socket.once('close', cancel);
    }
    callback(null, { id });
  }

  /** A greeting that is a refusal (RFC 5321 §3.1), where that can be said: no session begins, and nobody waits for the client. */
  #turnAway(socket: Socket, error: unknown): void {
    socket.on('error', () => undefined);
    const { code, text } = replyTo(refusalOf(error));
    if (!this.#implicitTls) socket.write(`421 ${text}\r\n`);
    socket.destroySoon();
    this.#door.log.debug({ door: this.#door.name, client: socket.remoteAddress, code }, 'connection turned away');
  }

  override onConnect(_session: SMTPServerSession, done: Done): void {
    done();
  }

  override onSecure(_socket: unknown, _session: SMTPServerSession, done: Done): void {
    done();
  }

  override onAuth(auth: OnAuth[0], session: SMTPServerSession, done: OnAuth[2]): void {
    const { logins } = this.#door.admission;
    if (logins === undefined) {
      done(asError({ code: 502, text: '5.5.1 Nobody logs in here' }));
      return;
    }
    const login: GivenLogin = { username: auth.username ?? '', password: auth.password ?? '' };
    const admitted = logins.login(login, session.remoteAddress).then((tenant) => {
      this.#door.loggedIn.get(session)?.(tenant);
    });
    admitted.then(
      () => done(null, { user: login }),
      (error: unknown) => {
        const refusal = refusalOf(error);
        this.#logRefusal({ client: session.remoteAddress, login, logins }, refusal);
        done(asError(replyTo(refusal)));
      },
    );
  }

  #logRefusal(
    { client, login, logins }: { client: string; login: GivenLogin; logins: Identify },
    { code, cause }: IepError,
  ): void {
    const { log, name } = this.#door;
    const write = (tenant?: string) => {
      const fields = { door: name, client, code, ...(tenant !== undefined && { username: tenant }) };
      if (cause === undefined) log.info(fields, 'login refused');
      else log.error({ ...fields, error: cause }, 'login refused');
    };
    logins.knownName(login.username).then(write, () => write());
  }

  override onMailFrom(path: SMTPServerAddress, session: SMTPServerSession, done: Done): void {
    done(path.address === '' ? null : checkPath({ path, session, enhanced: '5.1.7' }));
  }

  override onRcptTo(path: SMTPServerAddress, session: SMTPServerSession, done: Done): void {
    done(checkPath({ path, session, enhanced: '5.1.3' }) ?? this.#checkRecipient(path.address, session));
  }

  /** Each recipient by itself: the others of the message may still be mailed. */
  #checkRecipient(address: string, session: SMTPServerSession): Error | null {
    const { log, name, admission, transactions } = this.#door;
    const who = transactions.get(session);
    const refusal = who && admission.refuseRecipient(who, address);
    if (who === undefined || refusal === undefined) return null;
    const { code, message } = refusal;
    const tenant = admission.tenantOf(who);
    const fields = { door: name, client: session.remoteAddress, ...(tenant !== undefined && { tenant }) };
    log.info({ ...fields, code, reason: message }, 'recipient refused');
    return asError(replyTo(refusal));
  }
}

/** Brings an address into the spelling that is stored, or says why it cannot be one. */
function checkPath(given: { path: SMTPServerAddress; session: SMTPServerSession; enhanced: string }): Error | null {
  const { path, session, enhanced } = given;
  const address = normalizeAddress(path.address);
  if (address === undefined) return asError({ code: 553, text: `${enhanced} That ${addressFault(path.address)}` });
  if (needsSmtpUtf8(address) && session.envelope.smtpUtf8 !== true) {
    return asError({ code: 553, text: '5.6.7 Such an address needs SMTPUTF8 with MAIL' });
  }
  path.address = address;
  return null;
}

function limitsOf({ hostname, maxMessageBytes, maxRecipients, idleTimeoutMs }: ServerLimits) {
  return {
    name: hostname,
    size: maxMessageBytes,
    maxRecipients,
    socketTimeout: idleTimeoutMs,
  };
}

function asError({ code, text }: { code: number; text: string }): SMTPServerError {
  return Object.assign(new Error(text), { responseCode: code });
}
