/**
 * smtp-server's connection as this door needs it: no waiting before the greeting, replies of our own, a login that is
 * looked at again with each message, messages that stream, and an end that lets a message in progress finish.
 */

import type { Socket } from 'node:net';
import { SMTPConnection } from 'smtp-server/lib/smtp-connection.js';
import type { Guest, Guests } from '../access/guests.ts';
import type { Log } from '../base/observe/log.ts';
import type { Clock } from '../core/clock.ts';
import { IepError } from '../core/errors.ts';
import { readSmtpPath } from '../core/smtp-path.ts';
import type { Connections } from './connections.ts';
import type { GivenLogin, Identify } from './login.ts';
import { SubmissionParser } from './parser.ts';
import { refusalOf, replyTo, type SmtpReply } from './replies.ts';
import type { Envelope, Reception } from './session.ts';
import { isLoopbackAddress, type TrustedNetworks } from './trusted-networks.ts';

/** Who may hand in mail, and what becomes of it. `Who`: for whom a mail transaction is. */
export interface Admission<Who> {
  /** Absent: nobody logs in here. */
  readonly logins?: Identify;
  /** Throws the refusal that MAIL is answered with. */
  whose(client: SmtpClient): Promise<Who>;
  /** Why it may not mail that address; undefined when it may. */
  refuseRecipient(who: Who, address: string): IepError | undefined;
  receive(envelope: Envelope<Who>): Reception;
  /** For lines of the log. */
  tenantOf(who: Who): string | undefined;
}

export interface SmtpClient {
  readonly login: GivenLogin | undefined;
  /** Slug of the tenant that its network stands for. */
  readonly trustedAs: string | undefined;
  readonly address: string;
}

/** What all connections share. */
export interface Door<Who> {
  /** In lines of the log. */
  readonly name: string;
  readonly clock: Pick<Clock, 'after'>;
  readonly log: Log;
  readonly connections: Connections;
  readonly guests: Guests;
  readonly networks: TrustedNetworks;
  readonly admission: Admission<Who>;
  /** Whose the mail transaction of a session is. */
  readonly transactions: WeakMap<object, Who>;
  /** Of a session: takes note of its login, or refuses it. */
  readonly loggedIn: WeakMap<object, (tenant: { readonly id: string }) => void>;
  readonly options: {
    readonly greetingDelayMs: number;
    readonly maxBadCommands: number;
    readonly handshakeTimeoutMs: number;
    readonly firstCommandTimeoutMs: number;
    readonly loginTimeoutMs: number;
    readonly plaintextAuth: 'loopback' | 'always' | 'never';
  };
}

type Server = ConstructorParameters<typeof SMTPConnection>[0];

const ENHANCED_CODE = /^[245]\.\d{1,3}\.\d{1,3} /;
const CONTROL = /\p{Cc}+/gu;
/** Replies to what a client that knows the protocol and its password does not send. */
const BAD_COMMAND_CODES: ReadonlySet<number> = new Set([500, 501, 502, 503, 504, 530, 535, 538]);
/** Errors of a socket whose other end went away. */
const GONE: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT']);
/** Of a message; less in ten seconds does not keep a connection that others need. */
const PROGRESS_BYTES = 4 * 1024;
/** What the library reads in place of an address: it would refuse many that are in use. */
const STAND_IN = '<user@example.com>';
/** What EHLO and HELO take as a name: it is only told on, in `Received`. */
const HELO_NAME = /^[^\p{Cc}\s]{1,255}$/u;

export class SubmissionConnection<Who> extends SMTPConnection {
  readonly #door: Door<Who>;
  readonly #guest: Guest;
  /** Slug of the tenant that the client's network stands for. */
  readonly #trustedAs: string | undefined;
  /** The message whose bytes are coming in. */
  #incoming: Reception | undefined;
  /** A whole message waits for its reply. */
  #replyDue = false;
  #hasSpoken = false;
  #badCommands = 0;
  /** Bytes of a message that came since they counted as progress. */
  #bytesSince = 0;
  /** The TLS socket while its handshake runs: ending the one below it would end the process. */
  #upper: Socket | undefined;
  #cancelDeadline: () => void = () => undefined;

  constructor(door: Door<Who>, from: { server: Server; socket: Socket; id: string; guest: Guest }) {
    super(from.server, from.socket, { id: from.id });
    this.#door = door;
    this.#guest = from.guest;
    this.#trustedAs = door.networks.tenantOf(this.remoteAddress);
    from.guest.dismiss = () => this.#dismiss();
    door.loggedIn.set(this.session, (tenant) => {
      from.guest.member(tenant.id);
      this.#cancelDeadline();
    });
  }

  // ----------------------------------------------------------------------------------------------- begin and end

  /** Greets at once or, where that is asked for, after a delay in which only a bad client talks. The library waits 100 ms. */
  override init(): void {
    const { connections, options, clock } = this.#door;
    this._setListeners(() => {
      try {
        connections.add(this);
      } catch (error) {
        // A greeting that is a refusal (RFC 5321 §3.1); no session begins, and nobody waits for the client to leave.
        this.send(421, replyTo(refusalOf(error)).text, false);
        this._socket.destroySoon();
        return;
      }
      this.#giveTime(options.firstCommandTimeoutMs);
      if (options.greetingDelayMs === 0 || this.#trustedAs !== undefined) this.connectionReady();
      else clock.after(options.greetingDelayMs, () => this.connectionReady());
    });
  }

  /** A stranger has this long until it says more, or logs in. */
  #giveTime(ms: number): void {
    this.#cancelDeadline();
    if (this.#trustedAs !== undefined) return;
    this.#cancelDeadline = this.#door.clock.after(ms, () => this.send(421, '4.4.2 That took too long', false));
  }

  /** Others need the connection. */
  #dismiss(): void {
    this.send(421, '4.7.0 Others need this connection', false);
    (this.#upper ?? this._socket).destroySoon();
  }

  override upgrade(callback: () => void, secureCallback?: () => void): void {
    this.#door.clock.after(this.#door.options.handshakeTimeoutMs, () => {
      if (this._upgrading) this.destroy();
    });
    super.upgrade(callback, secureCallback);
  }

  /** The library arms it for the TLS socket as soon as there is one. */
  override _armTimeout(socket: Socket = this._socket): void {
    this.#upper = socket;
    super._armTimeout(socket);
  }

  override _createParser(): SubmissionParser {
    const parser = new SubmissionParser(() => this.close());
    parser.oncommand = (command, callback) => {
      this.#heard();
      this._onCommand(command, callback);
    };
    parser.on('error', () => {
      this.send(500, '5.5.2 Line too long', false);
      this.close();
    });
    return parser;
  }

  #heard(): void {
    if (!this.#hasSpoken && !this.session.user) this.#giveTime(this.#door.options.loginTimeoutMs);
    this.#hasSpoken = true;
    this.#guest.active();
  }

  /** The door closes: ends the session or, with a message in progress, lets it end with that message's reply. */
  shutDown(): void {
    if (this.#incoming === undefined && !this.#replyDue) this.#refuse(new IepError('shutting_down'));
  }

  destroy(): void {
    (this.#upper ?? this._socket).destroy();
  }

  override _onClose(): void {
    super._onClose();
    this.#cancelDeadline();
    this.#guest.leave();
    this.#door.connections.remove(this);
    this.#incoming?.abort().catch((error: unknown) => this.#fault(error));
    this.#incoming = undefined;
  }

  /** Also the end of a TLS handshake that failed, which is told twice. */
  override _onError(error: Error & { code?: string }): void {
    if (this._closing || this._closed) return;
    const fields = { door: this.#door.name, client: this.remoteAddress, error };
    if (GONE.has(error.code)) this.#door.log.debug(fields, 'connection lost');
    else this.#door.log.info(fields, 'connection failed');
    this.close();
  }

  // ----------------------------------------------------------------------------------------------------- replies

  /**
   * Writes a reply. A text that begins with an enhanced code keeps it, the library's own texts get one. Unlike the
   * library's, this one also reaches a client that has closed its side and still listens.
   */
  override send(code: number, data?: string | string[] | null, context?: string | false): void {
    if (BAD_COMMAND_CODES.has(code) && ++this.#badCommands > this.#door.options.maxBadCommands) {
      this.send(421, '4.7.0 Too many errors', false);
      return;
    }
    const lines = Array.isArray(data) ? data : [data ?? ''];
    const enhanced = ENHANCED_CODE.test(lines[0] ?? '') ? '' : this._getEnhancedStatusCode(code, context);
    const start = enhanced === '' ? '' : `${enhanced} `;
    const last = lines.length - 1;
    const reply = lines.map((line, at) => `${code}${at < last ? '-' : ' '}${start}${line.replace(CONTROL, ' ')}\r\n`);
    // While a TLS handshake runs, whatever is written in the clear would break it.
    if (!this._upgrading && this._socket.writable) this._socket.write(reply.join(''), 'latin1');
    if (code === 421) this.close();
  }

  #reply({ code, text }: SmtpReply): void {
    this.send(code, text, false);
  }

  #refuse(error: unknown): void {
    this.#reply(replyTo(refusalOf(error)));
  }

  /** Something that must not happen did: it costs the client this connection, and nobody else anything. */
  #fault(error: unknown): void {
    this.#door.log.error({ door: this.#door.name, client: this.remoteAddress, error }, 'connection ended by a fault');
    this.send(421, '4.3.0 Something went wrong inside IEP', false);
  }

  // ---------------------------------------------------------------------------------------------------- commands

  override handler_EHLO(command: Buffer, callback: () => void): void {
    if (this.#takeName(command)) {
      const features = [
        'PIPELINING',
        `SIZE ${this._server.options.size}`,
        '8BITMIME',
        'SMTPUTF8',
        'ENHANCEDSTATUSCODES',
      ];
      if (!this.secure && this._isSupported('STARTTLS')) features.push('STARTTLS');
      if (this.#mayLogIn() && !this.session.user) features.push('AUTH PLAIN LOGIN');
      this.send(250, [this.name, ...features], false);
    }
    callback();
  }

  override handler_HELO(command: Buffer, callback: () => void): void {
    if (this.#takeName(command)) this.send(250, this.name, false);
    callback();
  }

  /** Notes what the client calls itself and begins anew (RFC 5321 §4.1.4). */
  #takeName(command: Buffer): boolean {
    const [, name = '', more] = command.toString().trim().split(/\s+/);
    if (!HELO_NAME.test(name) || more !== undefined) {
      this.send(501, '5.5.4 Say EHLO or HELO with one host name', false);
      return false;
    }
    this.hostNameAppearsAs = name;
    this._resetSession();
    return true;
  }

  override handler_VRFY(_command: Buffer, callback: () => void): void {
    this.send(252, '2.1.5 Addresses are not verified; send the message, and it will be tried', false);
    callback();
  }

  override handler_AUTH(command: Buffer, callback: () => void): void {
    if (this.session.envelope.mailFrom) {
      // RFC 4954 §4: not during a mail transaction, which is already somebody's.
      this.send(503, '5.5.1 Log in before MAIL', false);
      callback();
    } else if (this.#mayLogIn()) {
      super.handler_AUTH(command, callback);
    } else {
      this.#refuse(new IepError('encryption_required'));
      callback();
    }
  }

  #mayLogIn(): boolean {
    const { admission, options } = this.#door;
    if (admission.logins === undefined) return false;
    const { plaintextAuth } = options;
    if (this.secure || plaintextAuth === 'always') return true;
    return plaintextAuth === 'loopback' && isLoopbackAddress(this.remoteAddress);
  }

  override handler_MAIL(command: Buffer, callback: () => void): void {
    this.#whose()
      .then(
        (who) => {
          this.#door.transactions.set(this.session, who);
          super.handler_MAIL(command, callback);
        },
        (error: unknown) => {
          this.#logRefusal(error);
          this.session.user = undefined;
          this.#refuse(error);
          callback();
        },
      )
      .catch((error: unknown) => this.#fault(error));
  }

  /** The path is ours to read, its parameters are the library's. Whether it is an address is looked at by the server. */
  override _parseAddressCommand(name: string, command: Buffer | string) {
    const text = command.toString();
    const colon = text.indexOf(':') + 1;
    const path = readSmtpPath(text.slice(colon));
    if (colon === 0 || path === undefined) return false;
    const parsed = super._parseAddressCommand(name, `${text.slice(0, colon)}${STAND_IN}${path.parameters}`);
    return parsed && { ...parsed, address: path.address };
  }

  #logRefusal(error: unknown): void {
    const { code, message, cause } = refusalOf(error);
    const fields = { door: this.#door.name, client: this.remoteAddress, code, reason: message };
    if (cause === undefined) this.#door.log.info(fields, 'sender refused');
    else this.#door.log.error({ ...fields, error }, 'sender refused');
  }

  async #whose(): Promise<Who> {
    const login: GivenLogin | undefined = this.session.user;
    return this.#door.admission.whose({ login, trustedAs: this.#trustedAs, address: this.remoteAddress });
  }

  override handler_DATA(command: Buffer, callback: () => void): void {
    const { mailFrom, rcptTo, smtpUtf8 } = this.session.envelope;
    const who = this.#door.transactions.get(this.session);
    const parser = this._parser;
    if (command.toString().trim().length > 'DATA'.length) {
      this.send(501, '5.5.4 DATA takes no parameters', false);
    } else if (!mailFrom || rcptTo.length === 0 || who === undefined) {
      this.send(503, '5.5.1 Say MAIL and RCPT first', false);
    } else if (parser instanceof SubmissionParser) {
      const reception = this.#door.admission.receive({
        who,
        from: mailFrom.address,
        rcpt: rcptTo.map(({ address }) => address),
        smtpUtf8: smtpUtf8 === true,
        protocol: protocolOf(this._transmissionType(), smtpUtf8 === true),
        client: { helo: this.hostNameAppearsAs || 'unknown', address: this.remoteAddress },
      });
      this.#incoming = reception;
      parser.startData({
        write: (content) => {
          this.#progress(content.length);
          return reception.write(content);
        },
        end: () => this.#endOfData(reception),
      });
      this.send(354, 'End data with <CR><LF>.<CR><LF>', false);
    }
    callback();
  }

  /** A trickle is none. */
  #progress(bytes: number): void {
    this.#bytesSince += bytes;
    if (this.#bytesSince < PROGRESS_BYTES) return;
    this.#bytesSince = 0;
    this.#guest.active();
  }

  async #endOfData(reception: Reception): Promise<void> {
    this.#incoming = undefined;
    this.#replyDue = true;
    this.#guest.waits(true);
    // The client waits for us now, so the idle timeout does not count.
    this._handlerPending = true;
    const reply = await reception.complete();
    this._handlerPending = false;
    this.#replyDue = false;
    this.#guest.waits(false);
    this._transactionCounter++;
    this._unrecognizedCommands = 0;
    if (reply.code === 250) this.#badCommands = 0;
    this._resetSession();
    this.#reply(reply);
    if (this.#door.connections.stopping) this.#refuse(new IepError('shutting_down'));
  }
}

/** The protocol type for `Received` (RFC 3848, and RFC 6531 §4.3 where SMTPUTF8 was used). */
function protocolOf(type: string, smtpUtf8: boolean): string {
  return smtpUtf8 ? type.replace(/^E?SMTP/, 'UTF8SMTP') : type;
}
