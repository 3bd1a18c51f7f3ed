import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TenantSettingName, tenantSettingsSchema } from '../../core/tenant-settings.ts';
import type { AcceptedJson, KeyJson, NewKeyJson, QueueJson, StatsJson, TenantJson } from '../client/wire.ts';
import { type Home, makeHome } from '../home.testing.ts';

let home: Home;
beforeEach(async () => {
  home = await makeHome();
});
afterEach(() => home.remove());

describe('iep tenant', () => {
  it('adds, shows, changes, lists and removes', async () => {
    const made = await home.json<TenantJson>(['tenant', 'add', 'acme', '--name', 'Acme', '--max-attempts', '3']);
    expect(made).toMatchObject({ id: expect.any(String), slug: 'acme', name: 'Acme', settings: { maxAttempts: 3 } });
    const set = ['tenant', 'set', 'acme', '--primary', 'capture', '--unknown-outcome', 'hold', '--inactive'];
    const changed = { active: false, settings: { primary: 'capture', unknownOutcome: 'hold', maxAttempts: 3 } };
    expect(await home.json(set)).toMatchObject(changed);
    expect(await home.json(['tenant', 'show', 'acme'])).toMatchObject(changed);
    const cleared = await home.json<TenantJson>(['tenant', 'set', 'acme', '--primary', 'none', '--active']);
    expect(cleared).toMatchObject({ active: true, settings: { unknownOutcome: 'hold', maxAttempts: 3 } });
    expect(cleared.settings).not.toHaveProperty('primary');
    expect(await home.json(['tenant', 'list'])).toMatchObject([{ slug: 'acme' }]);
    expect((await home.iep(['tenant', 'list'])).out).toMatch(/^SLUG .*\nacme +Acme +active/);
    expect(await home.json(['tenant', 'remove', 'acme', '--yes'])).toEqual({
      slug: 'acme',
      removed: true,
      removing: false,
    });
    expect(await home.json(['tenant', 'list'])).toEqual([]);
    expect(await home.iep(['key', 'add'])).toMatchObject({
      exit: 64,
      err: expect.stringContaining('no tenant exists yet'),
    });
  });

  it('takes every setting there is as a flag, shows it, and takes it away', async () => {
    const values: Readonly<Record<TenantSettingName, readonly [flag: string, value: unknown]>> = {
      primary: ['capture', 'capture'],
      fallback: ['capture', 'capture'],
      route: ['capture,capture', ['capture', 'capture']],
      split: ['capture=90.5', { capture: 90.5 }],
      providers: ['capture', ['capture']],
      unknownOutcome: ['failover', 'failover'],
      maxAttempts: ['7', 7],
      retryScheduleSeconds: ['5,60.5', [5, 60.5]],
      ratePerMinute: ['600', 600],
      ratePerHour: ['10000', 10_000],
      ratePerDay: ['100000', 100_000],
      recipientDomains: ['Example.com, acme.example', ['example.com', 'acme.example']],
      replyToDomains: ['acme.example', ['acme.example']],
      anySender: ['on', true],
      sending: ['off', 'off'],
      defaultFrom: ['Acme <noreply@acme.example>', { email: 'noreply@acme.example', name: 'Acme' }],
      branding: [
        '{"company": "Acme", "colors": {"primary": "#0a58ca"}}',
        { company: 'Acme', colors: { primary: '#0a58ca' } },
      ],
      locale: ['fr-CA', 'fr-CA'],
      requireVerifiedDomains: ['on', true],
      maxAttachments: ['3', 3],
      maxAttachmentBytes: ['1000', 1000],
      maxAttachmentsBytes: ['2000', 2000],
      attachmentTypes: ['application/pdf,image/*', ['application/pdf', 'image/*']],
      suppressAfterHardBounces: ['2', 2],
      complaintRateAlert: ['0.002', 0.002],
      bounceRateAlert: ['0.1', 0.1],
      pauseOnComplaintRate: ['on', true],
      tracking: ['off', { opens: false, clicks: false }],
      messageRetentionDays: ['90', 90],
      attachmentRetentionDays: ['30', 30],
    };
    expect(Object.keys(values).sort()).toEqual(Object.keys(tenantSettingsSchema.shape).sort());
    const flagOf = (name: string) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    await home.iep(['tenant', 'add', 'acme']);
    const all = Object.entries(values).flatMap(([name, [text]]) => [flagOf(name), text]);
    const set = await home.json<TenantJson>(['tenant', 'set', 'acme', ...all]);
    expect(set.settings).toEqual(Object.fromEntries(Object.entries(values).map(([name, [, value]]) => [name, value])));
    const { out } = await home.iep(['tenant', 'show', 'acme']);
    for (const line of ['rate per minute: +600', 'split: +capture 90.5', 'sending: +off', 'state: +sending off']) {
      expect(out).toMatch(new RegExp(`^${line}$`, 'm'));
    }
    expect(out).toMatch(/^default from: +"Acme" <noreply@acme\.example>$/m);
    const none = Object.keys(values).flatMap((name) => [flagOf(name), 'none']);
    expect(await home.json(['tenant', 'set', 'acme', ...none])).toMatchObject({ settings: {} });
    expect((await home.iep(['tenant', 'show', 'acme'])).out).toMatch(/^rate per day: +no limit$/m);
    const added = await home.json<TenantJson>(['tenant', 'add', 'other', ...all]);
    expect(added.settings).toEqual(set.settings);
  });

  it.each([
    ['--rate-per-minute', 'many', 64],
    ['--rate-per-minute', '0', 65],
    ['--split', 'capture', 64],
    ['--retry-schedule-seconds', '5,soon', 64],
    ['--require-verified-domains', 'perhaps', 64],
    ['--default-from', 'nobody', 64],
    ['--recipient-domains', '*.example.com', 65],
    ['--primary', 'nowhere', 65],
    ['--route', 'capture,nowhere', 65],
  ])('does not take %s %s', async (flag, value, exit) => {
    await home.iep(['tenant', 'add', 'acme']);
    const ran = await home.iep(['tenant', 'set', 'acme', flag, value]);
    expect(ran.exit).toBe(exit);
    if (value.endsWith('nowhere')) expect(ran.err).toContain('no provider is called "nowhere"; there are: capture');
  });

  it('that the configuration declares is shown as such, and stays as it says', async () => {
    const file = join(home.folder, 'iep.yaml');
    const tenants = '[{ slug: acme, name: Acme, settings: { ratePerMinute: 60, recipientDomains: [example.com] } }]';
    await writeFile(file, `dataDir: data\nproviders: { capture: { type: capture } }\ntenants: ${tenants}\n`);
    const config = ['--config', file];
    await home.iep([...config, 'tenant', 'add', 'other']);
    const shown = await home.json<TenantJson>([...config, 'tenant', 'show', 'acme']);
    expect(shown.fromConfig).toEqual(['name', 'ratePerMinute', 'recipientDomains']);
    const { out } = await home.iep([...config, 'tenant', 'show', 'acme']);
    expect(out).toMatch(/^rate per minute: +60 {3}\(from the configuration\)$/m);
    expect(out).toMatch(/^rate per hour: +no limit$/m);
    expect(out.split('\n').filter((line) => /:\S/.test(line.slice(0, 29)))).toEqual([]);
    const set = [...config, 'tenant', 'set', 'acme'];
    const refused = await home.iep([...set, '--rate-per-minute', '100', '--rate-per-hour', '9']);
    expect(refused).toMatchObject({ exit: 65, err: expect.stringContaining('settings.ratePerMinute') });
    expect(await home.iep([...set, '--name', 'Other'])).toMatchObject({ exit: 65 });
    const changed = await home.json<TenantJson>([...set, '--rate-per-minute', '60', '--rate-per-hour', '900']);
    expect(changed.settings).toMatchObject({ ratePerMinute: 60, ratePerHour: 900 });
  });

  it('says no with the right code', async () => {
    await home.iep(['tenant', 'add', 'acme']);
    expect(await home.iep(['tenant', 'add', 'acme'])).toMatchObject({ exit: 65 });
    expect(await home.iep(['tenant', 'show', 'other'])).toMatchObject({ exit: 65 });
    expect(await home.iep(['tenant', 'set', 'acme'])).toMatchObject({ exit: 64 });
    expect(await home.iep(['tenant', 'add', 'No Slug'])).toMatchObject({ exit: 65 });
  });

  it('is meant by --tenant where there are several', async () => {
    await home.iep(['tenant', 'add', 'one']);
    await home.iep(['tenant', 'add', 'two', '--any-sender', 'on']);
    expect(await home.iep(['send', 'a@example.com', '--text', 'x'])).toMatchObject({ exit: 64 });
    await home.json(['--tenant', 'two', 'send', 'a@example.com', '--text', 'x']);
    expect(await home.json(['list', '--tenant', 'one'])).toEqual([]);
    expect(await home.json(['list', '--tenant', 'two'])).toHaveLength(1);
    expect(await home.iep(['tenant', 'remove', 'two', '--force'])).toMatchObject({ exit: 64 });
    expect(await home.iep(['tenant', 'remove', 'two', '--yes'])).toMatchObject({ exit: 65 });
    expect(await home.iep(['tenant', 'remove', 'two', '--force', '--yes'])).toMatchObject({ exit: 0 });
  });
});

describe('the first command', () => {
  it.each([
    ['a key', ['key', 'add']],
    ["an operator's key", ['key', 'add', '--scopes', 'operator']],
    ['a domain', ['domain', 'add', 'example.com']],
    ['a suppression', ['suppression', 'add', 'jo@example.com']],
    ['an unsubscribe', ['unsubscribe', 'add', 'jo@example.com']],
    ['a list of them', ['suppression', 'import', '-']],
    ['a webhook', ['webhook', 'add', 'https://app.example.com/hooks']],
    ['a pause', ['queue', 'pause']],
  ])('makes the store, also where it is %s', async (_what, args) => {
    const file = join(home.folder, 'iep.yaml');
    await writeFile(file, 'tenants: [{ slug: acme }]\n');
    const ran = await home.iep(['--config', file, ...args], { input: 'email\njo@example.com\n' });
    expect(ran).toMatchObject({ exit: 0 });
    expect(await home.json(['--config', file, 'tenant', 'list'])).toMatchObject([{ slug: 'acme' }]);
  });
});

describe('the policy of a tenant', () => {
  const send = (...args: string[]) => home.iep(['send', 'a@example.com', '--text', 'x', ...args]);

  it('holds for messages of the command line', async () => {
    await home.iep([
      'tenant',
      'add',
      'acme',
      '--any-sender',
      'on',
      '--rate-per-minute',
      '1',
      '--recipient-domains',
      'example.com',
    ]);
    const refused = await home.iep(['send', 'a@other.example', '--cc', 'b@more.example', '--text', 'x']);
    expect(refused).toMatchObject({ exit: 77, err: expect.stringMatching(/to\.0: a@other.*\n.*cc\.0: b@more/) });
    expect(await send()).toMatchObject({ exit: 0 });
    expect(await send()).toMatchObject({
      exit: 75,
      err: expect.stringMatching(/one message in any minute.*\n.*Try again in/),
    });
    await home.iep(['tenant', 'set', 'acme', '--rate-per-minute', 'none']);
    expect(await home.iep(['sendmail', 'b@other.example'], { input: 'Subject: x\n\nx' })).toMatchObject({ exit: 77 });
    await home.iep(['tenant', 'set', 'acme', '--inactive']);
    expect(await send()).toMatchObject({ exit: 77, err: expect.stringContaining('not active') });
  });

  it('says who mail is from that does not', async () => {
    await home.iep(['tenant', 'add', 'acme', '--any-sender', 'on', '--default-from', 'Acme <noreply@acme.example>']);
    const { messageId } = await home.json<AcceptedJson>(['send', 'a@example.com', '--text', 'x']);
    const from = { email: 'noreply@acme.example', name: 'Acme' };
    expect(await home.json(['show', messageId])).toMatchObject({ from });
    const own = await home.json<AcceptedJson>(['send', 'a@example.com', '--text', 'x', '--from', 'jo@acme.example']);
    expect(await home.json(['show', own.messageId])).toMatchObject({ from: { email: 'jo@acme.example' } });
  });

  it('tells who names no sender how to, where the login name at this host may not be one', async () => {
    await home.iep(['tenant', 'add', 'acme']);
    const send = ['send', 'a@example.com', '--text', 'x'];
    const guessed = await home.iep(send);
    expect(guessed).toMatchObject({
      exit: 77,
      err: expect.stringContaining('no sender was named, and jo@host.example'),
    });
    expect(guessed.err).toContain('Name one: --from ADDRESS. ');
    expect(guessed.err).toContain('--default-from ADDRESS');
    const named = await home.iep([...send, '--from', 'jo@host.example']);
    expect(named).toMatchObject({ exit: 77, err: expect.not.stringContaining('no sender was named') });
  });
});

describe('iep key', () => {
  it('shows a key once, rotates and revokes it', async () => {
    await home.iep(['tenant', 'add', 'acme']);
    const made = await home.json<NewKeyJson>([
      'key',
      'add',
      '--tenant',
      'acme',
      '--scopes',
      'send,read',
      '--name',
      'ci',
    ]);
    expect(made).toMatchObject({ tenant: 'acme', scopes: ['send', 'read'], key: expect.stringMatching(/^iep_/) });
    const listed = await home.json<KeyJson[]>(['key', 'list']);
    expect(listed).toMatchObject([{ id: made.id, prefix: made.prefix, name: 'ci' }]);
    expect(JSON.stringify(listed)).not.toContain(made.key);
    const next = await home.json<NewKeyJson>(['key', 'rotate', made.prefix, '--overlap', '1h']);
    expect(next.key).not.toBe(made.key);
    expect(await home.json(['key', 'remove', next.id, '--yes'])).toEqual({ id: next.id, revoked: true });
    expect((await home.iep(['key', 'show', next.prefix])).out).toContain('revoked');
    expect(await home.iep(['key', 'show', 'nothing'])).toMatchObject({ exit: 65 });
  });

  it('belongs to the only tenant, or to the operator', async () => {
    await home.iep(['tenant', 'add', 'acme']);
    expect(await home.json(['key', 'add'])).toMatchObject({ tenant: 'acme', scopes: ['send', 'read'] });
    expect(await home.json(['key', 'add', '--scopes', 'operator'])).toMatchObject({ tenant: null });
    await home.iep(['tenant', 'add', 'other']);
    expect(await home.iep(['key', 'add'])).toMatchObject({ exit: 64, err: expect.stringContaining('several') });
  });
});

describe('iep domain', () => {
  it('is the allowlist of senders', async () => {
    await home.iep(['tenant', 'add', 'acme']);
    expect(await home.json(['domain', 'add', 'Example.COM', '--tenant', 'acme'])).toMatchObject({
      domain: 'example.com',
      records: [{ purpose: 'spf' }, { purpose: 'dkim' }, { purpose: 'dkim' }, { purpose: 'dmarc' }],
    });
    expect(await home.json(['domain', 'list'])).toMatchObject([{ domain: 'example.com', verified: false }]);
    const send = ['send', 'b@example.org', '--text', 'x', '--from'];
    expect(await home.iep([...send, 'a@other.example'])).toMatchObject({ exit: 77 });
    expect(await home.iep([...send, 'a@example.com'])).toMatchObject({ exit: 0 });
    expect(await home.json(['domain', 'remove', 'example.com', '--yes'])).toMatchObject({ removed: true });
    expect(await home.iep([...send, 'a@example.com'])).toMatchObject({ exit: 77 });
  });

  it('leaves the other senders of a tenant that may send from anywhere, and says so', async () => {
    await home.iep(['tenant', 'add', 'acme', '--any-sender', 'on']);
    const { err } = await home.iep(['domain', 'add', 'example.com']);
    expect(err).toContain('iep tenant set acme --any-sender off');
    const send = ['send', 'b@example.org', '--text', 'x', '--from'];
    expect(await home.iep([...send, 'a@other.example'])).toMatchObject({ exit: 0 });
    await home.iep(['tenant', 'add', 'globex', '--any-sender', 'on']);
    const foreign = await home.iep(['--tenant', 'globex', ...send, 'a@example.com']);
    expect(foreign).toMatchObject({ exit: 77, err: expect.not.stringContaining('acme') });
  });

  it('gives a domain to a second tenant only where it is shared', async () => {
    await home.iep(['tenant', 'add', 'acme']);
    await home.iep(['tenant', 'add', 'globex']);
    await home.json(['domain', 'add', 'example.com', '--tenant', 'acme']);
    const second = ['domain', 'add', 'example.com', '--tenant', 'globex'];
    expect(await home.iep(second)).toMatchObject({ exit: 65, err: expect.stringMatching(/tenant acme.*--shared/) });
    expect(await home.json([...second, '--shared'])).toMatchObject({ usable: true, shared: true });
  });
});

describe('iep unsubscribe', () => {
  it('adds, lists and removes', async () => {
    await home.iep(['tenant', 'add', 'acme']);
    expect(await home.json(['unsubscribe', 'add', 'Jo@example.com', '--category', 'news'])).toEqual({
      ...{ email: 'jo@example.com', category: 'news', change: 'added' },
    });
    expect((await home.iep(['unsubscribe', 'add', 'jo@example.com', '--category', 'news'])).out).toBe(
      'jo@example.com already unsubscribed: news\n',
    );
    await home.iep(['unsubscribe', 'add', 'al@example.com']);
    const list = (...args: string[]) => home.json<{ email: string }[]>(['unsubscribe', 'list', ...args]);
    expect(await list()).toMatchObject([
      { email: 'al@example.com', category: null, way: 'manual', tenant: 'acme' },
      { email: 'jo@example.com', category: 'news' },
    ]);
    expect(await list('--category', 'news')).toHaveLength(1);
    expect((await home.iep(['unsubscribe', 'list', '--q', 'al@'])).out).toContain('(all that can be turned off)');
    expect(await home.iep(['unsubscribe', 'remove', 'al@example.com', '--category', 'news'])).toMatchObject({
      exit: 65,
    });
    for (const email of ['al@example.com', 'jo@example.com']) await home.iep(['unsubscribe', 'remove', email]);
    expect((await home.iep(['unsubscribe', 'list'])).out).toBe('Nobody turned mail off.\n');
    expect(await home.iep(['unsubscribe', 'remove', 'jo@example.com'])).toMatchObject({ exit: 65 });
  });
});

describe('iep suppression', () => {
  it('adds, lists, exports, imports and removes', async () => {
    await home.iep(['tenant', 'add', 'acme']);
    await home.json(['suppression', 'add', 'a@example.com', '--reason', 'complaint', '--note', 'by phone, twice']);
    const list = () => home.json<unknown[]>(['suppression', 'list']);
    expect(await list()).toMatchObject([{ email: 'a@example.com', reason: 'complaint', note: 'by phone, twice' }]);
    const file = join(home.folder, 'out.csv');
    expect(await home.iep(['suppression', 'export', file])).toMatchObject({ exit: 0, out: '' });
    expect(await home.iep(['suppression', 'export', file])).toMatchObject({ exit: 65 });
    const printed = await home.iep(['suppression', 'export', '-']);
    expect(printed).toMatchObject({ exit: 0, out: expect.stringContaining('a@example.com') });
    expect(printed).toEqual(await home.iep(['suppression', 'export']));
    await home.iep(['suppression', 'remove', 'a@example.com']);
    expect(await list()).toEqual([]);
    expect(await home.json(['suppression', 'import', file])).toMatchObject({ imported: 1, refused: 0 });
    expect(await list()).toMatchObject([{ email: 'a@example.com', reason: 'complaint', note: 'by phone, twice' }]);
    await writeFile(file, 'email\nnot an address\n');
    const wrong = await home.iep(['suppression', 'import', file]);
    expect(wrong).toMatchObject({
      exit: 65,
      out: '0 added, 0 changed, 0 unchanged, 1 refused\n',
      err: expect.stringContaining('line 2'),
    });
    expect(await home.iep(['suppression', 'import', file, '--strict'])).toMatchObject({ exit: 65 });
    expect(await list()).toHaveLength(1);
    expect((await home.iep(['suppression', 'show', 'a@example.com'])).out).toContain('reason:  complaint');
  });

  it('says what a second entry of an address changes', async () => {
    await home.iep(['tenant', 'add', 'acme']);
    const add = async (...more: readonly string[]) =>
      (await home.iep(['suppression', 'add', 'a@example.com', ...more])).out;
    expect(await add('--reason', 'complaint')).toBe('a@example.com suppressed\n');
    expect(await add('--note', 'by phone')).toBe(
      'a@example.com was on the list already; it is changed to: complaint, without an end, by phone\n',
    );
    expect(await add()).toContain('nothing is changed: complaint, without an end, by phone');
    expect(await add('--expires', '2099-12-31')).toContain('it is changed to: complaint, until 2099-12-31');
    expect(await home.json(['suppression', 'add', 'a@example.com', '--note', 'x'])).toMatchObject({
      ...{ change: 'changed', note: 'x', expiresAt: null },
    });
  });
});

it.each([
  ['backup', '-'],
  ['restore', '-'],
  ['key', 'master', 'rotate', '--old-key-to', '-'],
])('iep %s %s… makes no file of the name -', async (...args) => {
  await home.iep(['tenant', 'add', 'acme']);
  const refused = await home.iep(args);
  expect(refused).toMatchObject({ exit: 64, err: expect.stringContaining('standard input or output') });
});

describe('the queue', () => {
  const send = (to: string) => home.json<AcceptedJson>(['send', to, '--text', 'x']);

  it('is listed, paused, resumed and flushed', async () => {
    await send('a@example.com');
    expect(await home.json<QueueJson['items']>(['queue'])).toMatchObject([{ tenant: 'default', waiting: 1, due: 1 }]);
    expect(await home.json(['queue', 'pause'])).toMatchObject({ paused: true });
    expect((await home.iep(['queue'])).err).toContain('iep queue resume');
    expect(await home.iep(['queue', 'resume', '--tenant', 'default'])).toMatchObject({
      out: 'Resumed: default\n',
      err: expect.stringContaining('The whole queue is still paused; `iep queue resume`'),
    });
    await home.iep(['queue', 'pause', '--tenant', 'default']);
    expect(await home.iep(['queue', 'resume'])).toMatchObject({
      out: 'Resumed: all tenants that are not paused by name\n',
      err: expect.stringContaining('default is still paused; `iep queue resume --tenant default`'),
    });
    await home.iep(['queue', 'resume', '--tenant', 'default']);
    expect(await home.iep(['queue', 'resume'])).toMatchObject({ out: 'Resumed: all tenants\n', err: '' });
    expect(await home.json(['queue', 'flush'])).toEqual({ flushed: expect.any(Number) });
  });

  it('holds scheduled messages until the time they are given', async () => {
    const message = ['send', '--from', 'a@x.example', '--to', 'b@example.com', '-s', 'x', '--text', 'x', '--at', '2h'];
    const { messageId } = (await home.json(message)) as { messageId: string };
    const later = ['reschedule', messageId, '--at', '5h'];
    expect(await home.json(later)).toEqual({ messageId, status: 'scheduled' });
    expect(await home.json(['reschedule', messageId, '--now'])).toEqual({ messageId, status: 'queued' });
    expect(await home.iep(later)).toMatchObject({ exit: 65, err: expect.stringContaining('not scheduled any more') });
    expect(await home.iep(['reschedule', messageId])).toMatchObject({ exit: 64 });
  });

  it('is left by cancelled messages, by id and by filter', async () => {
    const { messageId } = await send('a@example.com');
    await send('b@example.com');
    await send('b@example.com');
    expect(await home.json(['cancel', messageId])).toEqual({ messageId, status: 'cancelled' });
    const filter = ['cancel', '--to', 'b@example.com'];
    expect(await home.json([...filter, '--dry-run'])).toMatchObject({ matched: 2, cancelled: 0 });
    expect(await home.json([...filter, '--yes'])).toMatchObject({ matched: 2, cancelled: 2 });
    expect(await home.iep(['cancel', messageId])).toMatchObject({ exit: 65 });
    expect(await home.iep(['cancel'])).toMatchObject({ exit: 64 });
    expect(await home.iep(['cancel', messageId, '--to', 'x'])).toMatchObject({ exit: 64 });
  });

  it('goes on after an id that is refused, and exits with its code', async () => {
    const { messageId } = await send('a@example.com');
    const ran = await home.iep(['cancel', 'nonsense', messageId]);
    expect(ran).toMatchObject({ exit: 65, out: `${messageId}  cancelled\n` });
    expect(ran.err).toContain('nonsense');
  });

  it('is retried by filter', async () => {
    await send('a@example.com');
    expect(await home.json(['retry', '--status', 'queued', '--dry-run'])).toMatchObject({ matched: 1, retried: 0 });
    expect(await home.json(['retry', '--status', 'failed'])).toEqual({ matched: 0, retried: 0, messageIds: [] });
    expect(await home.iep(['retry', '--status', 'nonsense'])).toMatchObject({ exit: 65 });
  });
});

describe('iep stats and list', () => {
  it('count and find', async () => {
    for (const to of ['a@example.com', 'b@example.org'])
      await home.json(['send', to, '--text', 'x', '--tag', to[0] ?? '']);
    expect(await home.json<StatsJson>(['stats', '--since', '2h'])).toMatchObject({
      total: 2,
      byStatus: { queued: 2 },
    });
    expect((await home.iep(['stats'])).out).toMatch(/^2 messages/);
    expect(await home.json(['list', '--to', '@example.org'])).toMatchObject([{ to: ['b@example.org'] }]);
    expect(await home.json(['list', '--tag', 'a', '--since', '1h', '--search', 'example'])).toHaveLength(1);
    expect(await home.json(['list', '--until', '1h'])).toEqual([]);
    expect(await home.json(['list', '--limit', '1'])).toHaveLength(1);
    expect((await home.iep(['list', '--status', 'failed'])).out).toBe('No message matches.\n');
  });
});
