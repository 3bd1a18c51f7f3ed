/** Commands on a file system that takes no more: each says so in a sentence and ends with 75, and none asks to be reported. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bundleProgram, type Program } from '../program.ts';

const canMount =
  process.getuid?.() === 0 &&
  spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' }).status === 0;

const commands = [
  ...['serve', 'init', 'list', 'queue', 'tenant add q', 'send a@example.com --text y', 'backup $DISK/b.tar', 'migrate'],
  ...['suppression export $DISK/s.csv', 'key add --tenant default', 'restore $DISK/none.tar'],
];

let program: Program;
let folder: string;
beforeAll(() => {
  program = bundleProgram();
  folder = mkdtempSync(join(tmpdir(), 'iep-full-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs every command in a mount of its own, after `before`; gives exit code and what was said. */
function runAll(before: string): readonly { readonly command: string; readonly exit: number; readonly said: string }[] {
  const script = join(folder, 'script');
  const runs = commands.map((command) => `echo "## ${command}"; iep ${command} 2>&1; echo "exit $?"`).join('\n');
  writeFileSync(
    script,
    `set -u
    DISK=${folder}/disk; mkdir -p $DISK; mount -t tmpfs -o size=6m tmpfs $DISK; cd $DISK
    export IEP_DATADIR=$DISK/data IEP_HTTP_PORT=0 IEP_SMTP_PORT=0 LOGNAME=jo IEP_SMTP_HOSTNAME=host.example
    export IEP_PROVIDERS='{c: {type: capture}}' IEP_ROUTING_PRIMARY=c IEP_LOG_LEVEL=error
    iep() { timeout 120 ${process.execPath} ${program.script} "$@"; }
    ${before}
    ${runs}`,
  );
  const { stdout, stderr } = spawnSync('unshare', ['-m', 'bash', script], { encoding: 'utf8', input: '' });
  const found = [...stdout.matchAll(/^## (.*)\n([\s\S]*?)^exit (\d+)$/gm)];
  expect(found.length, stderr).toBe(commands.length);
  return found.map(([, command = '', said = '', exit]) => ({ command, said, exit: Number(exit) }));
}

it.runIf(canMount).each([
  ['a full disk, before there is a store', 'cat /dev/zero >fill 2>/dev/null', /The disk is full|there is no store/],
  ['a full disk', 'iep send a@example.com --text x >/dev/null; cat /dev/zero >fill 2>/dev/null', /The disk is full/],
  ['a read-only one', 'iep send a@example.com --text x >/dev/null; mount -o remount,ro $DISK', /read-only/],
])('%s', { timeout: 300_000 }, (_what, before, sentence) => {
  for (const { command, exit, said } of runAll(before)) {
    expect(said, command).not.toMatch(/please report|^ {4}at /m);
    if (command.startsWith('restore')) continue;
    expect(said, command).toMatch(sentence);
    expect({ command, exit }).toEqual({ command, exit: /there is no store/.test(said) ? 65 : 75 });
  }
});
