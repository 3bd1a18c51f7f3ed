/** Programs of Debian that call sendmail, with ours in its place. Where one is not installed its test is skipped, and says so. */

import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bundleProgram, type Program } from '../program.ts';

const root = join(import.meta.dirname, '../..');
const directories = [
  ...(process.env.PATH ?? '').split(delimiter),
  join(root, '.cache/bin'),
  '/usr/lib/git-core',
  '/usr/sbin',
];
const find = (program: string) =>
  directories.map((directory) => join(directory, program)).find((path) => existsSync(path));

/** A test that needs a program; without it, a skipped one whose name says what is missing. */
function needs(program: string, title: string, test: (path: string) => void): void {
  const path = find(program);
  if (path === undefined) it.skip(`${title} (${program} is not installed)`, () => undefined);
  else it(title, () => test(path));
}

let program: Program;
let main: string;
let folder: string;
let sendmail: string;
let env: Record<string, string>;

beforeAll(() => {
  program = bundleProgram();
  main = program.script;
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'iep-callers-'));
  sendmail = join(folder, 'sendmail');
  writeFileSync(sendmail, `#!/bin/sh\nexec "${process.execPath}" "${main}" sendmail "$@"\n`);
  chmodSync(sendmail, 0o755);
  env = {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    LOGNAME: 'jo',
    USER: 'jo',
    LC_ALL: 'C.UTF-8',
    IEP_DATADIR: join(folder, 'data'),
    IEP_SMTP_HOSTNAME: 'host.example',
  };
});
afterEach(() => rmSync(folder, { recursive: true }));

function run(program: string, args: readonly string[], input = '') {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: folder, env, input, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} exited with ${status}:\n${stdout}${stderr}`);
  return stdout;
}

interface Message {
  readonly messageId: string;
  readonly subject: string;
  readonly from: { readonly email: string };
  readonly envelopeFrom: string;
  readonly recipients: readonly { readonly email: string }[];
}

const iep = (...args: string[]) => run(process.execPath, [main, ...args]);

/** The messages that came in, oldest first, each with its bytes. */
function received(): (Message & { readonly to: string[]; readonly raw: string })[] {
  const rows = JSON.parse(iep('list', '--json')) as Message[];
  return rows.reverse().map(({ messageId }) => {
    const message = JSON.parse(iep('show', messageId, '--json')) as Message;
    const to = message.recipients.map(({ email }) => email).sort();
    return { ...message, to, raw: iep('show', messageId, '--raw') };
  });
}

describe('callers of sendmail', () => {
  needs('s-nail', 's-nail, with UTF-8, an attachment and a blind copy', (snail) => {
    writeFileSync(join(folder, 'note.txt'), 'a note\n');
    const text = 'Grüße\n.\nafter a dot\n';
    const args = ['-:/', '-S', `mta=${sendmail}`, '-S', 'sendwait', '-s', 'Über alles', '-a', join(folder, 'note.txt')];
    run(snail, [...args, '-b', 'hidden@example.org', '-r', 'jo@example.com', 'b@example.com'], text);
    const [message] = received();
    expect(message).toMatchObject({ subject: 'Über alles', to: ['b@example.com', 'hidden@example.org'] });
    expect(message?.raw).toContain('note.txt');
    expect(message?.raw).not.toContain('hidden@example.org');
  });

  needs('bsd-mailx', "Debian's mail, as scripts pipe into it", (mail) => {
    const settings = join(folder, 'mailrc');
    writeFileSync(settings, `set sendmail=${sendmail}\nset sendwait\n`);
    env.MAILRC = settings;
    run(mail, ['-s', 'Backup failed', '-c', 'ops@example.com', 'root'], 'tar: exit 2\n.\nmore\n');
    const [message] = received();
    expect(message).toMatchObject({ subject: 'Backup failed', to: ['ops@example.com', 'root@host.example'] });
    expect(message?.from.email).toBe('jo@host.example');
    expect(message?.raw).toContain('tar: exit 2\r\n');
  });

  needs('git-send-email', 'git send-email, with a series of patches', () => {
    const git = (...args: string[]) => run('git', ['-c', 'user.name=Jo', '-c', 'user.email=jo@example.com', ...args]);
    git('init', '-q');
    for (const name of ['one', 'two']) {
      writeFileSync(join(folder, name), `${name}\n`);
      git('add', name);
      git('commit', '-qm', `Add ${name}`);
    }
    git('format-patch', '-q', '-o', 'patches', '--root');
    const how = [`--sendmail-cmd=${sendmail}`, '--confirm=never', '--quiet', '--from=jo@example.com'];
    git('send-email', ...how, '--to=list@example.com', '--envelope-sender=bounces@example.com', 'patches');
    const messages = received();
    expect(messages.map(({ subject }) => subject)).toEqual(['[PATCH 1/2] Add one', '[PATCH 2/2] Add two']);
    expect(messages.map(({ envelopeFrom }) => envelopeFrom)).toEqual(['bounces@example.com', 'bounces@example.com']);
    expect(messages[0]?.to).toEqual(['jo@example.com', 'list@example.com']);
    expect(messages[1]?.raw).toContain('+two\r\n');
  });

  needs('php', "PHP's mail()", (php) => {
    const call = `exit(mail('b@example.com', 'From PHP', "line\\n.\\nline", "From: shop@example.com\\r\\nBcc: hidden@example.org", '-fbounces@example.com') ? 0 : 1);`;
    run(php, ['-d', `sendmail_path=${sendmail} -t -i`, '-r', call]);
    const [message] = received();
    expect(message).toMatchObject({
      subject: 'From PHP',
      from: { email: 'shop@example.com' },
      envelopeFrom: 'bounces@example.com',
      to: ['b@example.com', 'hidden@example.org'],
    });
    expect(message?.raw).toMatch(/\r\n\r\nline\r\n\.\r\nline\r\n$/);
  });

  it('cron, which names a local user and no sender', () => {
    const mail = `From: root (Cron Daemon)\nTo: root\nSubject: Cron <root@host> /usr/bin/true\nMIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nX-Cron-Env: <SHELL=/bin/sh>\n\nout\n`;
    run(sendmail, ['-FCronDaemon', '-i', '-B8BITMIME', '-oem', 'root'], mail);
    const [message] = received();
    expect(message).toMatchObject({ from: { email: 'root@host.example' }, to: ['root@host.example'] });
    expect(message?.raw).toContain('X-Cron-Env: <SHELL=/bin/sh>\r\n');
  });

  it('logwatch, which pipes its report without -i and has a dot in it', () => {
    const header = 'To: ops@example.com\nFrom: logwatch\nSubject: Logwatch for host (Linux)\nPrecedence: bulk\n';
    run(
      sendmail,
      ['-t'],
      `${header}MIME-Version: 1.0\nContent-Type: text/plain; charset="utf-8"\n\n ### Logwatch\n.. 91 %\n`,
    );
    const [message] = received();
    expect(message).toMatchObject({ from: { email: 'logwatch@host.example' }, to: ['ops@example.com'] });
    expect(message?.raw).toMatch(/\r\n\r\n ### Logwatch\r\n\.\. 91 %\r\n$/);
  });

  it('hear of a refusal by its exit code', () => {
    const ran = spawnSync(sendmail, ['-t'], { cwd: folder, env, input: 'Subject: x\n\nhi\n', encoding: 'utf8' });
    expect(ran).toMatchObject({ status: 65, stderr: expect.stringContaining('no recipient addresses found') });
  });
});
