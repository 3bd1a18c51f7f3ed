import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MessageJson, MessageRowJson } from '../client/wire.ts';
import { type Home, makeHome } from '../home.testing.ts';

/** Of `iep list`; the second where the store was never made. */
const NOTHING = /^(?:No message matches\.\n)?$/;

let home: Home;
beforeEach(async () => {
  home = await makeHome();
});
afterEach(() => home.remove());

const sendmail = (args: readonly string[], input = '') => home.iep(['sendmail', ...args], { input });
async function only(): Promise<MessageJson & { raw: string }> {
  const [row, second] = await home.json<MessageRowJson[]>(['list']);
  if (row === undefined || second !== undefined) throw new Error('there is not one message');
  const message = await home.json<MessageJson>(['show', row.messageId]);
  return { ...message, raw: (await home.iep(['show', row.messageId, '--raw'])).out };
}
const addresses = (message: MessageJson) => message.recipients.map(({ email }) => email).sort();

describe('iep sendmail', () => {
  it('says nothing when all is well', async () => {
    expect(await sendmail(['-i', 'b@example.com'], 'Subject: x\n\nhi\n')).toEqual({ exit: 0, out: '', err: '' });
    expect(await only()).toMatchObject({ subject: 'x', from: { email: 'jo@host.example' } });
  });

  it('takes recipients from the header and the arguments, and hides Bcc', async () => {
    await sendmail(['-t', 'd@example.com'], 'From: a@example.com\nTo: b@example.com\nBcc: hidden@example.org\n\nhi\n');
    const message = await only();
    expect(addresses(message)).toEqual(['b@example.com', 'd@example.com', 'hidden@example.org']);
    expect(message.raw).not.toContain('hidden@example.org');
  });

  it('ignores the header without -t', async () => {
    await sendmail(['hidden@example.org'], 'From: a@example.com\nTo: b@example.com\n\nhi\n');
    expect(addresses(await only())).toEqual(['hidden@example.org']);
  });

  it('ends at a dot without -i, and not with it', async () => {
    await sendmail(['b@example.com'], 'Subject: x\n\none\n.\ntwo\n');
    expect((await only()).raw).toMatch(/\r\n\r\none\r\n$/);
    await home.iep(['cancel', '--status', 'queued', '--yes']);
    await sendmail(['-oi', 'b@example.com'], 'Subject: y\n\none\n.\ntwo\n');
    const [{ messageId } = { messageId: '' }] = await home.json<MessageRowJson[]>(['list', '--status', 'queued']);
    expect((await home.iep(['show', messageId, '--raw'])).out).toMatch(/\r\n\r\none\r\n\.\r\ntwo\r\n$/);
  });

  it('takes what cron gives: a local user, a full name, no domain anywhere', async () => {
    await sendmail(
      ['-FCronDaemon', '-i', '-B8BITMIME', '-oem', 'root'],
      'From: root (Cron Daemon)\nTo: root\nSubject: Cron <root@host> backup\n\nfailed\n',
    );
    const message = await only();
    expect(message.from.email).toBe('root@host.example');
    expect(addresses(message)).toEqual(['root@host.example']);
    expect(message.raw).toContain('From: root@host.example (Cron Daemon)\r\nTo: root@host.example\r\n');
  });

  it('writes From where there is none, with the name and sender given', async () => {
    await sendmail(['-F', 'The Shop', '-f', 'shop@example.com', 'b@example.com'], 'Subject: x\n\nhi\n');
    const message = await only();
    expect(message).toMatchObject({ from: { email: 'shop@example.com', name: 'The Shop' } });
    expect(message.raw).toContain('From: "The Shop" <shop@example.com>\r\n');
  });

  it('keeps the sender of the envelope apart from From', async () => {
    await sendmail(['-f', 'bounces@example.com', 'b@example.com'], 'From: a@example.com\n\nhi\n');
    expect(await only()).toMatchObject({ envelopeFrom: 'bounces@example.com', from: { email: 'a@example.com' } });
  });

  it('takes the addresses that are in use, each of a list', async () => {
    const input =
      'From: a@example.com\nTo: good@example.org, a..b@docomo.example; "John Doe"@example.org,\n user.@web_1.internal, root\n' +
      'Cc: Team (all of them): "Doe, Jane" <jane@example.org>, ü@example.org;\n\nhi\n';
    expect(
      await sendmail(['-t', '-f', 'ilo-7.@example.com', 'Bob <bob@example.org>; carl@example.org'], input),
    ).toMatchObject({
      exit: 0,
      err: '',
    });
    const message = await only();
    expect(addresses(message)).toEqual(
      [
        ...['"John Doe"@example.org', 'a..b@docomo.example', 'bob@example.org', 'carl@example.org', 'good@example.org'],
        ...['jane@example.org', 'root@host.example', 'user.@web_1.internal', 'ü@example.org'],
      ].sort(),
    );
    expect(message).toMatchObject({ envelopeFrom: 'ilo-7.@example.com' });
  });

  it.each(['\r\n', '\r', '\r\r\n', '\n\r'])('hides Bcc whatever the lines end in: %j', async (end) => {
    const lines = ['From: a@example.com', 'To: b@example.com', 'Bcc: hidden@example.org', 'Subject: x', '', 'hi', ''];
    expect(await sendmail(['-t', '-i'], lines.join(end))).toMatchObject({ exit: 0, err: '' });
    const message = await only();
    expect(addresses(message)).toEqual(['b@example.com', 'hidden@example.org']);
    expect(message).toMatchObject({ subject: 'x' });
    expect(message.raw).not.toContain('hidden@example.org');
  });

  it('names the one address that it cannot mail, and takes nothing', async () => {
    const ran = await sendmail(['-t'], 'From: a@example.com\nTo: good@example.org, b@@example.org\n\nhi\n');
    expect(ran).toMatchObject({ exit: 65, err: expect.stringContaining('"b@@example.org" is not an email address') });
    expect((await home.iep(['list'])).out).toMatch(NOTHING);
  });

  it('has the null sender', async () => {
    await sendmail(['-f', '<>', 'b@example.com'], 'From: a@example.com\n\nhi\n');
    expect(await only()).toMatchObject({ envelopeFrom: '' });
  });

  it.each([
    ['no recipients', [], 64, 'no recipients'],
    ['none in the header', ['-t'], 65, 'no recipient addresses found'],
    ['an address that is none', ['a b@@example.com'], 65, 'not an email address'],
    ['a flag nobody knows', ['-Z'], 64, 'sendmail has no flag -Z'],
  ])('%s: exits as Postfix does', async (_what, args, exit, text) => {
    expect(await sendmail(args, 'Subject: x\n\nhi\n')).toMatchObject({ exit, err: expect.stringContaining(text) });
    expect((await home.iep(['list'])).out).toMatch(NOTHING);
  });

  it('lists the queue as mailq does', async () => {
    expect(await sendmail(['-bp'])).toMatchObject({ exit: 0, out: 'Mail queue is empty\n' });
    await sendmail(['-t'], 'From: a@example.com\nTo: b@example.com\n\nhi\n');
    const { out } = await sendmail(['-bp']);
    expect(out).toMatch(/^-Queue ID-/);
    expect(out).toContain(' a@example.com\n');
    expect(out).toMatch(/^ +b@example\.com$/m);
    expect(out).toMatch(/-- 1 message\.\n$/);
  });

  it('lists the queue as the HTTP API does with --json', async () => {
    await sendmail(['-t'], 'From: a@example.com\nTo: b@example.com\n\nhi\n');
    const { out } = await home.iep(['--json', 'sendmail', '-bp']);
    expect(JSON.parse(out)).toMatchObject([{ status: 'queued', to: ['b@example.com'] }]);
  });

  it('takes what follows -- for a recipient, also where nothing stands before it', async () => {
    await sendmail(['--', '-odd@example.com'], 'Subject: x\n\nhi\n');
    expect(addresses(await only())).toEqual(['-odd@example.com']);
  });

  it('answers newaliases with nothing to do', async () => {
    expect(await sendmail(['-bi'])).toEqual({ exit: 0, out: '', err: '' });
  });

  it('explains itself', async () => {
    expect((await sendmail(['--help'])).out).toContain('-t           recipients from');
  });
});

describe('iep sendmail -bs', () => {
  const talk = (lines: readonly string[]) => sendmail(['-bs'], lines.map((line) => `${line}\r\n`).join(''));
  const codes = (out: string) => [...out.matchAll(/^(\d{3}) /gm)].map(([, code]) => code);

  it('speaks SMTP on standard input and output', async () => {
    const { exit, out } = await talk([
      ...['EHLO x', 'MAIL FROM:<a@example.com> BODY=8BITMIME', 'RCPT TO:<b@example.com>', 'RCPT TO:<root>', 'DATA'],
      ...['From: a@example.com', 'Subject: x', '', '..stuffed', '.', 'QUIT'],
    ]);
    expect(exit).toBe(0);
    expect(codes(out)).toEqual(['220', '250', '250', '250', '250', '354', '250', '221']);
    const message = await only();
    expect(out).toContain(`250 2.0.0 queued as ${message.messageId}`);
    expect(addresses(message)).toEqual(['b@example.com', 'root@host.example']);
    expect(message.raw).toMatch(/\r\n\r\n\.stuffed\r\n$/);
  });

  it('takes several messages, each with an envelope of its own', async () => {
    const one = ['MAIL FROM:<>', 'RCPT TO:<b@example.com>', 'DATA', 'From: a@example.com', '', 'x', '.'];
    const { out } = await talk(['HELO x', ...one, ...one, 'QUIT']);
    expect(codes(out).filter((code) => code === '354')).toHaveLength(2);
    expect(await home.json<unknown[]>(['list'])).toHaveLength(2);
  });

  it('keeps the order of commands', async () => {
    const { out } = await talk(['RCPT TO:<b@example.com>', 'DATA', 'MAIL TO:<x>', 'XYZZY', 'NOOP', 'RSET', 'QUIT']);
    expect(codes(out)).toEqual(['220', '503', '503', '501', '502', '250', '250', '221']);
  });

  it('says why it refuses a message, and goes on', async () => {
    const { exit, out } = await talk([
      ...['MAIL FROM:<a@example.com>', 'RCPT TO:<b@example.com>', 'DATA', 'From: a@example.com', 'From: b@example.com'],
      ...['', 'x', '.', 'QUIT'],
    ]);
    expect(exit).toBe(0);
    expect(out).toMatch(/^550 5\.6\.0 from: must be one field/m);
    expect(codes(out).at(-1)).toBe('221');
  });

  it('refuses what is not an address by itself, and serves the others', async () => {
    const { out } = await talk([
      ...[
        'MAIL FROM:<a@@example.com>',
        'MAIL FROM:<a@example.com>',
        'RCPT TO:<b@@example.com>',
        'RCPT TO:<b@example.com>',
      ],
      ...['DATA', 'Subject: x', '', 'x', '.', 'QUIT'],
    ]);
    expect(codes(out)).toEqual(['220', '553', '250', '553', '250', '354', '250', '221']);
    expect(addresses(await only())).toEqual(['b@example.com']);
  });

  it('takes quoted local parts, with spaces and angle brackets left out', async () => {
    const { out } = await talk([
      ...[
        'MAIL FROM:<ilo.@example.com> BODY=8BITMIME',
        'RCPT TO:<"John Doe"@example.org>',
        'RCPT TO:"a , b"@example.org',
      ],
      ...['RCPT TO:<"x@y"@example.org>', 'DATA', 'Subject: x', '', 'x', '.', 'QUIT'],
    ]);
    expect(codes(out)).toEqual(['220', '250', '250', '250', '250', '354', '250', '221']);
    expect(addresses(await only())).toEqual(['"John Doe"@example.org', '"a , b"@example.org', '"x@y"@example.org']);
  });

  it('takes nothing of a message whose end never came', async () => {
    const ran = await talk([
      'MAIL FROM:<a@example.com>',
      'RCPT TO:<b@example.com>',
      'DATA',
      'From: a@example.com',
      '',
      'x',
    ]);
    expect(ran.exit).toBe(65);
    expect(await home.json(['queue'])).toEqual([]);
  });
});
