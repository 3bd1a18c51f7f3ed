/** The sockets of the daemon: what its user, root and everybody else of the machine may do there. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { MessageJson } from '../../src/cli/client/wire.ts';
import { call, makeOpenFolder, OWNER, STRANGER, type UserCall } from '../other-users.ts';
import { bundleProgram, type Program } from '../program.ts';

const isRoot = process.getuid?.() === 0;

let program: Program;
beforeAll(() => {
  program = bundleProgram();
});

/** Of the daemon's user; everybody may look in, and the data directory inside is closed. */
let folder: string;
let config: string;
let daemon: ChildProcess | undefined;
beforeEach(() => {
  folder = makeOpenFolder();
  if (isRoot) chownSync(folder, OWNER, OWNER);
  config = join(folder, 'iep.config.yaml');
});
afterEach(async () => {
  await stop('SIGKILL');
  rmSync(folder, { recursive: true });
});

const uid = isRoot ? { uid: OWNER, gid: OWNER } : {};

function configure(more = ''): void {
  writeFileSync(
    config,
    `dataDir: ${folder}/data
http: { port: 0 }
smtp: { port: 0, hostname: host.example }
providers: { capture: { type: capture } }
routing: { primary: capture }
tenants: [{ slug: one, settings: { anySender: true } }, { slug: two, settings: { anySender: true } }]
${more}`,
  );
  chmodSync(config, 0o644);
}

/** Resolves with the line that says that it is up. */
async function start(): Promise<{ local: Record<string, string>; warnings: string[] }> {
  const child = spawn(process.execPath, [program.script, '--config', config, 'serve'], {
    ...uid,
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  daemon = child;
  const warnings: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes('could not be made')) warnings.push(line);
    if (!line.includes('the daemon is up')) continue;
    child.stdout.resume();
    return { ...(JSON.parse(line) as { local: Record<string, string> }), warnings };
  }
  throw new Error('it did not come up');
}

async function stop(signal: NodeJS.Signals): Promise<void> {
  if (daemon === undefined || daemon.exitCode !== null || daemon.signalCode !== null) return;
  const ended = new Promise((resolve) => daemon?.once('close', resolve));
  daemon.kill(signal);
  await ended;
}

const run = (args: readonly string[], { env, ...more }: Partial<UserCall> = {}) =>
  call(program, args, { as: uid, cwd: '/', env: { IEP_CONFIG: config, ...env }, ...more });
const stranger = { as: { uid: STRANGER, gid: STRANGER } };
const SEND = ['send', 'b@example.com', '--from', 'a@example.com'];
const SENDMAIL = ['sendmail', '-i', '-f', 'a@example.com', 'b@example.com'];

describe('control.sock', () => {
  it('takes as many recipients as a message may have', async () => {
    configure();
    await start();
    const recipients = Array.from({ length: 1000 }, (_, at) => `somebody.with.a.name.${at}@department.example.org`);
    const input = 'From: a@example.com\nX-IEP-Rcpt-To: other@example.org\n\nhi\n';
    const handedIn = run(['--tenant', 'one', '--json', 'sendmail', '-i', ...recipients], { input });
    expect(handedIn).toMatchObject({ exit: 0 });
    const { messageId } = JSON.parse(handedIn.out) as { messageId: string };
    const shown = JSON.parse(run(['show', messageId, '--json']).out) as MessageJson;
    expect(shown.recipients.map(({ email }) => email).sort()).toEqual(recipients.sort());
  });

  it("is the way of the daemon's user to the daemon itself, with all that only it knows", async () => {
    configure();
    const { local } = await start();
    expect(local.control).toBe(join(folder, 'data/control.sock'));
    expect(statSync(join(folder, 'data/control.sock')).mode & 0o777).toBe(0o600);
    expect(run([...SEND, '--tenant', 'two', '--wait'])).toMatchObject({
      exit: 0,
      out: expect.stringContaining('sent'),
    });
    const providers = JSON.parse(run(['provider', 'list', '--json']).out) as unknown;
    expect(providers).toMatchObject([{ name: 'capture', state: { breaker: { state: 'closed' } } }]);
    expect(run(['tenant', 'add', 'three']).exit).toBe(0);
    const audit = JSON.parse(run(['audit', 'list', '--json']).out) as { actor: unknown; action: string }[];
    expect(audit.find(({ action }) => action === 'tenant.add')).toMatchObject({
      actor: { kind: 'local', name: `uid ${uid.uid ?? process.getuid?.()}` },
    });
  });

  it('takes mail that names no tenant for sendmail.tenant of the daemon, whatever the caller can read', async () => {
    configure('sendmail: { tenant: two }');
    await start();
    // The configuration of the working directory is not looked at; its data directory is.
    const env = { IEP_CONFIG: '', IEP_DATADIR: join(folder, 'data') };
    expect(run(SENDMAIL, { env })).toMatchObject({ exit: 0, err: '' });
    expect(run(SEND, { env })).toMatchObject({ exit: 0 });
    const listed = JSON.parse(run(['list', '--json']).out) as { tenant: string }[];
    expect(listed.map(({ tenant }) => tenant)).toEqual(['two', 'two']);
  });

  it('tells sendmail which configuration was passed over where nothing says whose mail it is', async () => {
    configure();
    await start();
    const env = { IEP_CONFIG: '', IEP_DATADIR: join(folder, 'data') };
    const refused = run(SENDMAIL, { env, cwd: folder });
    expect(refused).toMatchObject({ exit: 64, err: expect.stringContaining(`${config} is passed over here`) });
    expect(refused.err).toContain('IEP_CONFIG');
  });

  it.runIf(isRoot)('is for its user and root alone', async () => {
    configure();
    await start();
    expect(run(['tenant', 'list'], { as: {} }).exit).toBe(0);
    expect(run(['tenant', 'list'], stranger)).toMatchObject({ exit: 77, out: '' });
  });

  it('of a killed daemon is replaced; that of a stopped one is gone', async () => {
    configure();
    await start();
    await stop('SIGKILL');
    expect(readdirSync(join(folder, 'data'))).toContain('control.sock');
    // Nobody listens: the store itself takes it.
    expect(run([...SEND, '--tenant', 'one']).exit).toBe(0);
    await start();
    expect(run(['tenant', 'list']).exit).toBe(0);
    await stop('SIGTERM');
    const left = readdirSync(join(folder, 'data')).filter((name) => name.includes('sock') || name.startsWith('.'));
    expect(left).toEqual([]);
  });

  it('that somebody listens at is left to them', async () => {
    configure(`local: { control: ${folder}/taken.sock }`);
    const other: Server = createServer((socket) => socket.end());
    await new Promise<void>((resolve) => other.listen(join(folder, 'taken.sock'), resolve));
    chmodSync(join(folder, 'taken.sock'), 0o666);
    const { status, stderr } = spawnSync(process.execPath, [program.script, '--config', config, 'serve'], {
      ...uid,
      ...{ env: { PATH: process.env.PATH }, encoding: 'utf8' },
    });
    expect({ status, stderr }).toMatchObject({ status: 78, stderr: expect.stringContaining('another daemon listens') });
    other.close();
  });

  it('is done without where something else has its place, which is left alone, and the daemon ends', async () => {
    configure('local: { submit: auto }');
    for (const name of ['control.sock', 'submit.sock']) mkdirSync(join(folder, 'data', name), { recursive: true });
    if (isRoot) spawnSync('chown', ['-R', String(OWNER), join(folder, 'data')]);
    chmodSync(join(folder, 'data'), 0o700);
    const { local, warnings } = await start();
    expect({ local, warnings }).toEqual({ local: {}, warnings: Array(2).fill(expect.stringContaining('a directory')) });
    await stop('SIGTERM');
    expect(daemon?.exitCode).toBe(0);
    expect(readdirSync(join(folder, 'data')).filter((name) => name.endsWith('.sock'))).toHaveLength(2);
  });

  it.each([
    ['a file', (path: string) => writeFileSync(path, 'precious')],
    ['a link', (path: string) => symlinkSync('elsewhere', path)],
    ['a directory', (path: string) => mkdirSync(path)],
  ])('that the configuration puts where %s is ends the start, and nothing is lost', (what, put) => {
    const path = join(folder, 'plain');
    for (const name of ['control', 'submit']) {
      put(path);
      configure(`local: { ${name}: ${path} }`);
      const { status, stderr } = spawnSync(process.execPath, [program.script, '--config', config, 'serve'], {
        ...uid,
        ...{ env: { PATH: process.env.PATH }, encoding: 'utf8' },
      });
      expect({ status, stderr }).toMatchObject({ status: 78, stderr: expect.stringContaining(`${what} stands there`) });
      const left = lstatSync(path);
      expect(left.isSocket()).toBe(false);
      if (left.isFile()) expect(readFileSync(path, 'utf8')).toBe('precious');
      rmSync(path, { recursive: true });
    }
  });

  it('is removed at the stop only while it is its own', async () => {
    const path = join(folder, 'c.sock');
    configure(`local: { control: ${path} }`);
    await start();
    rmSync(path);
    writeFileSync(path, 'precious');
    await stop('SIGTERM');
    expect(readFileSync(path, 'utf8')).toBe('precious');
  });

  it('is off where the configuration says so', async () => {
    configure('local: { control: off, submit: off }');
    const { local } = await start();
    expect(local).toEqual({});
    expect(run([...SEND, '--tenant', 'one']).exit).toBe(0);
  });

  it('of a daemon over another directory is not taken for that of this one', async () => {
    configure(`local: { control: ${folder}/c.sock, submit: ${folder}/s.sock }`);
    await start();
    const env = { IEP_DATADIR: join(folder, 'other') };
    expect(run(['list'], { env })).toMatchObject({ exit: 65, err: expect.stringContaining('there is no store') });
    if (isRoot) expect(run(SEND, { ...stranger, env })).toMatchObject({ exit: 75, out: '' });
  });
});

describe.skipIf(!isRoot)(isRoot ? 'submit.sock' : 'submit.sock (needs root)', () => {
  const submit = () => `local: { submit: ${folder}/submit.sock }`;

  it('takes mail of every user of the machine, as the tenant that the operator chose', async () => {
    configure(`${submit()}\nsendmail: { tenant: two }`);
    await start();
    expect(statSync(join(folder, 'submit.sock')).mode & 0o777).toBe(0o666);
    const sent = run([...SEND, '--wait', '--json'], stranger);
    expect(JSON.parse(sent.out)).toMatchObject({ status: 'sent' });
    expect(run(SENDMAIL, stranger)).toEqual({ exit: 0, out: '', err: '' });
    const { messageId } = JSON.parse(sent.out) as { messageId: string };
    const message = JSON.parse(run(['show', messageId, '--tenant', 'two', '--json']).out) as MessageJson;
    expect(message).toMatchObject({ door: 'socket', status: 'sent' });
    expect(run(['list', '--tenant', 'one', '--json']).out.trim()).toBe('[]');
  });

  it('takes it for no other tenant, and answers nothing else', async () => {
    configure(`${submit()}\nsendmail: { tenant: two }`);
    await start();
    expect(run(SEND, { ...stranger, env: { IEP_TENANT: 'one' } })).toMatchObject({ exit: 77, out: '' });
    expect(run([...SEND, '--tenant', 'one'], stranger)).toMatchObject({ exit: 77, out: '' });
    expect(run([...SEND, '--tenant', 'two'], stranger)).toMatchObject({ exit: 0 });
    expect(run(['sendmail', '-bp'], stranger)).toMatchObject({ exit: 77, out: '' });
    expect(run(['sendmail', '-q'], stranger)).toMatchObject({ exit: 77, out: '' });
    const curl = (path: string, ...more: string[]) =>
      spawnSync(
        'curl',
        [
          '-sS',
          '-o',
          '/dev/null',
          '-w',
          '%{http_code}',
          '--unix-socket',
          `${folder}/submit.sock`,
          ...more,
          `http://x${path}`,
        ],
        { encoding: 'utf8' },
      ).stdout;
    for (const path of ['/metrics', '/ready', '/openapi.json', '/v1/admin/tenants', '/v1/stats', '/v1/messages']) {
      expect({ path, status: curl(path) }).toEqual({ path, status: '403' });
    }
    // A message that came in elsewhere is not there, even for who knows its id.
    const other = run([...SEND, '--tenant', 'two']).out.trim();
    expect(curl(`/v1/messages/${other}`)).toBe('404');
    expect(curl(`/v1/messages/${other}/cancel`, '-X', 'POST')).toBe('403');
  });

  it('is open to a group where the mode says so', async () => {
    configure(`local: { submit: ${folder}/submit.sock, submitMode: 0660 }\nsendmail: { tenant: two }`);
    await start();
    expect(statSync(join(folder, 'submit.sock')).mode & 0o777).toBe(0o660);
    expect(run(SEND, stranger)).toMatchObject({ exit: 75, out: '', err: expect.stringContaining('local.submit') });
  });

  it('says whose word is missing where there are several tenants', async () => {
    configure(submit());
    await start();
    expect(run(SEND, stranger)).toMatchObject({ exit: 64, err: expect.stringContaining('sendmail.tenant') });
  });

  it('where others may write is not believed', async () => {
    configure(`local: { submit: ${folder}/open/submit.sock }`);
    spawnSync('install', ['-d', '-m', '0777', join(folder, 'open')]);
    const trap: Server = createServer((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'));
    await new Promise<void>((resolve) => trap.listen(join(folder, 'open/submit.sock'), resolve));
    spawnSync('chown', [String(STRANGER), join(folder, 'open/submit.sock')]);
    chmodSync(join(folder, 'open/submit.sock'), 0o666);
    const child = spawn(process.execPath, [program.script, ...SEND], {
      ...{ uid: 61_003, gid: 61_003, cwd: '/', stdio: ['pipe', 'ignore', 'ignore'] },
      env: { PATH: process.env.PATH, IEP_CONFIG: config },
    });
    child.stdin?.end('hello\n');
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(75);
    trap.close();
  });
});
