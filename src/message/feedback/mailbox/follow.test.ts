/** Reading a mailbox: over Debian's Dovecot, and over a server that means ill. */

import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testCertificate as ca, renewedCertificate } from '../../../../test/certificate.ts';
import { eventually } from '../../../../test/eventually.ts';
import { createImapServer, type ImapOptions, type ImapServer, whyNoDovecot } from '../../../../test/imap-server.ts';
import { createManualClock } from '../../../../test/manual-clock.ts';
import { systemClock } from '../../../core/clock.ts';
import type { TokenKeeper } from '../../providers/oauth2/token-keeper.ts';
import { type FollowDeps, type FollowedMailbox, followMailbox } from './follow.ts';
import { mailboxOf } from './settings.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const why = whyNoDovecot();
const mail = (name: string) => `Subject: ${name}\r\n\r\nNo.\r\n`;

function follow(at: { host: string; port: number }, settings: object = {}, deps: Partial<FollowDeps> = {}) {
  const states: (string | undefined)[] = [];
  const taken: string[] = [];
  const passed: number[] = [];
  const login = { username: 'ada', ...('oauth2' in settings ? {} : { password: 'planted-mailbox-password' }) };
  const { host, port } = at;
  const mailbox = mailboxOf({ host, port, tls: 'none', ...login, ...settings });
  const followed: FollowedMailbox = followMailbox(
    {
      ...{ clock: systemClock, random: () => 0.5, tokens: undefined },
      take: async (bytes) => void taken.push(/Subject: (.*)\r/.exec(Buffer.from(bytes).toString())?.[1] ?? ''),
      onState: (problem) => states.push(problem),
      onPassed: (uid) => void passed.push(uid),
      ...deps,
    },
    mailbox,
  );
  cleanups.push(() => followed.stop());
  return { followed, states, taken, passed };
}

describe.skipIf(why !== undefined)(`a mailbox of Dovecot${why === undefined ? '' : ` (skipped: ${why})`}`, () => {
  let folder: string;
  let server: ImapServer;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'iep-imap-'));
    server = await createImapServer(folder);
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }), server.close);
  });

  it('is read, what comes while it is waited at as well, and each mail is moved once it is kept', async () => {
    server.arrive(mail('one'));
    const kept = Promise.withResolvers<void>();
    const seen: string[] = [];
    const { taken } = follow(
      server,
      { move: 'done' },
      {
        take: async (bytes) => {
          seen.push(Buffer.from(bytes).toString());
          await kept.promise;
        },
      },
    );
    await eventually(() => expect(seen).toHaveLength(1));
    expect(server.mailsIn('')).toHaveLength(1);
    kept.resolve();
    await eventually(() => expect([server.mailsIn('done').length, server.mailsIn('')]).toEqual([1, []]));
    server.arrive(mail('two'));
    await eventually(() => expect(server.mailsIn('done')).toHaveLength(2));
    expect(seen).toHaveLength(2);
    expect(taken).toEqual([]);
  });

  it('marks what it read where nothing is to be moved, and reads no mail twice', async () => {
    server.arrive(mail('one'));
    const first = follow(server);
    await eventually(() => expect(server.mailsIn('').join()).toMatch(/:2,S/));
    await first.followed.stop();
    server.arrive(mail('two'));
    const second = follow(server);
    await eventually(() => expect(second.taken).toEqual(['two']));
    expect(first.taken).toEqual(['one']);
  });

  it('comes back after the connection broke, and what was not kept is read again', async () => {
    server.arrive(mail('one'));
    let isBroken = true;
    const { taken, states } = follow(
      server,
      { move: 'done' },
      {
        take: async () => {
          if (!isBroken) return void taken.push('kept');
          isBroken = false;
          server.dropAll();
          throw new Error('the disk is full');
        },
      },
    );
    await eventually(() => expect(server.mailsIn('done')).toHaveLength(1));
    expect(taken).toEqual(['kept']);
    await eventually(() => expect(states).toEqual([expect.stringContaining('the disk is full'), undefined]));
  });

  it('is left alone for a minute where the login is refused, and says why without the password', async () => {
    server.password = 'another';
    server.refusal = 'planted-mailbox-password is wrong';
    const clock = createManualClock();
    const { states, followed } = follow(server, {}, { clock });
    await eventually(() => expect(states).toHaveLength(1));
    expect(states[0]).toMatch(/the login was refused: .*is wrong/);
    expect(states[0]).not.toContain('planted-mailbox-password');
    expect(followed.problem()).toBe(states[0]);
    server.password = 'planted-mailbox-password';
    await clock.advance(59_000);
    expect(server.logins).toHaveLength(1);
    await clock.advance(1_000);
    await eventually(() => expect(states).toHaveLength(2));
    expect(states[1]).toBeUndefined();
  });

  it('is logged in to by a token, which is asked for anew once where it is refused', async () => {
    server.password = 'token-2';
    const asked: string[] = [];
    const tokens: TokenKeeper = {
      token: async () => 'token-1',
      async another(than) {
        asked.push(than);
        return 'token-2';
      },
      secrets: () => ['token-1', 'token-2'],
    };
    const oauth2 = { tokenEndpoint: 'http://127.0.0.1:1/', clientId: 'c', clientSecret: 's', scope: 'x' };
    server.arrive(mail('one'));
    const { taken } = follow(server, { oauth2 }, { tokens });
    await eventually(() => expect(taken).toEqual(['one']));
    expect(asked).toEqual(['token-1']);
    expect(server.logins).toEqual(['token-1', 'token-2']);
  });

  it('gives the beginning of a mail that is large', async () => {
    server.arrive(`Subject: large\r\n\r\n${`${'x'.repeat(998)}\r\n`.repeat(1_000)}`);
    const sizes: number[] = [];
    follow(server, {}, { take: async (bytes) => void sizes.push(bytes.length) });
    await eventually(() => expect(sizes).toEqual([256 * 1024]));
  });
});

describe.skipIf(why !== undefined).each([
  ['implicit', 'implicit'],
  ['required', 'starttls'],
] as const)('a mailbox with tls: %s', (tls, offered) => {
  let server: ImapServer;
  async function listen(options: ImapOptions): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), 'iep-imap-'));
    server = await createImapServer(folder, options);
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }), server.close);
    server.arrive(mail('one'));
  }

  it('is read where its authority is trusted, by its address and by its name', async () => {
    await listen({ tls: offered });
    const { taken, states } = follow(server, { tls, ca, move: 'done' });
    await eventually(() => expect(server.mailsIn('done')).toHaveLength(1));
    const named = follow({ host: 'localhost', port: server.port }, { tls, ca });
    await eventually(() => expect(named.states).toEqual([undefined]));
    expect(taken).toEqual(['one']);
    expect(states).toEqual([undefined]);
  });

  it.each([
    ['nobody trusts its authority', '127.0.0.1', {}, 'is self-signed, and this machine does not trust it'],
    ['another authority is trusted', '127.0.0.1', { ca: renewedCertificate }, 'is self-signed, and this machine'],
    ['its certificate has another name', '127.0.0.2', { ca }, 'is for another name'],
  ])('gets no login where %s', async (_what, host, given, reason) => {
    await listen({ tls: offered, host });
    const { states, taken } = follow(server, { tls, ...given }, { clock: createManualClock() });
    await eventually(() => expect(states).toHaveLength(1));
    expect(states[0]).toContain(`${host}:${server.port}: the TLS connection failed: the certificate ${reason}`);
    expect(server.logins).toEqual([]);
    expect(taken).toEqual([]);
  });

  it('gets no login where the server has no TLS', async () => {
    await listen({});
    const { states } = follow(server, { tls, ca }, { clock: createManualClock() });
    await eventually(() => expect(states).toHaveLength(1));
    expect(states[0]).toMatch(tls === 'implicit' ? /the port does not speak TLS/ : /does not support STARTTLS/);
    expect(server.logins).toEqual([]);
  });
});

describe('a server that means ill', () => {
  /** Says these lines to each command: `T` stands for its tag. */
  async function listen(answer: (command: string) => string): Promise<Server & { at: { host: string; port: number } }> {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.write('* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] ready\r\n');
      socket.on('data', (data) => {
        for (const line of data.toString('latin1').split('\r\n').slice(0, -1)) {
          const [tag = '', ...rest] = line.split(' ');
          socket.write(answer(rest.join(' ')).replaceAll('T ', `${tag} `), 'latin1');
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
    return Object.assign(server, { at: { host: '127.0.0.1', port: (server.address() as AddressInfo).port } });
  }

  it.each([
    ['a literal without end', (command: string) => (command.startsWith('AUTH') ? '* X {99999999999}\r\n' : 'T OK\r\n')],
    ['a line without end', () => 'x'.repeat(9 * 1024 * 1024)],
    ['a goodbye', () => '* BYE go away\r\n'],
  ])('brings no more than a problem: %s', async (_what, answer) => {
    const { at } = await listen(answer);
    const { states, taken } = follow(at, {}, { clock: createManualClock() });
    await eventually(() => expect(states).toHaveLength(1));
    expect(states[0]).toMatch(/^127\.0\.0\.1:\d+: /);
    expect(taken).toEqual([]);
  });
});

describe('a server whose first mail cannot be fetched', () => {
  /** A folder of three mails. `fetch`: the answer for the first; undefined: the connection breaks. */
  async function listen({ fetch, search }: { fetch?: string | undefined; search?: string }) {
    let logins = 0;
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.write('* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] ready\r\n');
      const said = (command: string): string | undefined => {
        if (command.startsWith('AUTH')) logins += 1;
        if (command.startsWith('SELECT')) return '* 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\nT OK [READ-WRITE] y\r\n';
        if (command.startsWith('UID SEARCH')) return search ?? '* SEARCH 1 2 3\r\nT OK y\r\n';
        const [, uid] = /^UID FETCH (\d+) /.exec(command) ?? [];
        if (uid === '1') return fetch;
        const mail = `Subject: ${uid}\r\n\r\n`;
        if (uid !== undefined) return `* ${uid} FETCH (UID ${uid} BODY[]<0> {${mail.length}}\r\n${mail})\r\nT OK y\r\n`;
        return 'T OK y\r\n';
      };
      socket.on('data', (data) => {
        for (const line of data.toString('latin1').split('\r\n').slice(0, -1)) {
          const [tag = '', ...rest] = line.split(' ');
          const answer = said(rest.join(' '));
          if (answer === undefined) socket.destroy();
          else socket.write(answer.replaceAll('T ', `${tag} `), 'latin1');
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
    return { logins: () => logins, at: { host: '127.0.0.1', port: (server.address() as AddressInfo).port } };
  }

  it.each([
    ['it is refused', 'T NO cannot\r\n'],
    ['the connection breaks', undefined],
    ['it is far larger than what was asked for', `* 1 FETCH (UID 1 BODY[]<0> {99999999}\r\n`],
  ])('has the others read: %s', async (_what, fetch) => {
    const { at } = await listen({ fetch });
    const clock = createManualClock();
    const { taken, passed } = follow(at, {}, { clock });
    await eventually(async () => {
      await clock.advance(1_000);
      expect(taken).toEqual(['2', '3']);
    });
    expect(passed).toEqual(fetch?.startsWith('T NO') ? [] : [1]);
  });

  it.each([
    ['a goodbye', '* BYE\r\n'],
    ['more than there can be', `* SEARCH${' 1'.repeat(200_000)}\r\nT OK y\r\n`],
    ['a refusal', 'T NO cannot\r\n'],
  ])('is come back to ever later where each search brings %s', async (_what, search) => {
    const { at, logins } = await listen({ search });
    const manual = createManualClock();
    const schedule = [2_000, 10_000, 30_000, 60_000];
    const waits: number[] = [];
    const after: typeof manual.after = (ms, act) => {
      if (schedule.includes(ms)) waits.push(ms);
      return manual.after(ms, act);
    };
    const { states, taken } = follow(at, {}, { clock: { ...manual, after } });
    for (const [n, waitMs] of schedule.entries()) {
      await eventually(() => expect(waits).toEqual(schedule.slice(0, n + 1)));
      expect(logins()).toBe(n + 1);
      await manual.advance(waitMs);
    }
    expect(states.every((problem) => problem !== undefined)).toBe(true);
    expect(taken).toEqual([]);
  });
});

it('is said to refuse the connection where nothing listens', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  const { states } = follow({ host: 'localhost', port }, {}, { clock: createManualClock() });
  await eventually(() => expect(states).toEqual([`localhost:${port}: the connection was refused`]));
});

it('is left where it answers no login in time', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write('* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] ready\r\n');
    socket.on('data', () => asked.resolve());
  });
  const asked = Promise.withResolvers<void>();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const clock = createManualClock();
  const { states } = follow({ host: '127.0.0.1', port: (server.address() as AddressInfo).port }, {}, { clock });
  await asked.promise;
  await clock.advance(90_000);
  await eventually(() => expect(states).toHaveLength(1));
});

describe('the settings', () => {
  const given = { host: 'imap.example.com', username: 'ada', password: 'p' };

  it('have the port of their TLS', () => {
    expect(mailboxOf(given)).toMatchObject({ port: 993, tls: 'implicit', folder: 'INBOX' });
    expect(mailboxOf({ ...given, tls: 'required' })).toMatchObject({ port: 143 });
  });

  it.each([
    ['tls: none to another machine', { ...given, tls: 'none' }],
    ['no login', { host: 'x', username: 'ada' }],
    ['two logins', { ...given, oauth2: { clientId: 'c' } }],
    ['a move to the same folder', { ...given, move: 'INBOX' }],
    ['a folder with a line end', { ...given, folder: 'IN\r\nBOX' }],
    ['a grant that is not whole', { host: 'x', username: 'ada', oauth2: { clientId: 'c' } }],
  ])('are refused with %s', (_what, settings) => {
    expect(() => mailboxOf(settings)).toThrow();
  });
});
