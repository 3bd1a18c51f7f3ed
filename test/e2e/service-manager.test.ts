/** The daemon under a service manager: what it says, and listening sockets that outlive it. */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const main = join(import.meta.dirname, '../../src/main.ts');

/**
 * What systemd does of this: binds two sockets, hears notifications, and starts the daemon with both, again at each line
 * of standard input. Says what it sees, a line each.
 */
const MANAGER = `
import json, os, socket, subprocess, sys, threading
say = lambda kind, value: print(json.dumps({kind: value}), flush=True)
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.bind(sys.argv[1])
def listen():
    s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", 0)); s.listen(64); return s
http, smtp = listen(), listen()
def hear():
    while True: say("notify", notify.recv(4096).decode())
threading.Thread(target=hear, daemon=True).start()
say("ports", [http.getsockname()[1], smtp.getsockname()[1]])
saved = [os.dup(http.fileno()), os.dup(smtp.fileno())]
saved = [__import__("fcntl").fcntl(f, __import__("fcntl").F_DUPFD, 20) for f in saved]
def start():
    pid = os.fork()
    if pid == 0:
        os.dup2(saved[0], 3); os.dup2(saved[1], 4)
        env = dict(os.environ, LISTEN_PID=str(os.getpid()), LISTEN_FDS="2", LISTEN_FDNAMES=sys.argv[2],
                   NOTIFY_SOCKET=sys.argv[1], WATCHDOG_USEC="400000")
        os.execvpe(sys.argv[3], sys.argv[3:], env)
    return pid
pid = start()
for line in sys.stdin:
    if line.strip() == "stop":
        os.kill(pid, 15); say("ended", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    elif line.strip() == "start": pid = start()
    elif line.strip() == "wait": say("ended", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

let cwd: string;
let manager: ChildProcess;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'iep-manager-'));
});
afterEach(() => {
  if (manager.pid !== undefined) process.kill(-manager.pid, 'SIGKILL');
  rmSync(cwd, { recursive: true });
});

type Said = { notify?: string; ports?: [number, number]; ended?: number };

function manage(names: string) {
  const socket = join(cwd, 'notify');
  manager = spawn('python3', ['-c', MANAGER, socket, names, process.execPath, main, 'serve', '--dev'], {
    cwd,
    // A group of its own, so that the daemon goes with it whatever happens.
    detached: true,
    env: { PATH: process.env.PATH, PYENV_VERSION: process.env.PYENV_VERSION },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const { stdin, stdout, stderr } = manager;
  if (stdin === null || stdout === null || stderr === null) throw new Error('no pipes');
  const seen: Said[] = [];
  const errors: string[] = [];
  let tell: () => void = () => undefined;
  createInterface({ input: stdout }).on('line', (line) => {
    if (!/^\{"(notify|ports|ended)"/.test(line)) return;
    seen.push(JSON.parse(line) as Said);
    tell();
  });
  createInterface({ input: stderr }).on('line', (line) => errors.push(line));
  return {
    errors,
    order: (text: string) => stdin.write(`${text}\n`),
    /** The next that fits, each only once. */
    async next<K extends keyof Said>(kind: K, has: (value: NonNullable<Said[K]>) => boolean = () => true) {
      for (;;) {
        const at = seen.findIndex((said) => said[kind] !== undefined && has(said[kind] as NonNullable<Said[K]>));
        const [found] = at === -1 ? [] : seen.splice(at, 1);
        if (found !== undefined) return found[kind] as NonNullable<Said[K]>;
        await new Promise<void>((resolve) => {
          tell = resolve;
        });
      }
    },
  };
}

describe.skipIf(process.platform !== 'linux')('under a service manager', () => {
  it('serves on the sockets it is given, says how it is, and a restart refuses nobody', async () => {
    const systemd = manage('http:smtp');
    const [http, smtp] = await systemd.next('ports');
    expect(await systemd.next('notify', (text) => text.startsWith('READY=1'))).toContain(`127.0.0.1:${http} (HTTP)`);
    expect(await (await fetch(`http://127.0.0.1:${http}/ready`)).json()).toMatchObject({ status: 'ready' });
    await systemd.next('notify', (text) => text === 'WATCHDOG=1');

    systemd.order('stop');
    await systemd.next('notify', (text) => text.startsWith('STOPPING=1'));
    expect(await systemd.next('ended')).toBe(0);
    // Nobody runs now; whoever comes is kept waiting.
    const waiting = fetch(`http://127.0.0.1:${http}/health`);
    const greeting = new Promise<string>((resolve, reject) => {
      const socket = connect(smtp, '127.0.0.1');
      socket.once('error', reject);
      socket.once('data', (data) => {
        socket.destroy();
        resolve(String(data));
      });
    });
    await new Promise((resolve) => setImmediate(resolve));
    systemd.order('start');
    await systemd.next('notify', (text) => text.startsWith('READY=1'));
    expect((await waiting).status).toBe(200);
    expect(await greeting).toMatch(/^220 /);
    systemd.order('stop');
    expect(await systemd.next('ended')).toBe(0);
  });

  it('does not start on a socket whose name it does not know', async () => {
    const systemd = manage('http:gopher');
    systemd.order('wait');
    expect(await systemd.next('ended')).toBe(78);
    expect(systemd.errors.join('\n')).toContain('named "gopher"');
  });
});
