/**
 * How late the daemon's event loop is while several messages of 25 MB arrive at once, over HTTP and over SMTP, and while
 * they leave again for a sink. The figures are the daemon's own, from /metrics.
 */

import { randomBytes } from 'node:crypto';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { parseArgs } from 'node:util';
import { createIepHome, findExecutable, type IepHome } from './iep.ts';
import { describeDisk, describeMachine } from './machine.ts';
import { converse } from './torture/smtp-client.ts';
import { createWorkspace } from './workspace.ts';

const HELP = `Usage: scripts/lag [--source] [--at-once N] [--rounds N]

Sends messages of 25 MB, N at once, and prints how late the daemon's event loop was meanwhile.

  --source     run from the source tree instead of dist/iep
  --at-once N  messages that arrive together (4)
  --rounds N   how often (5)
`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean' },
    source: { type: 'boolean', default: false },
    'at-once': { type: 'string', default: '4' },
    rounds: { type: 'string', default: '5' },
  },
});

const MIB = 1024 * 1024;

interface Lag {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

if (values.help) process.stdout.write(HELP);
else await main(Number(values['at-once']), Number(values.rounds));

async function main(atOnce: number, rounds: number): Promise<void> {
  const workspace = createWorkspace('lag');
  try {
    const sink = await startSink();
    workspace.onClose(() => sink.close());
    const home = await createIepHome(workspace, findExecutable(values.source), {
      sinks: { sink: sink.port },
      tenants: { acme: 'sink' },
    });
    // 25 MB are 33 in base64, which is more than a body may have by default.
    const daemon = await home.serve({ env: { IEP_HTTP_BODYLIMITBYTES: String(40 * MIB) } });
    const key = await home.key('acme');
    process.stdout.write(`${describeMachine()}; ${describeDisk(workspace.dir)}\n`);
    process.stdout.write(`${rounds} rounds of ${atOnce} messages of 25 MB at once; event loop late by, in ms:\n`);
    const json = jsonMessage();
    const mime = mimeMessage();
    const doors: Readonly<Record<string, () => Promise<void>>> = {
      'idle, for a second': () => new Promise((resolve) => setTimeout(resolve, 1000)),
      'HTTP, JSON with base64': () => postJson(home, key, json),
      SMTP: () => sendMime(home, mime),
      'HTTP, whole messages': () => postWhole(home, key, mime),
    };
    let sent = 0;
    for (const [door, send] of Object.entries(doors)) {
      await send();
      await readLag(home);
      const began = performance.now();
      for (let round = 0; round < rounds; round++) await Promise.all(Array.from({ length: atOnce }, send));
      const seconds = (performance.now() - began) / 1000;
      const arriving = await readLag(home);
      if (!door.startsWith('idle')) sent += 1 + atOnce * rounds;
      await sink.until(sent);
      const leaving = await readLag(home);
      process.stdout.write(`${row(door, arriving)}; ${seconds.toFixed(1)} s${row('; then leaving', leaving, 0)}\n`);
    }
    await daemon.stop();
  } finally {
    await workspace.close();
  }
}

function row(name: string, { p50, p99, max }: Lag, width = 24): string {
  return `${name.padEnd(width)} p50 ${p50.toFixed(1)}  p99 ${p99.toFixed(1)}  max ${max.toFixed(1)}`;
}

/** Since the last reading. */
async function readLag({ httpPort }: IepHome): Promise<Lag> {
  const text = await (await fetch(`http://127.0.0.1:${httpPort}/metrics`)).text();
  const at = (quantile: string) =>
    1000 * Number(new RegExp(`^iep_event_loop_lag_seconds\\{quantile="${quantile}"\\} (\\S+)`, 'm').exec(text)?.[1]);
  return { p50: at('0.5'), p99: at('0.99'), max: at('1') };
}

function jsonMessage(): string {
  const sizes = [10 * MIB, 10 * MIB, 5 * MIB];
  const attachments = sizes.map((size, n) => ({
    filename: `${n}.pdf`,
    contentType: 'application/pdf',
    content: Buffer.concat([Buffer.from('%PDF-1.4\n'), randomBytes(size - 9)]).toString('base64'),
  }));
  const [from, to] = ['app@acme.example', ['user@example.org']];
  return JSON.stringify({ from, to, subject: 'Large', textBody: 'See the files.', attachments });
}

function mimeMessage(): Buffer {
  const lines = randomBytes(18 * MIB)
    .toString('base64')
    .replace(/.{76}/g, '$&\r\n');
  const header = 'From: app@acme.example\r\nTo: user@example.org\r\nSubject: Large\r\nMIME-Version: 1.0\r\n';
  const type = 'Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n';
  return Buffer.from(`${header}${type}\r\n${lines}\r\n`);
}

async function postJson(home: IepHome, key: string, body: string): Promise<void> {
  await post(home, '/v1/messages', { key, type: 'application/json', body });
}

async function postWhole(home: IepHome, key: string, body: Buffer): Promise<void> {
  await post(home, '/v1/messages/raw', { key, type: 'message/rfc822', body });
}

async function post(
  { httpPort }: IepHome,
  path: string,
  { key, type, body }: { key: string; type: string; body: string | Buffer },
): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${httpPort}${path}`, {
    method: 'POST',
    headers: { 'x-api-key': key, 'content-type': type },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  });
  if (answer.status !== 202) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  await answer.body?.cancel();
}

async function sendMime({ smtpPort }: IepHome, message: Buffer): Promise<void> {
  const talk = await converse(smtpPort);
  const lines = ['EHLO lag', 'MAIL FROM:<app@acme.example>', 'RCPT TO:<user@example.org>', 'DATA'];
  for (const line of lines) await talk.say(`${line}\r\n`);
  const reply = await talk.say(`${message.toString('latin1')}.\r\n`);
  if (!reply.startsWith('250')) throw new Error(`SMTP: ${reply}`);
  talk.end();
}

/** Takes whatever it is given, without looking at it more than it must. */
async function startSink() {
  let taken = 0;
  let tell: () => void = () => undefined;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    let inData = false;
    let tail = '';
    socket.write('220 sink\r\n');
    socket.on('data', (chunk: Buffer) => {
      // Enough to see the end of the data, and a whole command.
      tail = (tail + chunk.subarray(-1000).toString('latin1')).slice(-1000);
      if (inData) {
        if (!tail.endsWith('\r\n.\r\n')) return;
        inData = false;
        taken += 1;
        tell();
        tail = '';
        socket.write('250 taken\r\n');
        return;
      }
      for (let end = tail.indexOf('\r\n'); end !== -1; end = tail.indexOf('\r\n')) {
        const command = tail.slice(0, end).toUpperCase();
        tail = tail.slice(end + 2);
        inData = command === 'DATA';
        socket.write(inData ? '354 go on\r\n' : command === 'QUIT' ? '221 bye\r\n' : '250 ok\r\n');
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    until: async (count: number) => {
      while (taken < count) {
        await new Promise<void>((resolve) => {
          tell = resolve;
        });
      }
    },
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
