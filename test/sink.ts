/**
 * An SMTP server for tests that does what it is told: says yes to everything and records it, until a script refuses,
 * delays, stalls or drops the connection at any step. Plain node:net, so that it shares no bug with what it tests.
 *
 *     const sink = await createSink();
 *     sink.script(({ step, argument }) => {
 *       if (step === 'RCPT' && argument === 'gone@example.com') return '550 5.1.1 no such user';  // refuse
 *       if (step === 'MAIL' && tooMany()) return '450 4.7.1 too many messages, slow down';        // throttle
 *       if (step === 'dot') return { end: 'drop' };                  // close instead of answering
 *       if (step === 'dot') return { keep: true, end: 'drop' };      // take the message, but never say so
 *       if (step === 'dot') return { reply: '250 ok', end: 'drop' }; // answer, then close
 *       if (step === 'EHLO') return { end: 'stall' };                // never answer
 *       if (step === 'DATA') return gate.then(() => undefined);       // answer when told
 *     });
 *     const [first] = await sink.received(1);
 */

import { createServer, type Socket } from 'node:net';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import { createInput, type Input } from './sink-input.ts';

/** `banner`: connected. `body`: the first bytes after DATA came. `dot`: the message is complete. */
export type Step =
  | 'banner'
  | 'EHLO'
  | 'HELO'
  | 'STARTTLS'
  | 'AUTH'
  | 'MAIL'
  | 'RCPT'
  | 'DATA'
  | 'body'
  | 'dot'
  | 'RSET'
  | 'NOOP'
  | 'QUIT'
  | 'other';

export interface Moment {
  readonly step: Step;
  /** The address for MAIL and RCPT, without brackets and parameters; else what follows the verb. */
  readonly argument: string;
  /** Counts connections from 1. */
  readonly session: number;
  readonly secure: boolean;
  /** From `MAIL` on: what is known of the message so far. */
  readonly message?: SinkMessage;
}

/** A reply (lines joined by \n; a reply that begins with 421 also closes), or something worse. */
export type Answer = string | { readonly reply?: string; readonly end: 'drop' | 'stall'; readonly keep?: boolean };

/** Undefined: the usual answer. */
export type Script = (moment: Moment) => Answer | undefined | Promise<Answer | undefined>;

export interface SinkMessage {
  readonly session: number;
  readonly from: string;
  /** Accepted recipients only. */
  readonly to: readonly string[];
  /** ESMTP parameters of MAIL, such as `SIZE=120`. */
  readonly parameters: readonly string[];
  readonly secure: boolean;
  /** Who logged in. */
  readonly user?: string;
  /** Dots unstuffed; empty until the dot. */
  readonly bytes: Buffer;
}

export interface SinkOptions {
  /** 0, the default: a free one. */
  readonly port?: number;
  /** What EHLO announces, beside STARTTLS and AUTH. */
  readonly extensions?: readonly string[];
  /** With a certificate STARTTLS is announced; `implicit` speaks TLS from the first byte instead. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly implicit?: boolean };
  /** User name → password. With it AUTH is announced, and MAIL refused without a login. */
  readonly users?: Readonly<Record<string, string>>;
}

export interface Sink {
  readonly host: string;
  readonly port: number;
  /** Messages that were taken, in order. */
  readonly messages: readonly SinkMessage[];
  /** Every command and its argument, in order, as `1 MAIL a@example.com`; the number is the session. */
  readonly transcript: readonly string[];
  /** Connections opened so far. */
  readonly sessions: number;
  /** Connections open now. */
  readonly open: number;
  /** Replaces the script; without one every answer is the usual one. */
  script(script?: Script): void;
  /** Resolves when that many messages were taken in all. */
  received(count: number): Promise<readonly SinkMessage[]>;
  /** Resolves when a step has come that many times in all, before it is answered. */
  reached(step: Step, count?: number): Promise<void>;
  /** Closes every connection without a word, as a server that restarts. */
  dropAll(): void;
  /** Stops listening and drops what is open. A new sink may take the same port. */
  close(): Promise<void>;
}

const EXTENSIONS = ['PIPELINING', 'SIZE 52428800', '8BITMIME', 'SMTPUTF8', 'ENHANCEDSTATUSCODES'];

export async function createSink(options: SinkOptions = {}): Promise<Sink> {
  const messages: SinkMessage[] = [];
  const transcript: string[] = [];
  const steps = new Map<Step, number>();
  const sockets = new Set<Socket>();
  const waiters = new Set<() => boolean>();
  let sessions = 0;
  let script: Script | undefined;

  const changed = () => {
    for (const ready of waiters) if (ready()) waiters.delete(ready);
  };
  const until = (condition: () => boolean) =>
    new Promise<void>((resolve) => {
      waiters.add(() => {
        if (condition()) resolve();
        return condition();
      });
      changed();
    });

  const house: House = {
    options,
    ...(options.tls && { context: createSecureContext(options.tls) }),
    async ask(moment) {
      steps.set(moment.step, (steps.get(moment.step) ?? 0) + 1);
      transcript.push(`${moment.session} ${moment.step} ${moment.argument}`.trimEnd());
      changed();
      return await script?.(moment);
    },
    take(message) {
      messages.push(message);
      changed();
    },
    hold(socket) {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      // A client that vanishes is an ordinary event here.
      socket.on('error', () => socket.destroy());
    },
  };

  const server = createServer({ noDelay: true }, (socket) => {
    sessions += 1;
    house.hold(socket);
    serve({ socket, session: sessions, house }).catch((error: unknown) => socket.destroy(error as Error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the sink has no port');

  return {
    host: '127.0.0.1',
    port: address.port,
    messages,
    transcript,
    get sessions() {
      return sessions;
    },
    get open() {
      return sockets.size;
    },
    script(next) {
      script = next;
    },
    async received(count) {
      await until(() => messages.length >= count);
      return messages;
    },
    reached: (step, count = 1) => until(() => (steps.get(step) ?? 0) >= count),
    dropAll() {
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** What the sessions of one sink share. */
interface House {
  readonly options: SinkOptions;
  readonly context?: SecureContext;
  ask(moment: Moment): Promise<Answer | undefined>;
  take(message: SinkMessage): void;
  hold(socket: Socket): void;
}

type Draft = { -readonly [K in keyof SinkMessage]: SinkMessage[K] } & { to: string[] };

/** One connection, from banner to close. Commands are answered one after the other, as pipelining wants. */
async function serve({ socket, session, house }: { socket: Socket; session: number; house: House }): Promise<void> {
  const { options, context } = house;
  let secure = options.tls?.implicit === true;
  let wire = secure && context ? toTls(socket, context) : socket;
  let input: Input = createInput(wire);
  let user: string | undefined;
  let draft: Draft | undefined;

  /** Answers a step; false when the session is over. `usual` is said when the script has nothing to say. */
  const answer = async (step: Step, argument: string, usual: string): Promise<string | undefined> => {
    const asked = await house.ask({ step, argument, session, secure, ...(draft && { message: draft }) });
    const told = asked ?? usual;
    const reply = typeof told === 'string' ? told : told.reply;
    if (step === 'dot' && draft && (reply?.startsWith('2') || (typeof told === 'object' && told.keep))) {
      house.take({ ...draft, to: [...draft.to] });
    }
    if (reply) wire.write(replyLines(reply));
    if (typeof told === 'object' && told.end === 'stall') {
      // Reading stops as well; only the other side or close() ends it.
      await new Promise((resolve) => socket.once('close', resolve));
      return undefined;
    }
    if (typeof told === 'object') {
      if (reply) wire.end();
      else wire.destroy();
      return undefined;
    }
    if (reply?.startsWith('421')) {
      wire.end();
      return undefined;
    }
    return reply ?? '';
  };

  if ((await answer('banner', '', '220 sink.test ESMTP')) === undefined) return;
  for (;;) {
    const line = await input.line();
    if (line === undefined) return;
    const [verb = '', rest = ''] = splitOnce(line, ' ');
    let reply: string | undefined;
    switch (verb.toUpperCase()) {
      case 'EHLO': {
        draft = undefined;
        reply = await answer('EHLO', rest, ehlo());
        break;
      }
      case 'HELO':
        reply = await answer('HELO', rest, '250 sink.test');
        break;
      case 'STARTTLS':
        reply = await answer('STARTTLS', '', context ? '220 2.0.0 go ahead' : '502 5.5.1 not offered');
        if (reply?.startsWith('2') && context) {
          input.release();
          wire = toTls(socket, context);
          input = createInput(wire);
          secure = true;
          user = undefined;
        }
        break;
      case 'AUTH': {
        const name = await login(rest);
        reply = await answer('AUTH', name ?? '?', name ? '235 2.7.0 welcome' : '535 5.7.8 wrong user name or password');
        if (reply?.startsWith('2')) user = name;
        break;
      }
      case 'MAIL': {
        const { address, parameters } = path(rest);
        draft = { session, from: address, to: [], parameters, secure, bytes: Buffer.alloc(0), ...(user && { user }) };
        const usual = options.users && !user ? '530 5.7.0 authentication required' : '250 2.1.0 ok';
        reply = await answer('MAIL', address, usual);
        if (!reply?.startsWith('2')) draft = undefined;
        break;
      }
      case 'RCPT': {
        const { address } = path(rest);
        reply = await answer('RCPT', address, draft ? '250 2.1.5 ok' : '503 5.5.1 MAIL first');
        if (reply?.startsWith('2')) draft?.to.push(address);
        break;
      }
      case 'DATA': {
        const usual = draft && draft.to.length > 0 ? '354 go ahead' : '554 5.5.1 no valid recipients';
        reply = await answer('DATA', '', usual);
        if (reply?.startsWith('3')) reply = await message();
        break;
      }
      case 'RSET':
        draft = undefined;
        reply = await answer('RSET', '', '250 2.0.0 ok');
        break;
      case 'NOOP':
        reply = await answer('NOOP', '', '250 2.0.0 ok');
        break;
      case 'QUIT':
        if ((await answer('QUIT', '', '221 2.0.0 bye')) !== undefined) wire.end();
        return;
      default:
        reply = await answer('other', line, '500 5.5.2 what?');
    }
    if (reply === undefined) return;
  }

  async function message(): Promise<string | undefined> {
    if (!(await input.ready())) return undefined;
    // An empty usual answer: the body is not answered unless the script says something worse.
    if ((await answer('body', '', '')) === undefined) return undefined;
    const bytes = await input.data();
    if (bytes === undefined) return undefined;
    if (draft) draft.bytes = bytes;
    const reply = await answer('dot', '', '250 2.0.0 queued');
    draft = undefined;
    return reply;
  }

  function ehlo(): string {
    const lines = ['sink.test', ...(options.extensions ?? EXTENSIONS)];
    if (context && !secure) lines.push('STARTTLS');
    if (options.users) lines.push('AUTH PLAIN LOGIN');
    return lines.map((line, index) => `250${index === lines.length - 1 ? ' ' : '-'}${line}`).join('\n');
  }

  /** The user name when the password is right. */
  async function login(rest: string): Promise<string | undefined> {
    const [mechanism = '', initial] = rest.split(' ');
    const prompt = async (text: string) => {
      wire.write(`334 ${Buffer.from(text).toString('base64')}\r\n`);
      return (await input.line()) ?? '';
    };
    const decode = (text: string) => Buffer.from(text, 'base64').toString();
    let name: string | undefined;
    let password: string | undefined;
    if (mechanism.toUpperCase() === 'PLAIN') {
      [, name, password] = decode(initial ?? (await prompt(''))).split('\0');
    } else if (mechanism.toUpperCase() === 'LOGIN') {
      name = decode(initial ?? (await prompt('Username:')));
      password = decode(await prompt('Password:'));
    }
    return name !== undefined && options.users?.[name] === password ? name : undefined;
  }
}

function toTls(socket: Socket, secureContext: SecureContext): TLSSocket {
  const secured = new TLSSocket(socket, { isServer: true, secureContext });
  secured.on('error', () => secured.destroy());
  return secured;
}

function replyLines(reply: string): string {
  return `${reply.split('\n').join('\r\n')}\r\n`;
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1).trim()];
}

/** `FROM:<a@b> SIZE=1` → the address and the parameters. */
function path(rest: string): { address: string; parameters: readonly string[] } {
  const open = rest.indexOf('<');
  const close = rest.lastIndexOf('>');
  const parameters = rest.slice(close + 1).trim();
  return { address: rest.slice(open + 1, close), parameters: parameters === '' ? [] : parameters.split(' ') };
}
