/** Mail that comes back, as a platform lives it: a server takes a message and sends a report of it later, to where the message came from. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ExplanationJson, FeedbackJson, MessageJson } from '../../src/cli/client/wire.ts';
import { runCli } from '../../src/cli/program.ts';
import { fakeShell } from '../../src/cli/shell.testing.ts';
import { deliver, greet } from '../../src/smtp/door.testing.ts';
import { bareReport } from '../bare-report.ts';
import { type DaemonProcess, isUp, spawnDaemon } from '../daemon-process.ts';
import { eventually } from '../eventually.ts';
import { createImapServer, type ImapServer, whyNoDovecot } from '../imap-server.ts';
import { createSink, type Sink } from '../sink.ts';

const domain = 'bounces.example.com';
let folder: string;
let server: Sink;
let daemon: DaemonProcess;
let up: Awaited<ReturnType<typeof isUp>> & { readonly feedback: { readonly port: number } };

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'iep-reports-'));
  server = await createSink();
  writeConfig({ domain, port: 0 });
  await start();
});
afterEach(async () => {
  daemon.process.kill('SIGKILL');
  await daemon.ended;
  await server.close();
  rmSync(folder, { recursive: true });
});

function writeConfig(feedback: object): void {
  const { host, port } = server;
  const relay = { type: 'smtp', host, port, tls: 'none' };
  const config = {
    dataDir: join(folder, 'data'),
    ...{ providers: { relay }, routing: { primary: 'relay' }, feedback, health: { intervalSeconds: 0 } },
    smtp: { trustedNetworks: [{ cidr: '127.0.0.1/32', tenant: 'acme' }] },
    tenants: [{ slug: 'acme', settings: { anySender: true } }],
  };
  writeFileSync(join(folder, 'iep.config.yaml'), JSON.stringify(config));
}

async function start(): Promise<void> {
  daemon = spawnDaemon({ cwd: folder });
  up = (await isUp(daemon)) as typeof up;
}

async function iep<T>(...args: string[]): Promise<T> {
  const shell = fakeShell({ env: { IEP_CONFIG: join(folder, 'iep.config.yaml') } });
  const exit = await runCli([...args, '--json'], shell);
  if (exit !== 0) throw new Error(`iep ${args.join(' ')}: ${shell.err()}`);
  return JSON.parse(shell.out()) as T;
}

/** Hands in a message at the SMTP door; its id. */
async function send(): Promise<string> {
  const client = await greet(up.smtp.port);
  const reply = await deliver(client, 'From: app@example.com\r\nSubject: Hello\r\n\r\nHello\r\n');
  client.close();
  return /queued as (\S+)/.exec(reply)?.[1] ?? reply;
}

/** The server sends its report to the envelope sender that it was given; the reply. */
async function bounce(to: string, text: string): Promise<string> {
  const client = await greet(up.feedback.port);
  await client.say('MAIL FROM:<>');
  const named = await client.say(`RCPT TO:<${to}>`);
  if (!named.startsWith('250')) return named;
  await client.say('DATA');
  client.send(`${text}.\r\n`);
  const reply = await client.reply();
  client.close();
  return reply;
}

const settled = (id: string, status: string) =>
  eventually(async () => expect(await iep<MessageJson>('show', id)).toMatchObject({ status }));

it('makes the recipient bounced, counts towards a suppression, and is told by explain and the list', async () => {
  const ids: string[] = [];
  for (const count of [1, 2, 3]) {
    const id = await send();
    ids.push(id);
    const messages = await server.received(count);
    const from = messages.at(-1)?.from ?? '';
    expect(from).toMatch(/^b\+[a-z2-7]{48}@bounces\.example\.com$/);
    await settled(id, 'sent');
    expect(await bounce(from.toUpperCase(), bareReport(id))).toMatch(/^250 /);
    expect(await iep('show', id)).toMatchObject({ status: 'bounced', recipients: [{ status: 'bounced' }] });
  }
  const explained = await iep<ExplanationJson>('explain', ids[2] ?? '');
  expect(JSON.stringify(explained)).toContain('no such user');
  const listed = await iep<FeedbackJson[]>('feedback', 'list');
  expect(listed.map(({ kind, door, messageId }) => [kind, door, messageId])).toEqual(
    ids.toReversed().map((id) => ['bounced', 'listener', id]),
  );
  expect(await iep('suppression', 'show', 'user@example.net', '--tenant', 'acme')).toMatchObject({
    reason: 'hard_bounce',
  });
  const metrics = await (await fetch(`http://127.0.0.1:${up.http.port}/metrics`)).text();
  expect(metrics).toContain('iep_feedback_events_total{provider="relay",kind="bounced"} 3');
});

it('loses nothing of a report by a kill after the 250, and takes it once when it comes again', async () => {
  const bounced = Promise.withResolvers<string>();
  const from = Promise.withResolvers<string>();
  // Its report is there before it has said yes to the message, and it never does.
  server.script(async ({ step, message }) => {
    if (step !== 'dot') return undefined;
    from.resolve(message?.from ?? '');
    await bounced.promise;
    return undefined;
  });
  const id = await send();
  const address = await from.promise;
  expect(await bounce(address, bareReport(id))).toMatch(/^250 /);
  daemon.process.kill('SIGKILL');
  await daemon.ended;
  bounced.resolve('');
  server.script();
  await start();
  expect(await bounce(address, bareReport(id))).toMatch(/^250 /);
  const listed = await iep<FeedbackJson[]>('feedback', 'list');
  expect(listed.map(({ kind, messageId }) => [kind, messageId])).toEqual([['bounced', id]]);
  const { events } = await iep<MessageJson>('show', id);
  expect(events.filter(({ type }) => type === 'bounced')).toHaveLength(1);
});

it('comes back to where a reload says, and a token of before is still known', async () => {
  const id = await send();
  const [first] = await server.received(1);
  writeConfig({ domain: 'returns.example.com', port: 0 });
  daemon.process.kill('SIGHUP');
  await daemon.line((line) => line.includes('the configuration was read again'));
  await send();
  const [, second] = await server.received(2);
  expect(second?.from).toMatch(/@returns\.example\.com$/);
  expect(await bounce(first?.from ?? '', bareReport(id))).toMatch(/^550 5\.7\.1 /);
  await settled(id, 'sent');
  const sameToken = (first?.from ?? '').replace(domain, 'returns.example.com');
  expect(await bounce(sameToken, bareReport(id))).toMatch(/^250 /);
  expect(await iep('show', id)).toMatchObject({ status: 'bounced' });
  expect(await bounce('ada@returns.example.com', bareReport(id))).toMatch(/^550 5\.7\.1 /);
});

const complaint = (name: string, messageId: string) => `From: somebody@example.org\r
Message-ID: <${name}@example.org>\r
Content-Type: multipart/report; report-type=feedback-report; boundary=b\r
\r
--b\r
Content-Type: message/feedback-report\r
\r
Feedback-Type: abuse\r
Original-Rcpt-To: user@example.net\r
--b\r
Content-Type: text/rfc822-headers\r
\r
Received: by localhost with SMTP id ${messageId}; Mon, 30 Nov 2026 12:00:00 +0000\r
--b--\r
`;

const why = whyNoDovecot();
it.skipIf(why !== undefined)(
  'suppresses by a complaint in a mailbox that feedback loops alone know, in no other',
  async () => {
    const folders = [1, 2].map(() => mkdtempSync(join(tmpdir(), 'iep-imap-')));
    const servers = await Promise.all(folders.map((directory) => createImapServer(directory)));
    const [open, known] = servers as [ImapServer, ImapServer];
    try {
      const mailboxOf = ({ host, port, password }: ImapServer) => ({
        host,
        port,
        password,
        username: 'ada',
        tls: 'none',
      });
      const mailboxes = [mailboxOf(open), { ...mailboxOf(known), feedbackLoop: true }];
      writeConfig({ domain, port: 0, mailboxes: mailboxes.map((one) => ({ ...one, move: 'done' })) });
      daemon.process.kill('SIGHUP');
      const id = await send();
      await settled(id, 'sent');
      const arrive = async (server: ImapServer) => {
        server.arrive(complaint(`to-${server.port}`, id));
        await eventually(() => expect(server.mailsIn('done')).toHaveLength(1));
      };
      const suppressions = () => iep<readonly object[]>('suppression', 'list', '--tenant', 'acme');

      await arrive(open);
      expect(await suppressions()).toEqual([]);
      expect(await iep('show', id)).toMatchObject({ status: 'sent' });
      expect(JSON.stringify(await iep('explain', id))).toContain(
        'somebody complained, as a mail says that anybody may',
      );

      await arrive(known);
      expect(await suppressions()).toMatchObject([{ email: 'user@example.net', reason: 'complaint' }]);
      expect(await iep('show', id)).toMatchObject({ status: 'complained' });
    } finally {
      for (const server of servers) await server.close();
      for (const one of folders) rmSync(one, { recursive: true });
    }
  },
);

it.skipIf(why !== undefined)('is listed with the mailbox or the import by which it came', async () => {
  const home = mkdtempSync(join(tmpdir(), 'iep-imap-'));
  const mailbox = await createImapServer(home);
  try {
    const { host, port, password } = mailbox;
    writeConfig({ domain, port: 0, mailboxes: [{ host, port, password, username: 'ada', tls: 'none' }] });
    daemon.process.kill('SIGHUP');
    await daemon.line((line) => line.includes('the configuration was read again'));
    const id = await send();
    const [sent] = await server.received(1);
    await settled(id, 'sent');
    mailbox.arrive(`To: ${sent?.from}\r\n${bareReport(id)}`);
    await settled(id, 'bounced');
    const other = join(folder, 'other.eml');
    writeFileSync(other, bareReport('other'));
    await iep('feedback', 'import', other);
    const listed = await iep<FeedbackJson[]>('feedback', 'list');
    expect(listed.map(({ door, messageId }) => [door, messageId])).toEqual([
      ['import', null],
      ['mailbox', id],
    ]);
  } finally {
    await mailbox.close();
    rmSync(home, { recursive: true });
  }
});
