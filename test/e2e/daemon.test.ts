/** The daemon as a process: what it prints, one at a time over a data directory, how it ends. */

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DaemonProcess, isUp, spawnDaemon } from '../daemon-process.ts';
import { createSink } from '../sink.ts';

let cwd: string;
const started: DaemonProcess[] = [];

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'iep-daemon-'));
});
afterEach(async () => {
  for (const daemon of started.splice(0)) {
    daemon.process.kill('SIGKILL');
    await daemon.ended;
  }
  rmSync(cwd, { recursive: true });
});

function serve(args: readonly string[] = ['--dev'], env: Record<string, string> = {}): DaemonProcess {
  const daemon = spawnDaemon({ cwd, args, env });
  started.push(daemon);
  return daemon;
}

async function stop(daemon: DaemonProcess) {
  daemon.process.kill('SIGTERM');
  return daemon.ended;
}

const isTrace = (line: string) => /^\s+at /.test(line);

describe('iep serve --dev', () => {
  it('needs nothing, and says how to send a mail', async () => {
    const daemon = serve();
    const { http } = await isUp(daemon);
    await daemon.line((line) => line.includes(' list'));
    const key = daemon.stdout.map((line) => /API key {2}(iep_\w+)/.exec(line)?.[1]).find(Boolean) ?? '';
    const url = `http://127.0.0.1:${http.port}`;
    expect(await (await fetch(`${url}/ready`)).json()).toEqual({
      status: 'ready',
      checks: { store: 'ok', http: 'ok', smtp: 'ok' },
    });
    const listed = await fetch(`${url}/v1/messages`, { headers: { 'x-api-key': key } });
    expect({ status: listed.status, body: await listed.json() }).toMatchObject({ status: 200, body: { items: [] } });
    expect(statSync(join(cwd, 'iep-data')).mode & 0o777).toBe(0o700);
    expect(await stop(daemon)).toEqual({ code: 0, signal: null });
    expect(daemon.stderr).toEqual([]);
  });

  it('shows the key at the first run only', async () => {
    const first = serve();
    await first.line((line) => line.includes('(shown this once)'));
    await stop(first);
    const second = serve();
    await second.line((line) => line.includes('was shown at the first run'));
    expect(second.stdout.filter((line) => line.includes('shown this once'))).toEqual([]);
    await stop(second);
  });
});

it('compiles MJML, as it renders every template, in a thread of its own', async () => {
  const daemon = serve();
  const { http } = await isUp(daemon);
  await daemon.line((line) => line.includes('(shown this once)'));
  const key = daemon.stdout.map((line) => /API key {2}(iep_\w+)/.exec(line)?.[1]).find(Boolean) ?? '';
  const preview = async (template: object) => {
    const answer = await fetch(`http://127.0.0.1:${http.port}/v1/templates/preview`, {
      method: 'POST',
      headers: { 'x-api-key': key, 'content-type': 'application/json' },
      body: JSON.stringify({ template, variables: { who: 'Ada' } }),
    });
    return answer.json();
  };
  const text = '<mj-section><mj-column><mj-text>Hello {{who}}</mj-text></mj-column></mj-section>';
  const html = `<mjml><mj-body>${text}</mj-body></mjml>`;
  expect(await preview({ name: 'a', subject: 'A', html: '<p>Hello {{who}}</p>' })).toMatchObject({
    html: expect.stringContaining('Hello Ada'),
  });
  expect(await preview({ name: 'b', subject: 'B', html, mjml: true })).toMatchObject({
    html: expect.stringMatching(/<table.*Hello Ada/s),
  });
});

describe('one daemon a data directory', () => {
  it('refuses a second, and says so in a sentence', async () => {
    await isUp(serve());
    const second = serve();
    expect(await second.ended).toEqual({ code: 69, signal: null });
    expect(second.stderr.join('\n')).toContain('Another daemon');
    expect(second.stderr.filter(isTrace)).toEqual([]);
  });

  it('starts after one that was killed', async () => {
    const killed = serve();
    await isUp(killed);
    killed.process.kill('SIGKILL');
    await killed.ended;
    const next = serve();
    await isUp(next);
    expect(await stop(next)).toMatchObject({ code: 0 });
  });
});

describe('what it refuses to start with', () => {
  async function refusal(daemon: DaemonProcess, code = 78): Promise<string> {
    expect(await daemon.ended).toEqual({ code, signal: null });
    expect(daemon.stderr.filter(isTrace)).toEqual([]);
    return daemon.stderr.join('\n');
  }
  const write = (config: unknown) => writeFileSync(join(cwd, 'iep.config.yaml'), JSON.stringify(config));

  it('a port that is taken, and gives back what it had', async () => {
    const other = createServer();
    const port = await new Promise<number>((resolve) => {
      other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port));
    });
    expect(await refusal(serve(['--dev'], { IEP_SMTP_PORT: String(port) }), 69)).toContain(
      `port ${port}: another program does`,
    );
    await new Promise((resolve) => other.close(resolve));
    const next = serve(['--dev'], { IEP_SMTP_PORT: String(port) });
    await isUp(next);
    await stop(next);
  });

  it('no configuration and no --dev, because mail would have no way out', async () => {
    expect(await refusal(serve([]))).toContain('iep init');
  });

  it('a certificate that is none', async () => {
    const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    write({
      providers: { c: { type: 'capture' } },
      routing: { primary: 'c' },
      smtp: { tls: { cert: pem, key: pem } },
    });
    expect(await refusal(serve([]))).toContain('smtp.tls: The certificate and key cannot be used');
  });

  it('a master key that others can read', async () => {
    const first = serve();
    await isUp(first);
    await stop(first);
    chmodSync(join(cwd, 'iep-data/master.key'), 0o644);
    expect(await refusal(serve())).toContain('chmod 600');
  });
});

describe('how it ends', () => {
  it('on SIGINT as on SIGTERM', async () => {
    const daemon = serve();
    await isUp(daemon);
    daemon.process.kill('SIGINT');
    expect(await daemon.ended).toEqual({ code: 0, signal: null });
    expect(JSON.parse(daemon.stdout.findLast((line) => line.includes('stopped')) ?? '{}')).toMatchObject({
      reason: 'SIGINT',
    });
  });

  it.each([
    ['a handle that was left', 'setInterval(() => undefined, 1_000);', { code: 0, signal: null }],
    // An exit would wait for it.
    ['a call to a disk that never answers', "fs.open('pipe', () => undefined);", { code: null, signal: 'SIGTERM' }],
  ])('whatever is left: %s', async (_what, left, ended) => {
    execFileSync('mkfifo', [join(cwd, 'pipe')]);
    writeFileSync(join(cwd, 'left.cjs'), `if (process.argv[2] === 'serve') { const fs = require('node:fs'); ${left} }`);
    const daemon = serve(['--dev'], { NODE_OPTIONS: `--require=${join(cwd, 'left.cjs')}` });
    await isUp(daemon);
    expect(await stop(daemon)).toEqual(ended);
    expect(daemon.stdout.at(-1)).toContain('stopped');
  });

  it('on the second signal without waiting for anybody but a provider', async () => {
    const relay = await createSink();
    const answered = Promise.withResolvers<void>();
    relay.script(({ step }) => (step === 'dot' ? answered.promise.then(() => undefined) : undefined));
    const provider = { type: 'smtp', host: relay.host, port: relay.port, tls: 'none' };
    const config = {
      ...{
        providers: { relay: provider },
        routing: { primary: 'relay' },
        tenants: [{ slug: 'acme', settings: { anySender: true } }],
      },
      smtp: { trustedNetworks: [{ cidr: '127.0.0.1/32', tenant: 'acme' }] },
    };
    writeFileSync(join(cwd, 'iep.config.yaml'), JSON.stringify(config));
    const daemon = serve([]);
    const { http, smtp } = await isUp(daemon);
    // A request that is under way holds a stop up: its body never comes.
    const socket = (await import('node:net')).connect(http.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\nexpect: 100-continue\r\n\r\n');
    await new Promise((resolve) => socket.once('data', resolve));
    await createTransport({ host: '127.0.0.1', port: smtp.port, ignoreTLS: true }).sendMail({
      ...{ from: 'a@example.com', to: 'b@example.com', text: 'x' },
    });
    await relay.reached('dot');
    daemon.process.kill('SIGTERM');
    await daemon.line((line) => line.includes('"stopping"'));
    daemon.process.kill('SIGTERM');
    await daemon.line((line) => line.includes('asked again to stop'));
    expect(daemon.process.exitCode).toBeNull();
    answered.resolve();
    expect(await daemon.ended).toEqual({ code: 143, signal: null });
    expect(daemon.stdout.find((line) => line.includes('"msg":"attempt"'))).toContain('"outcome":"delivered"');
    socket.destroy();
    await relay.close();
  });

  it('warns of a trusted network whose tenant is not there', async () => {
    writeFileSync(
      join(cwd, 'iep.config.yaml'),
      JSON.stringify({
        providers: { c: { type: 'capture' } },
        routing: { primary: 'c' },
        smtp: { trustedNetworks: [{ cidr: '10.0.0.0/8', tenant: 'nobody' }] },
      }),
    );
    const daemon = serve([]);
    const line = await daemon.line((text) => text.includes('a trusted network names a tenant'));
    expect(JSON.parse(line)).toMatchObject({ level: 'warn', tenant: 'nobody', cidr: '10.0.0.0/8' });
    await isUp(daemon);
    await stop(daemon);
  });
});
