/**
 * A mailbox over IMAP for tests: Debian's Dovecot, one process for each session, behind a front that greets and logs in. Its own
 * login service cannot be run from where it is unpacked.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { testCertificate, testKey } from './certificate.ts';

const core = join(import.meta.dirname, '../.cache/dovecot-core');
const program = join(core, 'usr/lib/dovecot/imap');
const libraries = join(core, 'usr/lib/dovecot');
const env = { LD_LIBRARY_PATH: `${libraries}:${libraries}/modules` };
/** It takes no mail for root. */
const NOBODY = 65_534;

/** Why there is none; undefined where there is. scripts/debian-tools brings it. */
export function whyNoDovecot(): string | undefined {
  if (!existsSync(program)) return 'dovecot-core and dovecot-imapd are not unpacked in .cache';
  try {
    execFileSync(join(core, 'usr/sbin/dovecot'), ['--version'], { env, stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return `dovecot does not run here: ${error instanceof Error ? error.message : String(error)}`;
  }
}

export interface ImapServer {
  readonly host: string;
  readonly port: number;
  /** What it took logins with, in order: `user password` or the bearer token. */
  readonly logins: readonly string[];
  /** What a login must be; others are refused with this text. */
  password: string;
  refusal: string;
  /** Puts a mail into INBOX. */
  arrive(text: string): void;
  /** Names of the mails in a folder, with the flags that Maildir writes behind a comma; INBOX is ''. */
  mailsIn(folder: string): readonly string[];
  /** Connections that are open. */
  connections(): number;
  dropAll(): void;
  close(): Promise<void>;
}

export interface ImapOptions {
  /** With the certificate of tests: from the first byte, or by STARTTLS, before which no login is taken. */
  readonly tls?: 'implicit' | 'starttls';
  readonly host?: string;
}

export async function createImapServer(
  directory: string,
  { tls, host = '127.0.0.1' }: ImapOptions = {},
): Promise<ImapServer> {
  const mail = join(directory, 'mail');
  for (const name of ['new', 'cur', 'tmp']) mkdirSync(join(mail, name), { recursive: true });
  const isRoot = process.getuid?.() === 0;
  const uid = isRoot ? NOBODY : (process.getuid?.() ?? NOBODY);
  const own = (path: string) => isRoot && chownSync(path, uid, uid);
  for (const path of [directory, mail, ...['new', 'cur', 'tmp'].map((name) => join(mail, name))]) own(path);
  const config = join(directory, 'dovecot.conf');
  writeFileSync(
    config,
    `base_dir = ${directory}
log_path = ${directory}/log
mail_plugin_dir = ${libraries}/modules
ssl = no
first_valid_uid = 0
first_valid_gid = 0
mail_uid = ${uid}
mail_gid = ${isRoot ? uid : (process.getgid?.() ?? uid)}
mail_location = maildir:${mail}
mailbox_idle_check_interval = 1 secs
`,
  );
  const sockets = new Set<Socket>();
  const sessions = new Set<ChildProcess>();
  const logins: string[] = [];
  let count = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    if (tls === 'implicit') greet(secured(socket));
    else greet(socket);
  });
  const it: ImapServer = {
    host,
    get port() {
      return (server.address() as AddressInfo).port;
    },
    logins,
    password: 'planted-mailbox-password',
    refusal: 'no such login',
    arrive(text) {
      const name = `${Date.now()}.${++count}.host`;
      const path = join(mail, 'tmp', name);
      writeFileSync(path, text);
      own(path);
      renameSync(path, join(mail, 'new', name));
    },
    mailsIn(folder) {
      const path = folder === '' ? mail : join(mail, `.${folder}`);
      return ['new', 'cur'].flatMap((name) => (existsSync(join(path, name)) ? readdirSync(join(path, name)) : []));
    },
    connections: () => sockets.size,
    dropAll() {
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      const ended = [...sessions].map((session) => new Promise((resolve) => session.once('close', resolve)));
      it.dropAll();
      await Promise.all([...ended, new Promise<void>((resolve) => server.close(() => resolve()))]);
      rmSync(mail, { recursive: true, force: true });
    },
  };

  function greet(socket: Socket): void {
    socket.write('* OK ready\r\n');
    front(socket);
  }

  /** Until the login: CAPABILITY, STARTTLS, ID, LOGIN and AUTHENTICATE. */
  function front(socket: Socket): void {
    const mustSecure = tls === 'starttls' && !(socket instanceof TLSSocket);
    const offered = mustSecure ? 'STARTTLS LOGINDISABLED' : 'SASL-IR AUTH=PLAIN AUTH=XOAUTH2';
    let text = '';
    /** A command whose rest was asked for. */
    let begun = '';
    const hear = (data: Buffer) => {
      text += data.toString('latin1');
      for (let end = text.indexOf('\r\n'); end !== -1; end = text.indexOf('\r\n')) {
        const line = begun + text.slice(0, end);
        text = text.slice(end + 2);
        begun = '';
        if (/^\S+ AUTHENTICATE \S+$/i.test(line)) {
          begun = `${line} `;
          socket.write('+ \r\n');
          continue;
        }
        const [tag = '*', command] = line.split(' ');
        if (mustSecure && command === 'STARTTLS') {
          socket.off('data', hear);
          socket.write(`${tag} OK begin\r\n`);
          front(secured(socket));
          return;
        }
        const login = mustSecure ? undefined : loginIn(line);
        if (login === undefined) socket.write(`* CAPABILITY IMAP4rev1 ${offered}\r\n${tag} OK done\r\n`);
        else {
          logins.push(login);
          if (!login.endsWith(it.password)) socket.write(`${tag} NO [AUTHENTICATIONFAILED] ${it.refusal}\r\n`);
          else {
            socket.off('data', hear);
            begin(socket, tag, text);
            return;
          }
        }
      }
    };
    socket.on('data', hear);
  }

  /** The session is Dovecot's from here; its greeting becomes the answer to the login. */
  function begin(socket: Socket, tag: string, rest: string): void {
    const args = ['-f', 'service=imap', '-c', config, '-m', 'imap', '-e', program];
    // It takes pipes, and no sockets in their place as Node makes them.
    const session = spawn('sh', ['-c', 'cat | "$0" "$@" | cat', join(core, 'usr/bin/doveconf'), ...args], {
      env: { ...env, PATH: process.env.PATH, USER: 'ada', HOME: directory },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    sessions.add(session);
    session.once('close', () => {
      sessions.delete(session);
      socket.destroy();
    });
    session.stdin.on('error', () => undefined);
    let isGreeted = false;
    session.stdout.on('data', (data: Buffer) => {
      if (isGreeted) socket.write(data);
      else {
        isGreeted = true;
        socket.write(`${tag} OK [CAPABILITY IMAP4rev1 IDLE UIDPLUS MOVE ESEARCH LITERAL+] logged in\r\n`);
      }
    });
    socket.on('data', (data) => session.stdin.write(data));
    socket.on('close', () => session.stdin.end());
    if (rest !== '') session.stdin.write(rest, 'latin1');
  }

  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return it;
}

function secured(socket: Socket): TLSSocket {
  const secure = new TLSSocket(socket, { isServer: true, cert: testCertificate, key: testKey });
  return secure.on('error', () => undefined);
}

/** `user password` of LOGIN and PLAIN, or the bearer token; undefined for another command. */
function loginIn(line: string): string | undefined {
  const [, user, password] = /^\S+ LOGIN "?([^" ]+)"? "?([^" ]+)"?$/i.exec(line) ?? [];
  if (user !== undefined) return `${user} ${password}`;
  const [, encoded = ''] = /^\S+ AUTHENTICATE \S+ (\S+)$/i.exec(line) ?? [];
  if (encoded === '') return undefined;
  const said = Buffer.from(encoded, 'base64').toString();
  const [, bearer] = said.split('auth=Bearer ');
  return bearer === undefined ? said.split('\0').slice(1).join(' ') : bearer.replace(/\p{Cc}.*/u, '');
}
