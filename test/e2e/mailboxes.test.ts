/** Mailboxes of reports: a real daemon reads them at Debian's Dovecot, and SIGHUP brings others. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MessageJson } from '../../src/cli/client/wire.ts';
import { runCli } from '../../src/cli/program.ts';
import { fakeShell } from '../../src/cli/shell.testing.ts';
import { bareReport } from '../bare-report.ts';
import { testCertificate } from '../certificate.ts';
import { type DaemonProcess, isUp, spawnDaemon, type Up } from '../daemon-process.ts';
import { eventually } from '../eventually.ts';
import { createImapServer, type ImapServer, whyNoDovecot } from '../imap-server.ts';
import { createSink, type Sink } from '../sink.ts';

const why = whyNoDovecot();
const password = 'planted-mailbox-password';
let folder: string;
let relay: Sink;
let daemon: DaemonProcess;
let up: Up;
const cleanups: (() => unknown)[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'iep-mailboxes-'));
  writeFileSync(join(folder, 'ca.pem'), testCertificate);
  relay = await createSink();
});
afterEach(async () => {
  daemon.process.kill('SIGKILL');
  await daemon.ended;
  await relay.close();
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  rmSync(folder, { recursive: true });
});

function writeConfig(mailboxes: readonly object[]): void {
  const { host, port } = relay;
  const config = {
    dataDir: join(folder, 'data'),
    providers: { relay: { type: 'smtp', host, port, tls: 'none' } },
    ...{ routing: { primary: 'relay' }, health: { intervalSeconds: 0 } },
    feedback: { domain: 'bounces.example.com', mailboxes },
    tenants: [{ slug: 'acme', settings: { anySender: true } }],
  };
  writeFileSync(join(folder, 'iep.config.yaml'), JSON.stringify(config));
}

async function serve(mailboxes: readonly object[]): Promise<void> {
  writeConfig(mailboxes);
  daemon = spawnDaemon({ cwd: folder });
  up = await isUp(daemon);
}

/** The line that says what came of it. */
async function hangUp(mailboxes: readonly object[]): Promise<Record<string, unknown>> {
  writeConfig(mailboxes);
  const before = daemon.stdout.length;
  daemon.process.kill('SIGHUP');
  const isAnswer = (line: string) => line.includes('was read again') && daemon.stdout.indexOf(line) >= before;
  return JSON.parse(await daemon.line(isAnswer));
}

async function openServer(options: Parameters<typeof createImapServer>[1] = {}): Promise<ImapServer> {
  // Not in the folder of the daemon: Dovecot runs as another user.
  const at = mkdtempSync(join(tmpdir(), 'iep-imap-'));
  const server = await createImapServer(at, options);
  cleanups.push(() => rmSync(at, { recursive: true }), server.close);
  return server;
}

const mailboxAt = ({ host, port }: ImapServer, username = 'ada') =>
  ({ host, port, tls: 'none', username, password, move: 'Done' }) as const;

async function iep<T>(...args: string[]): Promise<T> {
  const shell = fakeShell({ env: { IEP_CONFIG: join(folder, 'iep.config.yaml') } });
  const exit = await runCli([...args, '--json'], shell);
  if (exit !== 0) throw new Error(`iep ${args.join(' ')}: ${shell.err()}`);
  return JSON.parse(shell.out()) as T;
}

/** A message that the server took, and the return path that it was given. */
async function sendOne(): Promise<{ readonly id: string; readonly returnPath: string }> {
  const next = relay.messages.length + 1;
  // Somebody else each time: the third bounce of an address would suppress it.
  const to = `jo${next}@example.net`;
  const mail = ['--from', 'app@example.com', '--to', to, '--subject', 'Hello', '--text', 'Hello'];
  const { messageId: id } = await iep<{ messageId: string }>('send', ...mail);
  const received = await relay.received(next);
  await isAs(id, 'sent');
  return { id, returnPath: received.at(-1)?.from ?? '' };
}

/** A report of it, as the server of the mailbox delivers it. */
const bounceOf = ({ id, returnPath }: { readonly id: string; readonly returnPath: string }) =>
  `Return-Path: <>\r\nDelivered-To: ${returnPath}\r\n${bareReport(id)}`;

const isAs = (id: string, status: string) =>
  eventually(async () => expect(await iep<MessageJson>('show', id)).toMatchObject({ status }));

/** Resolves with its message once the report was moved away as well. */
async function bounceComesTo(server: ImapServer): Promise<string> {
  const sent = await sendOne();
  server.arrive(bounceOf(sent));
  await isAs(sent.id, 'bounced');
  await eventually(() => expect(server.mailsIn('')).toEqual([]));
  return sent.id;
}

const metrics = async () => (await fetch(`http://127.0.0.1:${up.http.port}/metrics`)).text();

describe.skipIf(why !== undefined)(`a mailbox of a daemon${why === undefined ? '' : ` (skipped: ${why})`}`, () => {
  it.each([
    ['implicit', 'implicit'],
    ['required', 'starttls'],
  ] as const)('makes a recipient bounced by the report in it, over tls: %s', async (tls, offered) => {
    const server = await openServer({ tls: offered });
    await serve([{ ...mailboxAt(server), tls, ca: 'file:ca.pem' }]);
    const id = await bounceComesTo(server);
    expect(await iep('show', id)).toMatchObject({ recipients: [{ status: 'bounced' }] });
    expect(server.mailsIn('Done')).toHaveLength(1);
    const found = await metrics();
    expect(found).toContain('iep_feedback_mailbox_up{mailbox="ada at 127.0.0.1",folder="INBOX"} 1');
    expect(found).toContain('iep_feedback_events_total{provider="relay",kind="bounced"} 1');
    expect(daemon.stdout.join()).not.toContain(password);
  });

  it('is added, changed and removed by a reload', async () => {
    await serve([]);
    const [first, second] = [await openServer(), await openServer()];
    expect(await hangUp([mailboxAt(first)])).toMatchObject({ level: 'info', changed: ['feedback.mailboxes'] });
    await bounceComesTo(first);

    // The other is added, and this one goes on as it was.
    await hangUp([mailboxAt(first), mailboxAt(second, 'bob')]);
    await bounceComesTo(second);
    await bounceComesTo(first);
    expect(first.logins).toHaveLength(1);

    await hangUp([{ ...mailboxAt(first), move: 'Read' }, mailboxAt(second, 'bob')]);
    await bounceComesTo(first);
    expect(first.mailsIn('Read')).toHaveLength(1);
    await eventually(() => expect(first.connections()).toBe(1));

    await hangUp([mailboxAt(second, 'bob')]);
    await eventually(() => expect(first.connections()).toBe(0));
    first.arrive('Subject: nobody reads it\r\n\r\nNo.\r\n');
    await bounceComesTo(second);
    expect(first.mailsIn('')).toHaveLength(1);
    expect(await metrics()).not.toContain('ada at 127.0.0.1');
    expect(second.logins).toHaveLength(1);
  });

  it('is read at once where a reload corrects its password, and goes on where a reload is refused', async () => {
    const server = await openServer();
    const wrong = { ...mailboxAt(server), password: 'planted-wrong-password' };
    await serve([wrong]);
    await daemon.line((line) => line.includes('a mailbox cannot be read') && line.includes('the login was refused'));
    expect(await metrics()).toContain('iep_feedback_mailbox_up{mailbox="ada at 127.0.0.1",folder="INBOX"} 0');
    await hangUp([mailboxAt(server)]);
    await bounceComesTo(server);
    const refused = await hangUp([{ ...mailboxAt(server), host: 'imap.example.com' }]);
    expect(refused).toMatchObject({ level: 'error', reason: expect.stringContaining('feedback.mailboxes.0') });
    writeConfig([mailboxAt(server)]);
    await bounceComesTo(server);
    expect(server.logins).toHaveLength(2);
    expect(daemon.stdout.join()).not.toMatch(/planted-/);
  });
});
