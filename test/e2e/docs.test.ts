/**
 * The commands of the documentation, run as they stand: each page in a fresh directory, with a daemon up and `iep` on the
 * path. CONTRIBUTING.md says how a page marks what cannot run.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bundleProgram, type Program } from '../program.ts';

const root = join(import.meta.dirname, '../..');

interface Block {
  readonly line: number;
  readonly code: string;
  /** Why it cannot run; undefined where it is run. */
  readonly norun?: string;
}

/** Shell blocks in order, and what stands in `<!-- sh … -->`, which readers do not see. */
function blocksOf(page: string): readonly Block[] {
  return [...page.matchAll(/^(?:```sh([^\n]*)\n(.*?)^```|<!-- sh\n(.*?)^-->)/gms)].map((found) => {
    const [, info = '', shown, hidden] = found;
    const norun = /^ norun\b:? ?(.*)$/.exec(info)?.[1];
    return {
      line: page.slice(0, found.index).split('\n').length + 1,
      code: shown ?? hidden ?? '',
      ...(norun !== undefined && { norun }),
    };
  });
}

const pages = globSync(['README.md', 'docs/*.md'], { cwd: root })
  .map((name) => ({ name, blocks: blocksOf(readFileSync(join(root, name), 'utf8')) }))
  .filter(({ blocks }) => blocks.length > 0);

let program: Program;
let directory = '';
let daemon: ChildProcess | undefined;
/** Takes every webhook. */
let receiver: Server;
let hook: string;
beforeAll(async () => {
  program = bundleProgram();
  receiver = createServer((request, response) => void request.resume().on('end', () => response.end()));
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  hook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hooks`;
});
afterAll(() => {
  receiver.closeAllConnections();
  receiver.close();
});
afterEach(async () => {
  if (daemon !== undefined && daemon.exitCode === null) {
    const ended = new Promise((resolve) => daemon?.once('close', resolve));
    daemon.kill('SIGKILL');
    await ended;
  }
  // One that the page started.
  const pid = directory === '' ? undefined : join(directory, '.bin/daemon.pid');
  if (pid !== undefined && existsSync(pid)) kill(Number(readFileSync(pid, 'utf8')));
  if (directory !== '') rmSync(directory, { recursive: true, force: true });
});

/**
 * `iep` as the pages call it. What follows events without end is ended after a while, as a person would; `serve` gets a
 * directory and ports of its own beside the daemon that is up.
 */
const shim = (script: string) => `#!/usr/bin/env bash
iep=(${JSON.stringify(process.execPath)} ${JSON.stringify(script)})
for word in "$@"; do case $word in
  tail|top)
    timeout --signal=INT 1.5 "\${iep[@]}" "$@"
    code=$?
    [ $code = 124 ] && exit 0
    exit $code ;;
  serve)
    export IEP_DATADIR=$PWD/served IEP_HTTP_PORT=0 IEP_SMTP_PORT=0 IEP_LOG_LEVEL=info
    exec {log}< <("\${iep[@]}" "$@")
    child=$!
    while read -r -u "$log" line; do case $line in *'the daemon is up'*) kill "$child" ;; esac; done
    wait "$child"
    exit ;;
  -*) ;;
  *) break ;;
esac; done
exec "\${iep[@]}" "$@"
`;

/** `systemctl` as the pages call it: it stops and starts the daemon that is up, on its ports. */
const systemctl = (script: string) => `#!/usr/bin/env bash
set -e
here=$(dirname "$0")
stop() {
  kill "$(cat "$here/daemon.pid")" 2>/dev/null || return 0
  while kill -0 "$(cat "$here/daemon.pid")" 2>/dev/null; do sleep 0.02; done
}
start() {
  cd "$here/.."
  IEP_LOG_LEVEL=info setsid ${JSON.stringify(process.execPath)} ${JSON.stringify(script)} serve --dev >"$here/daemon.log" 2>&1 </dev/null &
  echo $! >"$here/daemon.pid"
  until grep -q 'the daemon is up' "$here/daemon.log"; do
    kill -0 "$(cat "$here/daemon.pid")" 2>/dev/null || { cat "$here/daemon.log" >&2; exit 1; }
    sleep 0.02
  done
}
case $1 in
  stop) stop ;;
  start) start ;;
  restart) stop; start ;;
esac
`;

interface Ports {
  readonly http: number;
  readonly smtp: number;
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function start(env: NodeJS.ProcessEnv): Promise<Ports & { key: string }> {
  daemon = spawn(process.execPath, [program.script, 'serve', '--dev'], {
    cwd: directory,
    env: { ...env, IEP_HTTP_PORT: '0', IEP_SMTP_PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (daemon.stdout === null) throw new Error('no output');
  let ports: Ports | undefined;
  let key: string | undefined;
  for await (const line of createInterface({ input: daemon.stdout })) {
    // What it tells a person is written at once, and the log is gathered: either may come first.
    if (line.includes('the daemon is up')) {
      const { http, smtp } = JSON.parse(line) as { http: { port: number }; smtp: { port: number } };
      ports = { http: http.port, smtp: smtp.port };
    }
    key ??= /API key {2}(iep_\w+)/.exec(line)?.[1];
    if (key !== undefined && ports !== undefined) {
      daemon.stdout.resume();
      return { ...ports, key };
    }
  }
  throw new Error('the daemon did not come up');
}

/** The page as one script, so that a variable lives from block to block; says at which line it is. */
function scriptOf(blocks: readonly Block[], { http, smtp, hook }: Ports & { hook: string }): string {
  const body = blocks
    .filter(({ norun }) => norun === undefined)
    .map(({ line, code }) => `echo "#line ${line}"\n${code.replace(/^\$ /gm, '')}`)
    .join('\n');
  const here = body
    .replaceAll(/(127\.0\.0\.1|localhost):3000\b/g, `127.0.0.1:${http}`)
    .replaceAll(/(127\.0\.0\.1|localhost):2525\b/g, `127.0.0.1:${smtp}`)
    .replaceAll('https://app.example.com/hooks', hook)
    .replaceAll(/(?<![\w./])dist\/iep\b/g, 'iep')
    .replaceAll(/\/var\/lib\/iep\b/g, '$PWD/iep-data')
    .replaceAll(/(?<![\w$])\/(?:var\/backups|etc\/iep|root)\b/g, '$PWD')
    // A message's id, as `iep show ID` says it; the page's own ID, where it sets one.
    .replaceAll(/(?<![\w$"'={-])(ID|DELIVERY|KEY)(?![\w=])/g, '"$$$1"');
  return `set -euo pipefail\nset -o errtrace\n${here}\n`;
}

describe('docs', () => {
  it('have pages with commands', () => {
    expect(pages.length).toBeGreaterThan(5);
    expect(pages.flatMap(({ blocks }) => blocks).length).toBeGreaterThan(15);
  });

  it('say why a block is not run', () => {
    const silent = pages.flatMap(({ name, blocks }) =>
      blocks.filter(({ norun }) => norun?.trim() === '').map(({ line }) => `${name}:${line}`),
    );
    expect(silent).toEqual([]);
  });

  it.each(pages)('$name', { timeout: 180_000 }, async ({ name, blocks }) => {
    directory = mkdtempSync(join(tmpdir(), 'iep-docs-'));
    const bin = join(directory, '.bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'iep'), shim(program.script));
    // A refusal is a failure of the page, which curl alone does not say.
    const curl = execFileSync('sh', ['-c', 'command -v curl'], { encoding: 'utf8' }).trim();
    writeFileSync(join(bin, 'curl'), `#!/bin/sh\nexec ${curl} --fail-with-body "$@"\n`);
    writeFileSync(join(bin, 'systemctl'), systemctl(program.script));
    for (const name of ['iep', 'curl', 'systemctl']) chmodSync(join(bin, name), 0o755);
    // The names of providers that pages use; none of them sends anything.
    const providers = Object.fromEntries(
      ['capture', 'relay', 'backup', 'spare'].map((one) => [one, { type: 'capture' }]),
    );
    const env = {
      ...{ IEP_PROVIDERS: JSON.stringify(providers), IEP_WEBHOOKS_ALLOWNETWORKS: '[127.0.0.0/8]' },
      HOME: directory,
      PATH: `${bin}:${join(root, '.cache/bin')}:${process.env.PATH}`,
      LOGNAME: 'docs',
    };
    const { http, smtp, key } = await start(env);
    writeFileSync(join(bin, 'daemon.pid'), String(daemon?.pid));
    const script = join(directory, '.bin/page.sh');
    const first = '{"from":"app@example.com","to":["ada@example.com"],"subject":"First","textBody":"Hello"}';
    const sent = await fetch(`http://127.0.0.1:${http}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': key, 'content-type': 'application/json' },
      body: first,
    });
    const { messageId } = (await sent.json()) as { messageId: string };
    writeFileSync(script, scriptOf(blocks, { http, smtp, hook }));
    const child = spawn('bash', [script], {
      cwd: directory,
      env: {
        ...env,
        ...{ IEP_API_KEY: key, IEP_HTTP_PORT: String(http), IEP_SMTP_PORT: String(smtp), ID: messageId },
        ...{ IEP_LOG_LEVEL: 'warn', NO_COLOR: '1' },
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    const line = stdout.match(/^#line \d+$/gm)?.at(-1) ?? '';
    expect(status, `${name}, the block at ${line}:\n${stdout.slice(-1500)}\n${stderr}`).toBe(0);
  });
});
