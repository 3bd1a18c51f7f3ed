import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AcceptedJson, ContentJson, MessageJson } from '../client/wire.ts';
import { type Home, makeHome } from '../home.testing.ts';

let home: Home;
beforeEach(async () => {
  home = await makeHome();
});
afterEach(() => home.remove());

const show = (id: string) => home.json<MessageJson>(['show', id]);
const content = (id: string) => home.json<ContentJson>(['show', id, '--content']);
const send = (args: readonly string[], input?: string) =>
  home.json<AcceptedJson>(['send', ...args], input === undefined ? {} : { input });
const file = async (name: string, text: string) => {
  await writeFile(join(home.folder, name), text);
  return join(home.folder, name);
};

describe('iep send', () => {
  it('works out of the box, and makes the store and a tenant first', async () => {
    const accepted = await send(['b@example.com', '-s', 'Hello'], 'It works.\n');
    expect(accepted).toEqual({ messageId: expect.any(String), status: 'queued', suppressedRecipients: [] });
    expect(await show(accepted.messageId)).toMatchObject({
      from: { email: 'jo@host.example' },
      to: ['b@example.com'],
      subject: 'Hello',
      door: 'cli',
    });
    expect(await content(accepted.messageId)).toMatchObject({ text: 'It works.\n', html: null });
    expect(await home.json(['tenant', 'list'])).toMatchObject([{ slug: 'default' }]);
  });

  it('has a flag for every field', async () => {
    const { messageId, status } = await send([
      ...['--from', 'Shop <shop@example.com>', '--to', 'a@example.com,"B, C" <b@example.com>', '--cc', 'c@example.com'],
      ...[
        '--bcc',
        'd@example.com',
        '--reply-to',
        'help@example.com',
        '--subject',
        'Hi {{name}}',
        '--html',
        '<p>{{name}}',
      ],
      ...['--text', 'Hi {{name}}', '--var', 'name=Jo', '--header', 'X-Ticket: 12', '--priority', 'high'],
      ...['--category', 'invoice', '--tag', 'x,y', '--tag', 'z', '--meta', 'order=7', '--group', 'g1', '--at', '2h'],
      ...['--attach', await file('list.csv', 'a,b\n'), '--attach-url', 'https://files.example.com/terms.pdf'],
    ]);
    expect(status).toBe('scheduled');
    expect(await show(messageId)).toMatchObject({
      from: { email: 'shop@example.com', name: 'Shop' },
      to: ['a@example.com', 'b@example.com'],
      cc: ['c@example.com'],
      bcc: ['d@example.com'],
      replyTo: 'help@example.com',
      priority: 'high',
      category: 'invoice',
      tags: ['x', 'y', 'z'],
      metadata: { order: '7' },
      groupId: 'g1',
      attachments: [{ filename: 'list.csv', contentType: 'text/csv', size: 4 }],
    });
    expect(await content(messageId)).toMatchObject({ attachmentUrls: ['https://files.example.com/terms.pdf'] });
    expect(await content(messageId)).toMatchObject({
      html: '<p>{{name}}',
      text: 'Hi {{name}}',
      variables: { name: 'Jo' },
      headers: [{ name: 'X-Ticket', value: '12' }],
    });
  });

  it('takes lists of addresses, with commas or semicolons between, and loses nobody', async () => {
    const { messageId } = await send([
      ...[
        'Ada <ada@x.example>; "Bob, B." <bob@x.example>',
        '--cc',
        'Doe, Jane <jane@x.example>, jo@x.example',
        '--cc',
        '',
      ],
      ...['--reply-to', 'R1 <r1@x.example>, R2 <r2@x.example>', '-s', 'x', '--text', 'x'],
    ]);
    expect(await show(messageId)).toMatchObject({
      to: ['ada@x.example', 'bob@x.example'],
      cc: ['jane@x.example', 'jo@x.example'],
      replyTo: '"R1" <r1@x.example>, "R2" <r2@x.example>',
    });
    const whole = await send(['--raw', '--to', 'Ada <ada@x.example>; bob.@x.example'], 'From: a@example.com\n\nx\n');
    expect((await show(whole.messageId)).recipients.map(({ email }) => email)).toEqual([
      'ada@x.example',
      'bob.@x.example',
    ]);
    const two = ['--from', 'Ada <ada@x.example>; Bob <bob@x.example>', '-s', 'x', '--text', 'x'];
    const refused = await home.iep(['send', 'jo@x.example', ...two]);
    expect(refused).toMatchObject({ exit: 65, err: expect.stringContaining('names 2: ada@x.example, bob@x.example') });
  });

  it('reads bodies from files, and tells HTML from text', async () => {
    const both = await send([
      'a@example.com',
      '--file',
      await file('a.html', '<b>x'),
      '--file',
      await file('a.txt', 'x'),
    ]);
    expect(await content(both.messageId)).toMatchObject({ html: '<b>x', text: 'x' });
    const piped = await send(['a@example.com'], '<!DOCTYPE html><p>x');
    expect(await content(piped.messageId)).toMatchObject({ html: '<!DOCTYPE html><p>x', text: null });
  });

  it('reads variables from a file, and lets --var win', async () => {
    const vars = await file('vars.json', '{"name":"Jo","items":[1,2]}');
    const { messageId } = await send(['a@example.com', '--text', '{{name}}', '--vars', vars, '--var', 'name=Al']);
    expect(await content(messageId)).toMatchObject({ variables: { name: 'Al', items: [1, 2] } });
  });

  it('sends a whole message as it is', async () => {
    const eml = await file(
      'm.eml',
      'From: a@example.com\nTo: b@example.com\nBcc: hidden@example.org\nSubject: Whole\n\nbody\n',
    );
    const { messageId } = await send(['--file', eml]);
    expect(await show(messageId)).toMatchObject({
      from: { email: 'a@example.com' },
      subject: 'Whole',
      to: ['b@example.com'],
      bcc: ['hidden@example.org'],
    });
    const raw = (await home.iep(['show', messageId, '--raw'])).out;
    expect(raw).toContain('Subject: Whole\r\n\r\nbody\r\n');
    expect(raw).not.toContain('hidden@example.org');
    const others = await send(
      ['--raw', '--to', 'x@example.com', '--from', 'y@example.com'],
      'To: b@example.com\n\nhi\n',
    );
    expect(await show(others.messageId)).toMatchObject({
      envelopeFrom: 'y@example.com',
      recipients: [{ email: 'x@example.com', kind: 'rcpt' }],
    });
  });

  it('says of a whole message what the flags say, whatever they hold', async () => {
    const args = ['--category', 'Rechnung ü', '--tag', 'x,y', '--group', 'g\r\nBcc: hidden@example.org', '--at', '2h'];
    const mail = 'From: a@example.com\nTo: b@example.com\nX-IEP-Category: other\n\nhi\n';
    const { exit, err } = await home.iep(['send', '--raw', ...args], { input: mail });
    expect({ exit, err }).toEqual({ exit: 65, err: expect.stringContaining('X-IEP-Group: must be 1 to 255') });
    const handled = [...args.slice(0, 4), '--at', '2h', '--priority', 'low', '--group', 'g', '--idempotency-key', 'k'];
    const { messageId, status } = await send(['--raw', ...handled], mail);
    expect(status).toBe('scheduled');
    expect(await show(messageId)).toMatchObject({
      category: 'Rechnung ü',
      tags: ['x', 'y'],
      priority: 'low',
      groupId: 'g',
      idempotencyKey: 'k',
      recipients: [{ email: 'b@example.com' }],
    });
    expect((await home.iep(['show', messageId, '--raw'])).out).not.toContain('X-IEP-');
  });

  it('does not need the password of a provider, which may be in the daemon’s environment alone', async () => {
    const relay = '{ type: smtp, host: h.example, username: u, password: env:RELAY_PASSWORD }';
    const config = [
      '--config',
      await file('iep.yaml', `providers: { relay: ${relay} }\nrouting: { primary: relay }\n`),
    ];
    expect(await home.iep([...config, 'send', 'a@example.com', '--text', 'x'])).toMatchObject({ exit: 0 });
    expect(await home.iep([...config, 'list'])).toMatchObject({ exit: 0 });
    for (const args of [
      ['config', 'check'],
      ['provider', 'test', 'relay'],
    ]) {
      const ran = await home.iep([...config, ...args]);
      expect(ran).toMatchObject({ exit: 78, err: expect.stringContaining('no variable RELAY_PASSWORD') });
    }
  });

  it('sends once for one idempotency key', async () => {
    const once = () => send(['a@example.com', '--text', 'x', '--idempotency-key', 'k']);
    expect((await once()).messageId).toBe((await once()).messageId);
    const other = await home.iep(['send', 'a@example.com', '--text', 'y', '--idempotency-key', 'k']);
    expect(other).toMatchObject({ exit: 65, err: expect.stringContaining('different payload') });
  });

  it.each([
    ['no recipient', ['--text', 'x'], 64, '--to ADDRESS'],
    ['a part beside a whole message', ['a@example.com', '--raw', '--reply-to', 'b@example.com'], 64, '--reply-to does'],
    ['no address', ['nobody', '--text', 'x'], 65, 'is not an email address'],
    ['no such file', ['a@example.com', '--file', '/nowhere'], 65, 'the file does not exist'],
    ['no such tenant', ['a@example.com', '--text', 'x', '--tenant', 'other'], 65, 'No tenant is called other'],
    ['two text bodies', ['a@example.com', '--text', 'x', '--file', '/dev/null'], 64, 'more than one text body'],
    ['no object of variables', ['a@example.com', '--text', 'x', '--vars', '/dev/null'], 65, 'JSON object'],
    ['no such provider', ['a@example.com', '--text', 'x', '--provider', 'ghost'], 65, 'no provider of that name'],
  ])('says what is wrong: %s', async (_what, args, exit, text) => {
    const ran = await home.iep(['send', ...args]);
    expect(ran).toMatchObject({ exit, err: expect.stringContaining(text) });
    expect(ran.err).toMatch(/^iep: /);
    expect(ran.err).not.toMatch(/^ {4}at /m);
  });

  it('tells who was not mailed', async () => {
    await send(['a@example.com', '--text', 'x']);
    await home.iep(['suppression', 'add', 'a@example.com']);
    expect((await send(['a@example.com', '--text', 'x'])).suppressedRecipients).toEqual(['a@example.com']);
  });

  it('waits no longer than it is told to, and says that there is no outcome', async () => {
    const ran = await home.iep(['send', 'a@example.com', '--text', 'x', '--wait', '0']);
    expect(ran).toMatchObject({ exit: 75, out: expect.stringContaining('queued') });
    expect(ran.err).toContain('The message is stored, and has no outcome after 0 s. Do not send it again.');
  });
});
