/** `serve --dev` beside what is in earnest, and a first start that does not succeed. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type DaemonProcess, spawnDaemon } from '../daemon-process.ts';
import { bundleProgram, type Program } from '../program.ts';

let program: Program;
let cwd: string;
let daemon: DaemonProcess | undefined;
beforeAll(() => {
  program = bundleProgram();
});
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'iep-dev-'));
});
afterEach(async () => {
  daemon?.process.kill('SIGTERM');
  await daemon?.ended;
  daemon = undefined;
  rmSync(cwd, { recursive: true });
});

function iep(args: readonly string[], env: Record<string, string> = {}) {
  const done = spawnSync(process.execPath, [program.script, ...args], {
    ...{ cwd, input: 'hi\n', encoding: 'utf8', timeout: 120_000 },
    env: { PATH: process.env.PATH, ...env },
  });
  return { exit: done.status, out: done.stdout, err: done.stderr };
}
const SEND = ['send', 'b@example.com', '--from', 'a@example.com'];

describe('serve --dev', () => {
  it('refuses beside a configuration, whose mail it would keep and call sent', () => {
    expect(iep(['init']).exit).toBe(0);
    const sent = iep(SEND);
    expect(sent.exit).toBe(0);
    expect(iep(['serve', '--dev'])).toMatchObject({ exit: 78, err: expect.stringContaining('configuration') });
    expect(iep(['show', sent.out.trim(), '--json']).out).toContain('"status": "queued"');
  });

  it('refuses the store of a configuration, wherever it is called', () => {
    writeFileSync(join(cwd, 'real.yaml'), 'dataDir: ./real');
    expect(iep(['--config', 'real.yaml', ...SEND]).exit).toBe(0);
    const env = { IEP_DATADIR: join(cwd, 'real') };
    expect(iep(['serve', '--dev'], env)).toMatchObject({ exit: 78, err: expect.stringContaining('real') });
  });
});

describe('a port that is taken', () => {
  let other: Server;
  let port: string;
  beforeEach(async () => {
    other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    port = String((other.address() as AddressInfo).port);
  });
  afterEach(() => other.close());

  it.each(['http', 'smtp'])('is not a fault of the configuration, and another can be chosen: %s', (door) => {
    const free = door === 'http' ? '--smtp-port' : '--http-port';
    const ran = iep(['serve', '--dev', `--${door}-port`, port, free, '0']);
    expect(ran).toMatchObject({ exit: 69, err: expect.stringContaining(`iep serve --${door}-port N`) });
    expect(ran.out).not.toContain('iep_');
  });

  it('at the first start costs no key, and neither does mail before it', async () => {
    expect(iep(SEND).exit).toBe(0);
    expect(iep(['serve', '--dev', '--http-port', port, '--smtp-port', '0']).exit).toBe(69);
    daemon = spawnDaemon({ cwd, args: ['--dev'] });
    expect(await daemon.line((line) => line.includes('API key'))).toMatch(/iep_\w+ +\(shown this once\)/);
  });
});
