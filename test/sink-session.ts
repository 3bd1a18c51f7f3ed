/** One connection to the sink, from banner to close. Commands are answered one after the other, as pipelining wants. */

import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import type { Moment, SinkMessage, SinkOptions, SinkReply, Step } from './sink.ts';
import { createInput, type Input } from './sink-input.ts';

/** What the sessions of one sink share. */
export interface House {
  readonly options: SinkOptions;
  readonly context?: SecureContext;
  /** Asks the script; undefined: the usual answer. */
  ask(moment: Moment): Promise<SinkReply | undefined>;
  take(message: SinkMessage): void;
}

type Draft = { -readonly [K in keyof SinkMessage]: SinkMessage[K] } & { to: string[] };

const EXTENSIONS = ['PIPELINING', 'SIZE 52428800', '8BITMIME', 'SMTPUTF8', 'ENHANCEDSTATUSCODES'];

export async function serve(connection: { socket: Socket; session: number; house: House }): Promise<void> {
  const { socket, session, house } = connection;
  const { options, context } = house;
  let secure = options.tls?.implicit === true;
  let wire = secure && context ? toTls(socket, context) : socket;
  let input: Input = createInput(wire);
  let user: string | undefined;
  let draft: Draft | undefined;

  /** What follows a verb; the reply that was given, or undefined when the session is over. */
  const commands: Readonly<Record<string, (rest: string) => Promise<string | undefined>>> = {
    EHLO(rest) {
      draft = undefined;
      const lines = ['sink.test', ...(options.extensions ?? EXTENSIONS)];
      if (context && !secure) lines.push('STARTTLS');
      if (options.users) lines.push('AUTH PLAIN LOGIN');
      const last = lines.length - 1;
      return answer('EHLO', rest, lines.map((line, at) => `250${at === last ? ' ' : '-'}${line}`).join('\n'));
    },
    HELO: (rest) => answer('HELO', rest, '250 sink.test'),
    async STARTTLS() {
      const reply = await answer('STARTTLS', '', context ? '220 2.0.0 go ahead' : '502 5.5.1 not offered');
      if (!isYes(reply) || !context) return reply;
      input.release();
      wire = toTls(socket, context);
      input = createInput(wire);
      secure = true;
      user = undefined;
      return reply;
    },
    async AUTH(rest) {
      const name = await login(rest);
      const usual = name === undefined ? '535 5.7.8 wrong user name or password' : '235 2.7.0 welcome';
      const reply = await answer('AUTH', name ?? '?', usual);
      if (isYes(reply)) user = name;
      return reply;
    },
    async MAIL(rest) {
      const { address, parameters } = path(rest);
      draft = { session, from: address, to: [], parameters, secure, bytes: Buffer.alloc(0), ...(user && { user }) };
      const usual = options.users && !user ? '530 5.7.0 authentication required' : '250 2.1.0 ok';
      const reply = await answer('MAIL', address, usual);
      if (!isYes(reply)) draft = undefined;
      return reply;
    },
    async RCPT(rest) {
      const { address } = path(rest);
      const reply = await answer('RCPT', address, draft ? '250 2.1.5 ok' : '503 5.5.1 MAIL first');
      if (isYes(reply)) draft?.to.push(address);
      return reply;
    },
    async DATA() {
      const usual = draft && draft.to.length > 0 ? '354 go ahead' : '554 5.5.1 no valid recipients';
      const reply = await answer('DATA', '', usual);
      return reply?.startsWith('3') ? await message() : reply;
    },
    RSET() {
      draft = undefined;
      return answer('RSET', '', '250 2.0.0 ok');
    },
    NOOP: () => answer('NOOP', '', '250 2.0.0 ok'),
    async QUIT() {
      if ((await answer('QUIT', '', '221 2.0.0 bye')) !== undefined) wire.end();
      return undefined;
    },
  };

  if ((await answer('banner', '', '220 sink.test ESMTP')) === undefined) return;
  for (;;) {
    const line = await input.line();
    if (line === undefined) return;
    const space = line.indexOf(' ');
    const verb = (space < 0 ? line : line.slice(0, space)).toUpperCase();
    const rest = space < 0 ? '' : line.slice(space + 1).trim();
    const command = commands[verb] ?? (() => answer('other', line, '500 5.5.2 what?'));
    if ((await command(rest)) === undefined) return;
  }

  /** Says `usual` where the script has nothing to say. */
  async function answer(step: Step, argument: string, usual: string): Promise<string | undefined> {
    const asked = await house.ask({ step, argument, session, secure, ...(draft && { message: draft }) });
    const told = asked ?? usual;
    const { reply, end, keep } = typeof told === 'string' ? { reply: told, end: undefined, keep: false } : told;
    if (step === 'dot' && draft && (isYes(reply) || keep)) house.take({ ...draft, to: [...draft.to] });
    if (reply) wire.write(`${reply.split('\n').join('\r\n')}\r\n`);
    if (end === 'stall') {
      // Nothing is read any more; only the other side or close() ends it.
      await new Promise((resolve) => socket.once('close', resolve));
      return undefined;
    }
    if (end === 'drop' || reply?.startsWith('421')) {
      if (reply) wire.end();
      else wire.destroy();
      return undefined;
    }
    return reply ?? '';
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

function isYes(reply: string | undefined): boolean {
  return reply?.startsWith('2') === true;
}

function toTls(socket: Socket, secureContext: SecureContext): TLSSocket {
  const secured = new TLSSocket(socket, { isServer: true, secureContext });
  secured.on('error', () => secured.destroy());
  return secured;
}

/** `FROM:<a@b> SIZE=1` → the address and the parameters. */
function path(rest: string): { address: string; parameters: readonly string[] } {
  const open = rest.indexOf('<');
  const close = rest.lastIndexOf('>');
  const parameters = rest.slice(close + 1).trim();
  return { address: rest.slice(open + 1, close), parameters: parameters === '' ? [] : parameters.split(' ') };
}
