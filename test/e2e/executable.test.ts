/** The one executable: alone in an empty directory, with an empty environment, as a user with no home. */

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../eventually.ts';

const built = join(import.meta.dirname, '../../dist/iep');
/** Nobody's ids on Debian; no account of that name need exist, and it has no home. */
const NOBODY = 65_534;

let directory: string;

beforeAll(() => {
  if (!existsSync(built)) execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
  directory = mkdtempSync(join(tmpdir(), 'iep-alone-'));
  copyFileSync(built, join(directory, 'iep'));
  chmodSync(join(directory, 'iep'), 0o755);
  // A store is made only in a directory of one's own.
  if (process.getuid?.() === 0) chownSync(directory, NOBODY, NOBODY);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function alone(args: readonly string[], input = '') {
  const asRoot = process.getuid?.() === 0;
  const result = spawnSync('./iep', args, {
    cwd: directory,
    env: {},
    input,
    encoding: 'utf8',
    ...(asRoot && { uid: NOBODY, gid: NOBODY }),
  });
  return { status: result.status, stdout: result.stdout, stderr: result.stderr };
}

describe('dist/iep alone', () => {
  it('says what it is', () => {
    const line = /^iep \d+\.\d+\.\d+ \(commit [0-9a-f]{12}\+?, Node 26\.\d+\.\d+, SQLite 3\.\d+\.\d+\)\n$/;
    expect(alone(['--version'])).toEqual({ status: 0, stdout: expect.stringMatching(line), stderr: '' });
  });

  it('takes a mail from the shell and shows it, without any file but its own', () => {
    const tenant = alone(['tenant', 'add', 'default', '--any-sender', 'on', '--json']);
    expect(tenant).toMatchObject({ status: 0, stderr: '' });
    const sent = alone(
      ['send', '--from', 'a@example.com', '--to', 'b@example.com', '--subject', 'Alone', '--json'],
      'Hello\n',
    );
    expect(sent).toMatchObject({ status: 0, stderr: '' });
    const { messageId } = JSON.parse(sent.stdout) as { messageId: string };
    expect(JSON.parse(alone(['show', messageId, '--json']).stdout)).toMatchObject({
      messageId,
      subject: 'Alone',
      status: 'queued',
    });
    expect(readdirSync(directory).sort()).toEqual(['iep', 'iep-data']);
    expect(statSync(join(directory, 'iep-data')).mode & 0o777).toBe(0o700);
    expect(statSync(join(directory, 'iep-data/master.key')).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, 'iep-data/iep.db')).mode & 0o077).toBe(0);
  });

  it('has the example of the configuration within', () => {
    expect(alone(['config', 'example']).stdout).toMatch(/^providers:$/m);
  });

  it('reads the files that a command names', () => {
    const [body, list] = [join(directory, 'body.txt'), join(directory, 'list.csv')];
    writeFileSync(body, 'Hello\n');
    writeFileSync(list, 'email\nold@example.com\n');
    const sent = alone(['send', '--from', 'a@example.com', '--to', 'b@example.com', '--file', body, '--attach', body]);
    expect(sent).toMatchObject({ status: 0, stderr: '' });
    expect(alone(['suppression', 'import', list])).toMatchObject({ status: 0, stderr: '' });
    expect(alone(['suppression', 'export', '-']).stdout).toContain('old@example.com');
  });

  it('has the templates that come with it, and the compiler of MJML', () => {
    expect(alone(['template', 'push', '--builtin']).status).toBe(0);
    expect(alone(['template', 'preview', 'welcome']).stdout).toContain('Subject');
    const letter = join(directory, 'templates/letter');
    mkdirSync(letter, { recursive: true });
    writeFileSync(
      join(letter, 'template.yaml'),
      'variables: [{ name: Who, type: string, required: true, example: Ada }]\n',
    );
    writeFileSync(join(letter, 'subject.hbs'), 'Hello {{Who}}\n');
    const body = '<mj-section><mj-column><mj-text>Hello {{Who}}</mj-text></mj-column></mj-section>';
    writeFileSync(join(letter, 'html.mjml'), `<mjml><mj-body>${body}</mj-body></mjml>\n`);
    expect(alone(['template', 'push', join(directory, 'templates')]).status).toBe(0);
    const { stdout } = alone(['template', 'preview', 'letter', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      subject: 'Hello Ada',
      html: expect.stringMatching(/<table.*Hello Ada/s),
    });
  });

  it('keeps its exit codes', () => {
    expect(alone(['nonsense']).status).toBe(64);
    expect(alone(['--config', 'none.yaml', 'list'])).toMatchObject({
      status: 78,
      stderr: expect.not.stringMatching(/\n\s+at /),
    });
  });

  it.runIf(process.platform === 'linux')('serves without the pages that it was started from', async () => {
    const own = mkdtempSync(join(tmpdir(), 'iep-served-'));
    const env = { IEP_HTTP_PORT: '0', IEP_SMTP_PORT: '0' };
    const daemon = spawn(built, ['serve', '--dev'], { cwd: own, env, stdio: 'ignore' });
    try {
      // The last mapping that is only read has the assets: more than 10 MB of them are read by a start.
      await eventually(() => {
        const mappings = readFileSync(`/proc/${daemon.pid}/smaps`, 'utf8').split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
        const assets = mappings.filter((mapping) => / r--p .*\/dist\/iep\n/.test(mapping)).at(-1) ?? '';
        expect(Number(/^Size: +(\d+) kB$/m.exec(assets)?.[1])).toBeGreaterThan(8_192);
        expect(existsSync(join(own, 'iep-data/iep.db'))).toBe(true);
        expect(Number(/^Rss: +(\d+) kB$/m.exec(assets)?.[1])).toBeLessThan(1_024);
      });
    } finally {
      daemon.kill('SIGKILL');
      rmSync(own, { recursive: true, force: true });
    }
  });

  it('does not listen to NODE_OPTIONS', () => {
    const { status, stdout } = spawnSync(built, ['--version'], {
      env: { NODE_OPTIONS: '--require=/nowhere.js' },
      encoding: 'utf8',
    });
    expect({ status, stdout }).toMatchObject({ status: 0, stdout: expect.stringMatching(/^iep /) });
  });
});
