/**
 * docs/deploy.md to the letter: its blocks for systemd, run over mounts of their own where /etc, /run, /var/lib and the rest are
 * real paths, and then the mail of root, of the service's user, and of a user who has nothing to do with either.
 */

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleProgram, type Program } from '../program.ts';

const root = join(import.meta.dirname, '../..');

/** Nothing of this is seen outside: each is a layer over what is there. */
const LAYERS = ['/etc', '/var/lib', '/usr/local/bin', '/usr/sbin'];
const mounts = (folder: string) => `
mount -t tmpfs tmpfs "${folder}/layers"
for at in ${LAYERS.join(' ')}; do
  mkdir -p "${folder}/layers/up$at" "${folder}/layers/work$at"
  mount -t overlay overlay -o "lowerdir=$at,upperdir=${folder}/layers/up$at,workdir=${folder}/layers/work$at" "$at"
done
mount -t tmpfs -o mode=0755 tmpfs /run`;

const allows =
  process.getuid?.() === 0 &&
  spawnSync('unshare', ['--mount', 'bash', '-c', 'mount -t tmpfs tmpfs /run && command -v useradd setpriv']).status ===
    0;

/** What systemd does of the unit: its user, its environment and its directories. */
const SYSTEMCTL = `#!/bin/bash
[ "$1" = daemon-reload ] && exit
unit=/etc/systemd/system/iep.service
of() { sed -n "s/^$1=//p" "$unit"; }
user=$(of User)
install -d -o "$user" -g "$user" -m "$(of RuntimeDirectoryMode)" "/run/$(of RuntimeDirectory)"
install -d -o "$user" -g "$user" -m "$(of StateDirectoryMode)" "/var/lib/$(of StateDirectory)"
cd "$(of WorkingDirectory)"
mapfile -t environment < <(of Environment)
touch /var/lib/log
env -i PATH="$PATH" RUNTIME_DIRECTORY="/run/$(of RuntimeDirectory)" IEP_HTTP_PORT=0 IEP_SMTP_PORT=0 "\${environment[@]}" \\
  setpriv --reuid="$user" --regid="$user" --clear-groups bash -c "umask $(of UMask); exec $(of ExecStart)" >/var/lib/log 2>&1 &
echo $! >/var/lib/pid
grep -q 'the daemon is up' <(tail -f -n +1 --pid=$! /var/lib/log) || { cat /var/lib/log; exit 1; }
`;

function block(page: string, containing: string): string {
  const blocks = [...page.matchAll(/^```sh[^\n]*\n(.*?)^```/gms)].map(([, code = '']) => code);
  const found = blocks.find((code) => code.includes(containing));
  if (found === undefined) throw new Error(`docs/deploy.md has no block with ${containing}`);
  return found;
}

describe.skipIf(!allows)(allows ? 'docs/deploy.md' : 'docs/deploy.md (needs root, unshare and useradd)', () => {
  let program: Program;
  let folder: string;
  beforeAll(() => {
    program = bundleProgram();
    folder = mkdtempSync(join(tmpdir(), 'iep-deploy-docs-'));
    chmodSync(folder, 0o755);
    for (const name of ['dist', 'layers', 'bin']) mkdirSync(join(folder, name));
    symlinkSync(join(root, 'deploy'), join(folder, 'deploy'));
    const start = `exec -a "$0" ${JSON.stringify(process.execPath)} ${JSON.stringify(program.script)} "$@"`;
    writeFileSync(join(folder, 'dist/iep'), `#!/bin/bash\n${start}\n`);
    writeFileSync(join(folder, 'bin/systemctl'), SYSTEMCTL);
    chmodSync(join(folder, 'bin/systemctl'), 0o755);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Installs by the page, runs `script`, ends the daemon. */
  function deployed(script: string): string {
    const page = readFileSync(join(root, 'docs/deploy.md'), 'utf8');
    const whole = `set -euo pipefail
${mounts(folder)}
cd ${folder}
export PATH=${folder}/bin:$PATH
as() { local user=$1; shift; setpriv --reuid="$user" --regid="$user" --clear-groups env -i PATH="$PATH" HOME=/ "$@"; }
useradd --system --home-dir /var/lib/web web
install -d -o web -g web /var/lib/web/html
${block(page, 'useradd')}
${block(page, '/usr/sbin/sendmail')}
cd /
${script}`;
    const args = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', 'bash', '-c', whole];
    const { stdout, stderr, status } = spawnSync('unshare', args, { encoding: 'utf8', timeout: 120_000 });
    expect(status, `${stdout}\n${stderr}`).toBe(0);
    return stdout;
  }

  it('makes one store, which root, the service and its commands share', { timeout: 180_000 }, () => {
    const page = readFileSync(join(root, 'docs/deploy.md'), 'utf8');
    const said = deployed(`
      ${block(page, 'iep tenant add acme').replace('iep doctor', 'iep doctor --daemon')}
      iep send ops@example.com --tenant default --from root@example.com --text 'by root' --wait
      as iep iep send ops@example.com --tenant default --from iep@example.com --text 'by the service' --wait
      key=$(iep key add --tenant acme --scopes send,read --json | sed -n 's/.*"key": "\\(.*\\)".*/\\1/p')
      port=$(sed -n 's/.*"http":{"host":"[^"]*","port":\\([0-9]*\\)}.*/\\1/p' /var/lib/log | head -1)
      curl -sS -o /dev/null -w 'key %{http_code}\\n' -H "x-api-key: $key" "http://127.0.0.1:$port/v1/messages"
      install -d -m 0700 /var/lib/backups; iep backup /var/lib/backups/whole.tar >/dev/null
      find /etc/iep /var/lib /run/iep /var/lib/web -name iep.db -printf 'store %p\\n'
      find /var/lib/iep /run/iep ! -user iep -printf 'not its own: %p\\n'`);
    expect(said).toMatch(/sent\n.*sent\n/s);
    expect(said).toContain('key 200');
    expect(said.match(/^store .*$/gm)).toEqual(['store /var/lib/iep/iep.db']);
    expect(said).not.toContain('not its own');
  });

  it('takes the mail of a third user, as cron and PHP hand it in, and stores it nowhere else', {
    timeout: 180_000,
  }, () => {
    const said = deployed(`
      printf 'sendmail: { tenant: default }\\n' >>/etc/iep/iep.config.yaml
      kill -HUP $(cat /var/lib/pid)
      iep tenant add acme >/dev/null
      grep -q 'read again' <(tail -f -n +1 /var/lib/log)
      cd /var/lib/web/html
      as web iep list 2>/dev/null || echo "list $?"
      printf 'To: root\\nSubject: Cron <web@host> job\\n\\nout\\n' | as web /usr/sbin/sendmail -FCronDaemon -i -B8BITMIME -oem ops@example.com
      printf 'Subject: x\\n\\nhi\\n' | as web iep sendmail -t ops@example.com
      as web iep send ops@example.com --text hi --wait
      ! command -v php >/dev/null || as web php -d 'sendmail_path=/usr/sbin/sendmail -t -i' -r 'exit(mail("b@example.com", "From PHP", "hi") ? 0 : 1);'
      iep list --tenant default --json | grep -c messageId
      kill $(cat /var/lib/pid); tail -f --pid=$(cat /var/lib/pid) /dev/null
      echo hi | as web /usr/sbin/sendmail ops@example.com 2>/dev/null || echo "no daemon $?"
      echo hi | as web iep send ops@example.com 2>/dev/null || echo "no daemon $?"
      find /var/lib/web /etc/iep /run -name iep.db -o -name master.key`);
    const count = spawnSync('php', ['--version']).status === 0 ? 4 : 3;
    expect(said.trim().split('\n').slice(-3)).toEqual([String(count), 'no daemon 75', 'no daemon 75']);
    expect(said).toContain('list 77');
    expect(said).toMatch(/ {2}sent$/m);
  });
});
