import { generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSink } from '../../../test/sink.ts';
import { createVendor } from '../../../test/vendor.ts';
import type { AcceptedJson, ExplanationJson, ProviderJson, ProviderTestJson } from '../client/wire.ts';
import { type Home, makeHome } from '../home.testing.ts';

const privateKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
  type: 'pkcs8',
  format: 'pem',
});

let home: Home;
beforeEach(async () => {
  home = await makeHome();
});
afterEach(() => home.remove());

describe('iep provider', () => {
  const relay = ['provider', 'add', 'relay', '--no-test', '--type', 'smtp', '--host', 'smtp.example.com'];

  it('adds, shows, changes, lists and removes, and never shows a password again', async () => {
    const file = join(home.folder, 'password');
    await writeFile(file, 'hunter2\n');
    const made = await home.json<ProviderJson>([
      ...relay,
      '--port',
      '2587',
      '--username',
      'iep',
      '--password-file',
      file,
    ]);
    expect(made).toMatchObject({
      ...{ name: 'relay', type: 'smtp', source: 'store', problem: null, state: null },
      settings: { host: 'smtp.example.com', port: 2587, tls: 'required', username: 'iep', password: 'set' },
    });
    const changed = await home.json<ProviderJson>([
      ...['provider', 'set', 'relay', '--max-per-second', '14', '--set', 'idleSeconds=5'],
    ]);
    expect(changed.settings).toMatchObject({ maxPerSecond: 14, idleSeconds: 5, password: 'set' });
    const unset = await home.json<ProviderJson>(['provider', 'set', 'relay', '--unset', 'maxPerSecond']);
    expect(unset.settings).not.toHaveProperty('maxPerSecond');
    expect(await home.json(['provider', 'list'])).toMatchObject([
      { name: 'capture', source: 'config' },
      { name: 'relay' },
    ]);
    expect((await home.iep(['provider', 'show', 'relay'])).out).toMatch(/^password: +set$/m);
    expect((await readFile(join(home.dataDir, 'iep.db'))).includes('hunter2')).toBe(false);
    const removed = await home.iep(['provider', 'remove', 'relay', '--yes', '--json']);
    expect(JSON.parse(removed.out)).toEqual({ name: 'relay', removed: true });
    expect(removed.err).toContain('later bounces and deliveries of its mail find no message any more');
    expect(await home.iep(['provider', 'show', 'relay'])).toMatchObject({ exit: 65 });
  });

  it('takes what tokens are asked for with, by flags of its own, secrets from files alone', async () => {
    const add = [...relay.with(2, 'office'), '--username', 'noreply@example.com'];
    const endpoint = 'https://login.example.com/token';
    const made = await home.json<ProviderJson>(
      [
        ...[...add, '--oauth2-token-endpoint', endpoint, '--oauth2-client-id', 'app', '--oauth2-scope', 'mail'],
        ...['--oauth2-client-secret-file', '-'],
      ],
      { input: 'hunter2\n' },
    );
    expect(made.settings.oauth2).toEqual({
      tokenEndpoint: endpoint,
      clientId: 'app',
      clientSecret: 'set',
      scope: 'mail',
    });
    const changed = ['provider', 'set', 'office', '--no-test', '--oauth2-client-secret-file', '-'];
    expect((await home.json<ProviderJson>(changed, { input: 'hunter3' })).settings.oauth2).toMatchObject({
      clientId: 'app',
    });
    const key = { client_email: 'iep@x.example', private_key: privateKey, project_id: 'x' };
    const byKey = [...relay.with(2, 'google'), '--username', 'a@example.com', '--oauth2-service-account-file', '-'];
    const google = await home.json<ProviderJson>([...byKey, '--oauth2-scope', 'mail'], { input: JSON.stringify(key) });
    expect(google.settings.oauth2).toMatchObject({
      serviceAccount: { client_email: 'iep@x.example', private_key: 'set' },
    });
    expect(await home.iep(byKey.with(2, 'other'), { input: 'no' })).toMatchObject({
      exit: 65,
      err: expect.stringContaining('is not JSON'),
    });
  });

  it('takes lists as words with commas between them, or as YAML', async () => {
    const settingsOf = async (...args: string[]) => (await home.json<ProviderJson>(['provider', ...args])).settings;
    const smtp = ['--type', 'smtp', '--host', '127.0.0.1', '--tls', 'none', '--no-test'];
    expect(await settingsOf('add', 'listed', ...smtp, '--former-names', 'relay-1, relay-2')).toMatchObject({
      formerNames: ['relay-1', 'relay-2'],
    });
    expect(await settingsOf('set', 'listed', '--set', 'formerNames=relay-3')).toMatchObject({
      formerNames: ['relay-3'],
    });
    expect(await settingsOf('set', 'listed', '--set', 'formerNames=["relay-4"]')).toMatchObject({
      formerNames: ['relay-4'],
    });
    expect(await settingsOf('set', 'listed', '--unset', 'formerNames')).not.toHaveProperty('formerNames');
    await home.iep(['provider', 'remove', 'listed', '--yes']);
  });

  it('is not asked for again by an init that keeps the configuration', async () => {
    const init = ['--config', join(home.folder, 'fresh.yaml'), 'init'];
    expect((await home.iep(init)).out).toContain('Next: put your provider into');
    expect((await home.iep(init)).out).toContain('Next: iep doctor; iep serve');
  });

  it('pauses a provider, and lets it go on', async () => {
    await home.json(['provider', 'add', 'drop', '--type', 'null']);
    expect(await home.iep(['provider', 'pause', 'drop'])).toMatchObject({ exit: 0, out: 'drop paused\n' });
    expect(await home.json(['provider', 'show', 'drop'])).toMatchObject({ settings: { paused: true } });
    const resumed = await home.json<ProviderJson>(['provider', 'resume', 'drop']);
    expect(resumed.settings).not.toHaveProperty('paused');
    expect(await home.iep(['provider', 'pause', 'capture'])).toMatchObject({ exit: 65 });
  });

  it('takes values from the environment, and says what is wrong with a setting', async () => {
    const args = [...relay, '--username', 'iep', '--set', 'password=env:RELAY_PASSWORD'];
    const ran = await home.iep([...args, '--json'], { env: { RELAY_PASSWORD: 'hunter2' } });
    expect(JSON.parse(ran.out)).toMatchObject({ settings: { password: 'set' } });
    expect(await home.iep([...relay.with(2, 'other'), '--set', 'password=env:NOT_THERE'])).toMatchObject({ exit: 64 });
    const seen = await home.iep([...relay.with(2, 'other'), '--set', 'password=hunter2']);
    expect(seen).toMatchObject({ exit: 64, err: expect.stringContaining('--set password=file:PATH') });
    expect(seen.err).not.toContain('hunter2');
    const wrong = await home.iep([...relay.with(2, 'other'), '--port', '99999999']);
    expect(wrong).toMatchObject({
      exit: 65,
      err: expect.stringMatching(/: --port: .*\n {2}Correct what is named\.$/m),
    });
    const bare = await home.iep(['provider', 'add', 'mailgun', '--no-test']);
    expect(bare).toMatchObject({
      exit: 65,
      err: expect.stringMatching(/^ {2}--api-key-file: .*\n {2}--domain: is required$/m),
    });
    const plain = await home.iep([...relay.with(2, 'other'), '--tls', 'none']);
    expect(plain).toMatchObject({ exit: 65, err: expect.stringContaining('tls: none') });
    expect(await home.iep(relay)).toMatchObject({ exit: 65, err: expect.stringContaining('already') });
    expect(await home.iep(relay.with(2, 'capture'))).toMatchObject({ exit: 65 });
    expect(await home.iep(['provider', 'set', 'relay'])).toMatchObject({ exit: 64 });
    const misread = await home.iep(['provider', 'set', 'relay', '--api-key', 'hunter2']);
    expect(misread).toMatchObject({
      exit: 64,
      err: expect.stringContaining('--api-key-file has the key of the vendor'),
    });
    expect(await home.iep(['provider', 'set', 'capture', '--max-per-second', '1'])).toMatchObject({
      exit: 65,
      err: expect.stringContaining('configuration'),
    });
  });

  it('is not removed while a route names it', async () => {
    await home.json(relay);
    await home.json(['tenant', 'add', 'acme', '--any-sender', 'on', '--primary', 'relay']);
    const refused = await home.iep(['provider', 'remove', 'relay', '--yes']);
    expect(refused).toMatchObject({ exit: 65, err: expect.stringContaining('the tenant acme') });
    expect(await home.iep(['provider', 'remove', 'relay', '--force', '--yes'])).toMatchObject({ exit: 0 });
  });

  it('is tested with a login, and with a message', async () => {
    const sink = await createSink({ users: { iep: 'hunter2' } });
    const here = ['--host', sink.host, '--port', String(sink.port), '--tls', 'none'];
    const add = ['provider', 'add', 'relay', '--type', 'smtp', ...here, '--username', 'iep', '--password-file', '-'];
    expect(await home.json(add, { input: 'hunter2' })).toMatchObject({ name: 'relay', test: { ok: true, sent: null } });
    expect(await home.json(['provider', 'test', 'relay'])).toMatchObject({ ok: true, sent: null });
    const sent = await home.json<ProviderTestJson>(['provider', 'test', 'relay', '--to', 'jo@example.com']);
    expect(sent).toMatchObject({ ok: true, sent: { outcome: 'delivered' } });
    const [message] = await sink.received(1);
    expect(message).toMatchObject({ to: ['jo@example.com'], from: 'iep@host.example' });
    expect(message?.bytes.toString()).toContain('Subject: Test of the provider relay');
    sink.script(({ step }) => (step === 'RCPT' ? '550 5.1.1 nobody here' : undefined));
    const refused = await home.iep(['provider', 'test', 'relay', '--to', 'no@example.com']);
    expect(refused).toMatchObject({ exit: 69 });
    expect(refused.out).toContain('S: 550 5.1.1 nobody here');
    expect(refused.out).not.toContain('hunter2');
    await sink.close();
    expect(await home.iep(['provider', 'test', 'relay'])).toMatchObject({ exit: 69 });
  });

  it('is kept where it does not work yet, and needs no type where its name or its options say it', async () => {
    const near = await home.iep(['provider', 'add', 'near', '--host', '127.0.0.1', '--port', '9', '--tls', 'none']);
    expect(near).toMatchObject({ exit: 0, err: expect.stringMatching(/^near: FAILED: .*\nIt is kept/) });
    const quiet = await home.iep(['provider', 'add', 'null', '--no-test']);
    expect(quiet).toMatchObject({
      exit: 0,
      out: 'null  null\n',
      err: expect.stringContaining('iep provider test null'),
    });
    await home.iep(['provider', 'add', 'gmail', '--no-test', '--username', 'a', '--password-file', '-'], {
      input: 'b',
    });
    expect(await home.json(['provider', 'list'])).toMatchObject([
      { name: 'capture', source: 'config' },
      { name: 'gmail', settings: { type: 'smtp', preset: 'gmail' } },
      { name: 'near', type: 'smtp' },
      { name: 'null', type: 'null' },
    ]);
    expect(await home.iep(['provider', 'add', 'pigeon'])).toMatchObject({ exit: 64 });
  });

  it('may be a vendor, with its key and its API', async () => {
    const vendor = await createVendor({
      taken: ({ path }) =>
        path === '/v3/scopes'
          ? { status: 200, body: '{"scopes":["mail.send"]}' }
          : { status: 202, headers: { 'x-message-id': 'x' } },
    });
    const add = ['provider', 'add', 'mail', '--type', 'sendgrid', '--api-key-file', '-', '--endpoint', vendor.endpoint];
    const made = await home.json<ProviderJson>([...add, '--ip-pool', 'quick'], { input: 'SG.hunter2' });
    expect(made.settings).toMatchObject({
      type: 'sendgrid',
      apiKey: 'set',
      ipPool: 'quick',
      endpoint: vendor.endpoint,
    });
    expect(made.capabilities).toEqual({
      ...{ raw: true, attachments: true, idempotency: false, events: true },
      ...{ maxRecipients: 1_000, maxBytes: 30 * 1024 * 1024 },
    });
    expect((await home.iep(['provider', 'show', 'mail'])).out).toMatch(
      /^can: +whole messages, attachments, events, 1000 recipients a request, 30 MiB$/m,
    );
    expect((await home.iep(['provider', 'list'])).out).toContain(new URL(vendor.endpoint).host);
    const listed = await home.json<ProviderJson[]>(['provider', 'list']);
    const shown = await home.json<ProviderJson>(['provider', 'show', 'mail']);
    expect(listed.find(({ name }) => name === 'mail')).toEqual(shown);
    expect(shown).toMatchObject({ capabilities: made.capabilities, webhookUrl: null });
    const sent = await home.json<ProviderTestJson>(['provider', 'test', 'mail', '--to', 'jo@example.com']);
    expect(sent).toMatchObject({ ok: true, sent: { outcome: 'delivered' } });
    expect(vendor.calls.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /v3/scopes',
      'GET /v3/scopes',
      'POST /v3/mail/send',
    ]);
    vendor.script(() => ({ status: 401, body: '{"errors":[{"message":"no: SG.hunter2"}]}' }));
    const refused = await home.iep(['provider', 'test', 'mail']);
    expect(refused).toMatchObject({ exit: 69, out: expect.stringContaining('Check apiKey') });
    expect(refused.out).not.toContain('hunter2');
    const key = join(home.folder, 'other.key');
    await writeFile(key, 'SG.other\n');
    const rotated = await home.iep(['provider', 'set', 'mail', '--api-key-file', key]);
    expect(rotated).toMatchObject({ exit: 0, err: expect.stringContaining('mail: FAILED') });
    const asked = vendor.calls.length;
    const untried = await home.iep(['provider', 'set', 'mail', '--max-per-second', '5']);
    expect(untried).toMatchObject({ exit: 0, err: 'See whether it works: iep provider test mail\n' });
    await home.json(['provider', 'set', 'mail', '--api-key-file', key, '--no-test']);
    expect(vendor.calls.length).toBe(asked);
    const far = ['provider', 'set', 'mail', '--endpoint', 'http://api.example.com'];
    expect(await home.iep(far)).toMatchObject({ exit: 65, err: expect.stringContaining('allowPlaintext') });
    await vendor.close();
  });

  it.each([
    ['resend', '--api-key-file', ['--webhook-secret-file'], 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'api.resend.com'],
    [
      'postmark',
      '--server-token-file',
      ['--webhook-user', 'u', '--webhook-password-file'],
      'password-of-callbacks',
      'api.postmarkapp.com',
    ],
  ])('says where mail goes by %s, also once callbacks are set up', async (name, login, callbacks, secret, where) => {
    const [key, proof] = [join(home.folder, 'key'), join(home.folder, 'proof')];
    await Promise.all([writeFile(key, 'hunter2\n'), writeFile(proof, `${secret}\n`)]);
    await home.json(['provider', 'add', name, '--no-test', login, key, ...callbacks, proof]);
    expect(await home.json(['provider', 'show', name])).toMatchObject({ where });
    expect((await home.iep(['provider', 'list'])).out).toContain(where);
  });

  it('is looked at by the doctor', async () => {
    for (const name of ['gone', 'relay']) await home.json(['provider', 'add', name, '--type', 'null']);
    await home.json(['tenant', 'add', 'acme', '--any-sender', 'on', '--primary', 'gone']);
    await home.json(['provider', 'remove', 'gone', '--force', '--yes']);
    const { out } = await home.iep(['doctor']);
    expect(out).toContain('provider relay: Drops every message.');
    expect(out).toContain('route of acme: no provider is called gone');
    expect(out).toContain('iep tenant set acme --primary NAME');
    const routed = await home.iep(['tenant', 'set', 'acme', '--route', 'relay', '--primary', 'relay']);
    expect(routed.err).toContain('The route (relay) counts, not primary and fallback');
    await home.json(['provider', 'remove', 'relay', '--force', '--yes']);
    expect((await home.iep(['doctor'])).out).toContain('iep tenant set acme --route NAMES');
  });
});

describe('iep explain', () => {
  it('says in one sentence why a message waits', async () => {
    const { messageId } = await home.json<AcceptedJson>(['send', 'jo@example.com', '--text', 'x']);
    const found = await home.json<ExplanationJson>(['explain', messageId]);
    expect(found).toMatchObject({ messageId, status: 'queued', timeline: [{ event: 'queued', text: 'accepted' }] });
    expect(found.summary).toMatch(/^It has been due since .*, and goes as soon as a daemon gets to it\.$/);
    await home.json(['queue', 'pause']);
    const paused = await home.iep(['explain', messageId]);
    expect(paused.out).toContain('The whole queue is paused; `iep queue resume` lets it go on.');
    expect(await home.iep(['explain', 'nonsense'])).toMatchObject({ exit: 65 });
  });
});

describe('iep dead', () => {
  it('asks which are meant, and finds none where there are none', async () => {
    await home.json(['send', 'jo@example.com', '--text', 'x']);
    expect((await home.iep(['dead'])).out).toBe('There are no dead letters.\n');
    expect(await home.json(['dead', 'retry', '--all'])).toMatchObject({ matched: 0, retried: 0 });
    expect(await home.json(['dead', 'delete', '--all'])).toEqual({ matched: 0, deleted: 0, messageIds: [] });
    expect(await home.iep(['dead', 'retry'])).toMatchObject({ exit: 64 });
    expect(await home.iep(['dead', 'delete', 'x', '--all'])).toMatchObject({ exit: 64 });
  });

  it.each([['show'], ['retry'], ['delete', '--yes']])(
    'refuses to %s a message that is not one',
    async (verb, ...more) => {
      const { messageId } = await home.json<AcceptedJson>(['send', 'jo@example.com', '--text', 'x']);
      await home.json(['cancel', messageId]);
      const refused = await home.iep(['dead', verb, messageId, ...more]);
      expect(refused).toMatchObject({ exit: 65, err: expect.stringContaining('not a dead letter') });
      expect(await home.iep(['show', messageId])).toMatchObject({ exit: 0 });
    },
  );
});
