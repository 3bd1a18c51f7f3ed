/** The command line as scripts call it: real processes, over the local store and against a daemon. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type DaemonProcess, isUp, spawnDaemon } from '../daemon-process.ts';
import { bundleProgram, type Program } from '../program.ts';

let program: Program;
let main: string;
let cwd: string;
let daemon: DaemonProcess | undefined;
beforeAll(() => {
  program = bundleProgram();
  main = program.script;
});
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'iep-e2e-cli-'));
});
afterEach(async () => {
  daemon?.process.kill('SIGTERM');
  await daemon?.ended;
  daemon = undefined;
  rmSync(cwd, { recursive: true });
});

interface Options {
  readonly input?: string;
  readonly env?: Record<string, string>;
  readonly user?: { readonly uid: number; readonly gid: number };
}

function iep(args: readonly string[], { input = '', env = {}, user }: Options = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    cwd,
    input,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, LOGNAME: 'jo', ...env },
    ...user,
  });
  return { status, stdout, stderr };
}

function json<T>(args: readonly string[], options: Options = {}): T {
  const { status, stdout, stderr } = iep([...args, '--json'], options);
  if (status !== 0) throw new Error(`iep ${args.join(' ')} exited with ${status}: ${stderr}`);
  return JSON.parse(stdout) as T;
}

interface Sent {
  readonly messageId: string;
  readonly status: string;
}

describe('without a daemon', () => {
  it('a message is kept, and the daemon that comes later sends it', async () => {
    const { messageId, status } = json<Sent>(['send', 'b@example.com', '-s', 'Early'], { input: 'Hello\n' });
    expect(status).toBe('queued');
    daemon = spawnDaemon({ cwd, args: ['--dev'] });
    const follow = spawn(process.execPath, [main, 'tail', '--since', '1h', '--message', messageId, '--json'], { cwd });
    for await (const line of createInterface({ input: follow.stdout })) {
      if ((JSON.parse(line) as { type: string }).type === 'sent') break;
    }
    const said = text(follow.stderr);
    follow.kill('SIGINT');
    expect(await once(follow, 'exit')).toEqual([0, null]);
    expect(await said).toBe('');
    expect(json(['show', messageId])).toMatchObject({ status: 'sent', subject: 'Early', door: 'cli' });
  });

  it('says so, and exits with 75, when --wait runs out', () => {
    const { status, stderr } = iep(['send', 'b@example.com', '--text', 'x', '--wait', '1']);
    expect({ status, stderr }).toEqual({
      status: 75,
      stderr: expect.stringContaining('No daemon answers: start `iep serve`.'),
    });
  });

  it.runIf(process.getuid?.() === 0)('root leaves nothing in it that its owner could not read', () => {
    const [owner, group] = [65_534, 65_533];
    const dataDir = join(cwd, 'iep-data');
    chmodSync(cwd, 0o711);
    mkdirSync(dataDir, { mode: 0o700 });
    chownSync(dataDir, owner, group);
    const large = `Subject: x\n\n${'all work and no play\n'.repeat(20_000)}`;
    const env = { LOGNAME: '', IEP_DATADIR: dataDir };
    expect(iep(['sendmail', 'ops@example.com'], { input: large, env }).stderr).toBe('');
    expect(json(['list'], { env })).toMatchObject([{ from: { email: expect.stringMatching(/^root@/) } }]);
    const files = readdirSync(dataDir, { recursive: true }).map((name) => join(dataDir, String(name)));
    const blobs = files.filter((file) => /\/[0-9a-f]{64}$/.test(file));
    expect(blobs).toHaveLength(1);
    const others = files.filter((file) => statSync(file).uid !== owner || statSync(file).gid !== group);
    expect(others).toEqual([]);
  });

  it.runIf(process.getuid?.() === 0)('tells a user that it is not theirs', () => {
    json(['send', 'b@example.com', '--text', 'x']);
    chmodSync(cwd, 0o711);
    const stranger = { uid: 65_534, gid: 65_534 };
    const ran = iep(['send', 'b@example.com', '--text', 'x'], { user: stranger });
    expect(ran).toMatchObject({ status: 75, stdout: '', stderr: expect.stringContaining('Nothing was stored') });
    expect(iep(['list'], { user: stranger })).toMatchObject({ status: 77 });
  });

  it('six first commands at once make one store', async () => {
    const ends = Array.from({ length: 6 }, async () => {
      const child = spawn(process.execPath, [main, 'send', 'b@example.com', '--text', 'x'], { cwd });
      const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
      return { said, code };
    });
    expect(await Promise.all(ends)).toEqual(ends.map(() => ({ said: '', code: 0 })));
    expect(json(['list'])).toHaveLength(6);
    expect(json(['tenant', 'list'])).toHaveLength(1);
  });
});

describe('beside a daemon', () => {
  it('what is sent into the local store goes out at once', async () => {
    daemon = spawnDaemon({ cwd, args: ['--dev'] });
    await isUp(daemon);
    const sent = iep(['send', 'b@example.com', '--text', 'x', '--wait', '20']);
    expect(sent).toMatchObject({ status: 0, stdout: expect.stringMatching(/ {2}sent\n$/) });
    iep(['suppression', 'add', 'gone@example.com']);
    const partly = iep(['send', 'b@example.com', 'gone@example.com', '--text', 'x', '--wait', '20']);
    expect(partly).toMatchObject({ status: 0, stdout: expect.stringMatching(/ {2}sent\n$/) });
    expect(partly.stderr).toContain('gone@example.com did not get it: suppressed');
    expect(partly.stderr).not.toContain('b@example.com did');
    expect(iep(['restore', 'x.tar'])).toMatchObject({ status: 69 });
    expect(iep(['serve', '--dev'], { env: { IEP_HTTP_PORT: '0', IEP_SMTP_PORT: '0' } })).toMatchObject({ status: 69 });
    expect(iep(['backup', 'x.tar'])).toMatchObject({ status: 0 });
  });

  it('a command that waits a while is not over before it is done', async () => {
    daemon = spawnDaemon({ cwd, args: ['--dev'] });
    await isUp(daemon);
    const rotated = json<{ keyId: string; done: boolean }>(['key', 'master', 'rotate']);
    expect(rotated.done).toBe(true);
    expect(json(['key', 'master', 'show'])).toMatchObject({ keyId: rotated.keyId, keys: [rotated.keyId] });
  });
});

describe('with IEP_URL', () => {
  it('the same commands talk to the daemon, with what the key allows', async () => {
    daemon = spawnDaemon({ cwd, args: ['--dev'] });
    const { http } = await isUp(daemon);
    const { key } = json<{ key: string }>(['key', 'add', '--scopes', 'send,read']);
    const options = { env: { IEP_URL: `http://127.0.0.1:${http.port}`, IEP_API_KEY: key, IEP_DATADIR: '/nowhere' } };
    const parts = json<Sent>(['send', 'b@example.com', '--text', 'x', '--wait', '20'], options);
    expect(parts.status).toBe('sent');
    const mail = 'From: a@example.com\nTo: b@example.com\nBcc: "c, c"@example.com\nSubject: Whole\n\nbody\n';
    const raw = iep(['sendmail', '-v', '-t', '-i'], { ...options, input: mail });
    expect(raw.status).toBe(0);
    const [, messageId = ''] = /queued as (\S+)/.exec(raw.stderr) ?? [];
    expect(json(['show', messageId], options)).toMatchObject({
      subject: 'Whole',
      door: 'http',
      recipients: [{ email: 'b@example.com' }, { email: '"c, c"@example.com' }],
    });
    expect(iep(['show', messageId, '--raw'], options).stdout).toContain('Subject: Whole\r\n\r\nbody\r\n');
    expect(json(['list'], options)).toHaveLength(2);
    expect(iep(['tenant', 'list'], options)).toMatchObject({ status: 77, stderr: expect.stringMatching(/^iep: /) });
    expect(iep(['list', '--api-key', 'iep_wrong_key'], options)).toMatchObject({ status: 77 });
    expect(iep(['backup', 'x.tar'], options)).toMatchObject({ status: 64 });
  });
});

describe('the program', () => {
  it('leaves nothing behind where it only looked', () => {
    expect(iep(['list'])).toMatchObject({ status: 65, stderr: expect.stringContaining('there is no store') });
    expect(spawnSync('ls', ['-A', cwd], { encoding: 'utf8' }).stdout).toBe('');
  });

  it('does not mind a reader that has seen enough', () => {
    json(['send', 'b@example.com', '--text', 'x']);
    const { status, stderr } = spawnSync(
      'bash',
      ['-c', `set -o pipefail; "$0" "$1" list --json | true`, process.execPath, main],
      {
        cwd,
        encoding: 'utf8',
      },
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('says when its output has no room, without a stack', () => {
    const call = '"$0" "$1" send b@example.com --text x >/dev/full';
    const { status, stderr } = spawnSync('bash', ['-c', call, process.execPath, main], { cwd, encoding: 'utf8' });
    // Any other code would have a script send it again.
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringMatching(/^iep: .* is stored.*ENOSPC.*\n$/) });
    expect(json(['list'])).toHaveLength(1);
  });

  it('exits with its code, whether or not somebody hears why', () => {
    const call = `set -o pipefail; "$0" "$1" webhook 2>&1 >/dev/null | true`;
    const { status, stderr } = spawnSync('bash', ['-c', call, process.execPath, main], { cwd, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 64, stderr: '' });
  });

  it('is sendmail when it is started under that name', () => {
    const mail = 'To: b@example.com\nSubject: By name\n\nhi\n';
    // It makes no store in a directory that whoever calls it happens to be in.
    json(['tenant', 'add', 'acme', '--any-sender', 'on']);
    const { status, stderr } = spawnSync(
      'bash',
      ['-c', 'exec -a /usr/sbin/sendmail "$0" "$@"', process.execPath, main, '-t', '-i'],
      {
        cwd,
        input: mail,
        encoding: 'utf8',
      },
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(json(['list'])).toMatchObject([{ subject: 'By name' }]);
  });
});
