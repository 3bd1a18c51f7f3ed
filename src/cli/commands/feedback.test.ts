import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AcceptedJson, FeedbackJson, ImportedFeedbackJson } from '../client/wire.ts';
import { type Home, makeHome } from '../home.testing.ts';

let home: Home;
beforeEach(async () => {
  home = await makeHome();
  await home.iep(['tenant', 'add', 'acme', '--any-sender', 'on']);
});
afterEach(() => home.remove());

const send = async (to: string) => {
  const args = ['send', '--from', 'app@acme.example', '--to', to, '--subject', 'Hi', '--text', 'Hi'];
  return (await home.json<AcceptedJson>(args)).messageId;
};

const bounce = (messageId: string, to: string) => `From: MAILER-DAEMON@example.org
Message-ID: <${messageId}@mx.example.org>
Subject: failure notice

Hi. This is the qmail-send program at mx.example.org.
I'm afraid I wasn't able to deliver your message to the following addresses.

<${to}>:
Remote host said: 550 5.7.1 blocked

--- Below this line is a copy of the message.

Message-ID: <${messageId}@acme.example>
`;

describe('iep feedback', () => {
  it('imports one mail from standard input, and tells what it became', async () => {
    const id = await send('bob@example.org');
    const report = { recipient: 'bob@example.org', kind: 'bounced', class: 'policy', enhanced: '5.7.1' };
    const input = bounce(id, 'bob@example.org');
    expect(await home.json(['feedback', 'import'], { input })).toEqual({
      reports: [{ ...report, messageId: id, matched: true }],
    });
    const plain = await home.iep(['feedback', 'import', '-'], { input });
    expect(plain).toMatchObject({
      exit: 0,
      out: expect.stringContaining('1 report, 1 of a message that is known here'),
    });
    expect((await home.iep(['explain', id])).out).toContain('came back, policy');
  });

  it('holds a complaint that anybody may have written against nobody', async () => {
    const id = await send('bob@example.org');
    const input = `From: ann@example.org
Message-ID: <c1@example.org>
Content-Type: multipart/report; report-type=feedback-report; boundary=b

--b
Content-Type: message/feedback-report

Feedback-Type: abuse
Original-Rcpt-To: bob@example.org
--b
Content-Type: text/rfc822-headers

Message-ID: <${id}@acme.example>
--b--
`;
    for (const [flags, says] of [
      [['--unproved'], 'somebody complained, as a mail says that anybody may have written'],
      [[], 'bob@example.org complained'],
    ] as const) {
      expect(await home.json(['feedback', 'import', ...flags], { input })).toMatchObject({
        reports: [{ matched: true }],
      });
      expect((await home.iep(['explain', id])).out).toContain(says);
    }
    const listed = await home.json<FeedbackJson[]>(['feedback', 'list']);
    expect(listed.map(({ unproved }) => unproved)).toEqual([false, true]);
    expect((await home.iep(['feedback', 'list'])).out).toMatch(
      /import +complained +\S.*\n.*import +complained \(unproved\) /,
    );
  });

  it('has a mail server keep the report while no daemon answers', async () => {
    const env = { IEP_URL: 'http://127.0.0.1:1', IEP_API_KEY: 'iep_x' };
    expect(await home.iep(['feedback', 'import'], { input: bounce('x', 'bob@example.org'), env })).toMatchObject({
      ...{ exit: 75, err: expect.stringContaining('Import it again when the daemon answers.') },
    });
  });

  it('has a mail server keep the report while its pipe is not set up as it should be', async () => {
    const input = bounce('x', 'bob@example.org');
    const config = join(home.folder, 'wrong.yaml');
    await writeFile(config, 'nonsense: true\n');
    expect(await home.iep(['--config', config, 'feedback', 'import', '--unproved'], { input })).toMatchObject({
      ...{ exit: 75, err: expect.stringContaining('nonsense') },
    });
    const report = join(home.folder, 'bounce.eml');
    await writeFile(report, input);
    expect(await home.iep(['--config', config, 'feedback', 'import', report])).toMatchObject({ exit: 78 });
  });

  it('imports an mbox file of any length, and is content where nothing is about mail of ours', async () => {
    const stranger = bounce('019cf5b2-6a00-7000-8000-00000000dead', 'eve@example.net');
    const mails = Array.from({ length: 450 }, (_, at) => stranger.replace('Message-ID: <', `Message-ID: <${at}.`));
    const path = join(home.folder, 'bounces.mbox');
    await writeFile(path, mails.map((mail) => `From x Mon Mar  4 09:58:12 2024\n${mail}\n`).join(''));
    const { reports } = await home.json<ImportedFeedbackJson>(['feedback', 'import', path]);
    expect(reports).toHaveLength(450);
    expect(reports.every(({ matched, messageId }) => !matched && messageId === null)).toBe(true);
    expect(await home.json(['feedback', 'list', '--limit', '600'])).toHaveLength(450);
    expect(await home.iep(['feedback', 'import'], { input: 'Subject: hello\n\nhello\n' })).toMatchObject({ exit: 0 });
    expect((await home.iep(['feedback', 'import'], { input: '' })).out).toBe('The input holds no mail.\n');
    expect(await home.iep(['feedback', 'import', join(home.folder, 'none')])).toMatchObject({
      exit: 65,
      err: expect.stringContaining('cannot read'),
    });
  });

  it('lists what came back, newest first, by time and provider', async () => {
    expect((await home.iep(['feedback', 'list'])).out).toBe('Nothing came back.\n');
    const id = await send('bob@example.org');
    for (const one of [id, '019cf5b2-6a00-7000-8000-00000000dead'])
      await home.iep(['feedback', 'import'], { input: bounce(one, 'bob@example.org') });
    const [first, second] = await home.json<FeedbackJson[]>(['feedback', 'list', '--since', '1d']);
    expect(first).toMatchObject({ messageId: null, tenant: null, door: 'import' });
    expect(second).toMatchObject({
      ...{ kind: 'bounced', class: 'policy', recipient: 'bob@example.org', tenant: 'acme', messageId: id },
      diagnostic: '550 5.7.1 blocked',
    });
    expect(await home.json(['feedback', 'list', '--limit', '1'])).toHaveLength(1);
    expect(await home.json(['feedback', 'list', '--provider', 'other'])).toEqual([]);
    expect(await home.json(['feedback', 'list', '--since', '2020-01-01', '--limit', '9'])).toHaveLength(2);
    expect((await home.iep(['feedback', 'list'])).out).toMatch(/^RECEIVED .* DOOR .*\n.*import +bounced .*policy/);
  });
});

describe('iep stats', () => {
  it('counts what became of recipients, in all and by provider', async () => {
    const id = await send('bob@example.org');
    expect((await home.iep(['stats'])).out).not.toContain('BOUNCED');
    const input = bounce(id, 'bob@example.org').replace('5.7.1 blocked', '5.1.1 no such user');
    for (const _ of ['once', 'again']) await home.iep(['feedback', 'import'], { input });
    expect(await home.json(['stats', '--by', 'provider'])).toMatchObject({
      ...{ bounced: 1, complained: 0, rates: { bounced: null } },
      byProvider: [{ provider: '', bounced: 1 }],
    });
    expect((await home.iep(['stats'])).out).toMatch(/\n +RECIPIENTS +DELIVERED +BOUNCED .*\nall +0 +0 +1 /);
    expect((await home.iep(['stats', '--by', 'provider'])).out).toMatch(/\nPROVIDER .*\nunknown +0 +0 +1 /);
    expect((await home.iep(['stats', '--by', 'template'])).out).toMatch(/\nTEMPLATE .*\n\(none\) +0 +0 +1 /);
    expect(await home.iep(['stats', '--by', 'subject'])).toMatchObject({ exit: 64 });
  });
});

describe('iep analytics', () => {
  it('tells what became of recipients over time, as a table, JSON or CSV', async () => {
    const id = await send('bob@example.org');
    const input = bounce(id, 'bob@example.org').replace('5.7.1 blocked', '5.1.1 no such user');
    await home.iep(['feedback', 'import'], { input });
    expect((await home.iep(['analytics', '--by', 'tenant'])).out).toMatch(/\nTENANT +FROM +RECIPIENTS +BOUNCED\nacme /);
    expect(await home.json(['analytics', '--by', 'provider', '--bucket', 'day'])).toMatchObject({
      ...{ bucket: 'day', items: [{ name: '', isRest: false, bounced: 1, buckets: [{ bounced: 1 }] }] },
    });
    expect(await home.json(['analytics', '--provider', 'none'])).toMatchObject({ items: [] });
    expect(await home.json(['analytics', '--template', 'none'])).toMatchObject({ items: [] });
    expect((await home.iep(['analytics', '--by', 'template'])).out).toMatch(/\nTEMPLATE .*\n\(none\) /);
    expect((await home.iep(['analytics', '--csv'])).out).toMatch(
      /^at,recipients,delivered,bounced,.*\n.*T..:00:00\.000Z,0,0,1,/,
    );
  });
});
