/**
 * Debian's Postfix as the peer: a private instance with its own configuration, queue and data, relaying everything to a
 * sink. Its durability is untouched (cleanup syncs each queue file before the yes). Limits that would hold a loopback
 * load back are raised, and what a relay without policy does not need (reverse lookups, TLS, statistics) is off.
 */

import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createMeter } from './meter.ts';
import type { Mta } from './mta.ts';
import { freePort, listening, until, type Workspace } from './workspace.ts';

/** Deliveries at once; IEP gets the same. */
const DELIVERIES = 20;
const PROCESSES = 250;

/** A program with the first of its arguments. */
export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface PostfixMta extends Mta {
  /** Its sendmail, which hands in mail here. */
  readonly sendmail: Command;
}

export interface Postfix {
  readonly version: string;
  start(sinkPort: number): Promise<PostfixMta>;
}

export async function createPostfix(workspace: Workspace, tree: string): Promise<Postfix> {
  if (process.getuid?.() !== 0) throw new Error('Postfix can only be started by root');
  const owner = account(workspace);
  const tool = (name: string) => join(tree, 'usr/sbin', name);
  const env = { LD_LIBRARY_PATH: join(tree, 'usr/lib/postfix') };
  const meter = createMeter(workspace, 'iep-bench-postfix');
  const { stdout: version } = await workspace.run(tool('postconf'), ['-d', '-h', 'mail_version'], { env });

  return {
    version: version.trim(),
    async start(sinkPort) {
      const smtpPort = await freePort();
      const home = mkdtempSync(join(workspace.dir, 'postfix-'));
      const config = layOut(home, owner);
      writeFileSync(join(config, 'main.cf'), mainCf({ tree, home, sinkPort, libraries: env.LD_LIBRARY_PATH }));
      writeFileSync(join(config, 'master.cf'), masterCf(smtpPort));
      const log = join(home, 'master.log');
      const wrapped = meter.wrap(join(tree, 'usr/lib/postfix/sbin/master'), ['-d', '-c', config]);
      const master = workspace.start(wrapped.command, wrapped.args, { env, stderr: log });
      await listening(master, { port: smtpPort, log });

      return {
        name: 'postfix',
        smtpPort,
        meter,
        process: master,
        sendmail: { command: tool('sendmail'), args: ['-C', config], env },
        async flush() {
          await workspace.run(tool('postqueue'), ['-c', config, '-f'], { env });
        },
        async stop() {
          await master.stop();
          await until('Postfix has ended', () => meter.pids(master.pid).every(ended), { timeoutMs: 10_000 });
          rmSync(home, { recursive: true });
        },
      };
    },
  };
}

/** Its children outlive the master by a moment. */
function ended(pid: number): boolean {
  return !existsSync(`/proc/${pid}`);
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
  readonly postdrop: number;
}

/** The unprivileged owner of the queue, which Postfix insists on. Made where it is missing, and then removed on close. */
function account(workspace: Workspace): Owner {
  const entry = (file: string, name: string) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .find((fields) => fields[0] === name);
  const make = (command: string, args: readonly string[], undo: string) => {
    const name = args.at(-1) ?? '';
    execFileSync(command, args);
    workspace.onClose(() => execFileSync(undo, [name]));
  };
  if (!entry('/etc/group', 'postdrop')) make('groupadd', ['--system', 'postdrop'], 'groupdel');
  if (!entry('/etc/passwd', 'postfix')) make('useradd', ['--system', '--user-group', '-M', 'postfix'], 'userdel');
  const user = entry('/etc/passwd', 'postfix');
  return { uid: Number(user?.[2]), gid: Number(user?.[3]), postdrop: Number(entry('/etc/group', 'postdrop')?.[2]) };
}

/** The directories that `postfix check` would make, with the owners and modes of Postfix's own `postfix-files`. */
function layOut(home: string, { uid, gid, postdrop }: Owner): string {
  chmodSync(home, 0o755);
  const make = (path: string, mode: number, user: number, group: number) => {
    mkdirSync(join(home, path));
    chownSync(join(home, path), user, group);
    chmodSync(join(home, path), mode);
  };
  make('config', 0o755, 0, 0);
  make('data', 0o700, uid, gid);
  make('queue', 0o755, 0, 0);
  make('queue/pid', 0o755, 0, 0);
  make('queue/public', 0o710, uid, postdrop);
  make('queue/maildrop', 0o730, uid, postdrop);
  const own = [
    'active',
    'bounce',
    'corrupt',
    'defer',
    'deferred',
    'flush',
    'hold',
    'incoming',
    'private',
    'saved',
    'trace',
  ];
  for (const name of own) make(`queue/${name}`, 0o700, uid, gid);
  return join(home, 'config');
}

function mainCf(at: { tree: string; home: string; sinkPort: number; libraries: string }): string {
  return `# Where the parts of this instance lie
compatibility_level = 3.6
queue_directory = ${at.home}/queue
data_directory = ${at.home}/data
command_directory = ${at.tree}/usr/sbin
daemon_directory = ${at.tree}/usr/lib/postfix/sbin
shlib_directory = ${at.libraries}
meta_directory = ${at.tree}/etc/postfix
mail_owner = postfix
setgid_group = postdrop
import_environment = MAIL_CONFIG MAIL_LOGTAG TZ LANG=C LD_LIBRARY_PATH=${at.libraries}
export_environment = TZ MAIL_CONFIG LANG LD_LIBRARY_PATH
# Takes anything from loopback, relays everything to the sink
myhostname = postfix.example.com
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
mydestination =
relayhost = [127.0.0.1]:${at.sinkPort}
smtpd_relay_restrictions = permit_mynetworks, reject
alias_maps =
alias_database =
local_recipient_maps =
# Nothing that costs and is not needed here
smtpd_peername_lookup = no
smtp_dns_support_level = disabled
smtpd_tls_security_level = none
smtp_tls_security_level = none
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
biff = no
# Concurrency raised, brakes for a loaded machine released
default_process_limit = ${PROCESSES}
default_destination_concurrency_limit = ${DELIVERIES}
initial_destination_concurrency = ${DELIVERIES}
qmgr_message_active_limit = 40000
qmgr_message_recipient_limit = 40000
in_flow_delay = 0
# A backlog is tried when the bench asks for it
minimal_backoff_time = 1h
queue_run_delay = 1h
`;
}

/** Debian's services, those that a relay needs; none in a chroot, which would have to be furnished first. */
function masterCf(smtpPort: number): string {
  return `127.0.0.1:${smtpPort} inet n - n - - smtpd
pickup    unix n - n 60    1 pickup
cleanup   unix n - n -     0 cleanup
qmgr      unix n - n 300   1 qmgr
tlsmgr    unix - - n 1000? 1 tlsmgr
rewrite   unix - - n -     - trivial-rewrite
bounce    unix - - n -     0 bounce
defer     unix - - n -     0 bounce
trace     unix - - n -     0 bounce
verify    unix - - n -     1 verify
flush     unix n - n 1000? 0 flush
proxymap  unix - - n -     - proxymap
smtp      unix - - n -     - smtp
relay     unix - - n -     - smtp
showq     unix n - n -     - showq
error     unix - - n -     - error
retry     unix - - n -     - error
discard   unix - - n -     - discard
anvil     unix - - n -     1 anvil
scache    unix - - n -     1 scache
`;
}
