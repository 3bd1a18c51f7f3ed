/** What is made of mail that came back: reports of the RFCs, failures in words, answers, and mail that means harm. */

import { describe, expect, it } from 'vitest';
import { answerRules } from './answer-rules.ts';
import { MAX_REPORT_BYTES, readReport } from './read-report.ts';
import { textRules } from './text-rules.ts';

const ID = '019cf5b2-6a00-7000-8000-000000000001';
const MESSAGE_ID = `<${ID}@acme.example>`;

const bytesOf = (text: string) => new TextEncoder().encode(text.replaceAll(/\r?\n/g, '\r\n'));
const read = (text: string) => readReport(bytesOf(text));

const mail = (body: string, header = '') =>
  `From: MAILER-DAEMON@example.org
To: billing@acme.example
Subject: failure notice
Date: Mon, 4 Mar 2024 09:58:12 +0000
Message-ID: <r1@example.org>
${header}
${body}`;

/** RFC 3464 §A. */
const report = (status: string, original = `Message-ID: ${MESSAGE_ID}\nSubject: Invoice\n`, type = 'message/rfc822') =>
  mail(
    `--b
Content-Type: text/plain

It did not work out.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org
Arrival-Date: Mon, 4 Mar 2024 09:58:11 +0000

${status}
--b
Content-Type: ${type}

${original}
--b--
`,
    'Content-Type: multipart/report; report-type=delivery-status; boundary=b\n',
  );

const recipient = (more: string) => `Final-Recipient: rfc822; bob@example.org\n${more}\n`;

describe('a delivery report', () => {
  it('tells what became of each recipient, and which message it is about', async () => {
    const status = `${recipient('Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 <bob@example.org>:\n User unknown\nLast-Attempt-Date: Mon, 4 Mar 2024 09:58:11 +0000')}
Original-Recipient: rfc822;Eve@Example.net
Final-Recipient: rfc822; e.smith@internal.example
Action: delayed
Status: 4.4.1

Final-Recipient: rfc822; amy@example.org
Action: delivered (to mailbox)
Status: 2.0.0

Final-Recipient: rfc822; list@example.org
Action: expanded
Status: 2.0.0
`;
    expect(await read(report(status))).toEqual({
      id: '<r1@example.org>',
      at: Date.UTC(2024, 2, 4, 9, 58, 12),
      about: { messageIdHeader: MESSAGE_ID },
      reports: [
        {
          ...{ kind: 'bounced', recipient: 'bob@example.org', class: 'hard', code: 550, enhanced: '5.1.1' },
          ...{ diagnostic: '550 5.1.1 <bob@example.org>: User unknown', at: Date.UTC(2024, 2, 4, 9, 58, 11) },
        },
        {
          ...{ kind: 'delivery_delayed', recipient: 'Eve@example.net', enhanced: '4.4.1' },
          finalRecipient: 'e.smith@internal.example',
        },
        { kind: 'delivered', recipient: 'amy@example.org', enhanced: '2.0.0' },
        { kind: 'unknown', recipient: 'list@example.org', enhanced: '2.0.0' },
      ],
    });
  });

  it.each([
    ['Status: 5.1.1', 'hard'],
    ['Status: 5.0.0\nDiagnostic-Code: smtp; 550 5.1.1 no such user', 'hard'],
    ['Status: 5.4.4\nDiagnostic-Code: x-postfix; Host or domain name not found', 'hard'],
    ['Status: 5.0.0\nDiagnostic-Code: smtp; 554 transaction failed', 'hard'],
    ['Status: 5.7.1\nDiagnostic-Code: smtp; 550 5.7.1 no such user here', 'policy'],
    ['Status: 5.0.0\nDiagnostic-Code: smtp; 554 Message blocked as spam', 'policy'],
    ['Status: 5.3.4\nDiagnostic-Code: smtp; 552 5.3.4 Message size exceeds fixed limit', 'policy'],
    ['Status: 5.2.2\nDiagnostic-Code: smtp; 552 5.2.2 mailbox full', 'soft'],
    ['Status: 5.0.0\nDiagnostic-Code: smtp; 552 The mailbox is over quota', 'soft'],
    ['Status: 4.4.7\nDiagnostic-Code: smtp; 451 try later', 'soft'],
    ['Status: 5.4.7', 'soft'],
    ['Status: 5.3.0\nDiagnostic-Code: X-Unix; 77', 'soft'],
    ['Status: 5.1.1\nDiagnostic-Code: X-Unix; 67', 'hard'],
    [
      'Status: 5.0.0\nX-Supplementary-Info: <x.example #5.0.0 smtp;\n 550 5.7.1 Client host blocked using Spamhaus>',
      'policy',
    ],
    ['Status: 5.4.316\nDiagnostic-Code: smtp;550 5.4.316 Message expired, connection refused', 'soft'],
    ['Status: 5.0.0\nDiagnostic-Code: smtp; 550 Message rejected due to DMARC.', 'policy'],
  ])('with %j is %s', async (fields, reason) => {
    const { reports } = await read(report(recipient(`Action: failed\n${fields}`)));
    expect(reports[0]).toMatchObject({ kind: 'bounced', class: reason });
  });

  it.each([
    ['rfc822;ada+2Bnews@example.com', 'rfc822;ada+news@example.com', { recipient: 'ada+news@example.com' }],
    ['utf-8;j\\x{F6}rg@example.com', 'utf-8; j\\x{F6}rg@example.com', { recipient: 'jörg@example.com' }],
    ['rfc822;A@example.com', 'rfc822;a@example.com', { recipient: 'A@example.com' }],
    ['rfc822;a@x.example', 'rfc822;b@y.example', { recipient: 'a@x.example', finalRecipient: 'b@y.example' }],
    ['rfc822; ', 'rfc822;b@y.example', { recipient: 'b@y.example' }],
  ])('for %s, in the end %s, names %j', async (original, final, named) => {
    const status = `Original-Recipient: ${original}\nFinal-Recipient: ${final}\nAction: delivered\n`;
    expect((await read(report(status))).reports).toEqual([{ kind: 'delivered', ...named }]);
  });

  const failed = (name: string) => ({ kind: 'bounced', recipient: `${name}@example.org`, class: 'hard' });
  const outcome = 'Action: failed\nStatus: 5.1.1';
  it.each([
    [
      'none between two',
      `Final-Recipient: rfc822; a@example.org\n${outcome}\nFinal-Recipient: rfc822; b@example.org\n${outcome}`,
    ],
    [
      'none, and the action first',
      `Action: failed\nFinal-Recipient: rfc822; a@example.org\nStatus: 5.1.1\nAction: failed\nFinal-Recipient: rfc822; b@example.org\nStatus: 5.1.1`,
    ],
    [
      'none, and original ones',
      `Original-Recipient: rfc822; a@example.org\nFinal-Recipient: rfc822; a@example.org\n${outcome}\nOriginal-Recipient: rfc822; b@example.org\nFinal-Recipient: rfc822; b@example.org\n${outcome}`,
    ],
    [
      'none, and original ones of some',
      `Final-Recipient: rfc822; a@example.org\n${outcome}\nOriginal-Recipient: rfc822; b@example.org\nFinal-Recipient: rfc822; b@example.org\n${outcome}`,
    ],
    [
      'one behind each recipient',
      `\nFinal-Recipient: rfc822; a@example.org\n\n${outcome}\n\n\nFinal-Recipient: rfc822; b@example.org\n\n${outcome}\n`,
    ],
    [
      'one between all, the action before the recipient',
      `\nAction: failed\nFinal-Recipient: rfc822; a@example.org\nOriginal-Recipient: rfc822; a@example.org\nStatus: 5.1.1\n\nFinal-Recipient: rfc822; b@example.org\nOriginal-Recipient: rfc822; b@example.org\n${outcome}\n`,
    ],
  ])('has its recipients with whatever empty lines: %s', async (_, status) => {
    expect((await read(report(status))).reports).toMatchObject([failed('a'), failed('b')]);
  });

  it.each([
    ['Action: failure\nStatus: 5.1.1', 'bounced', 'hard'],
    ['Action: expired\nStatus: 4.4.7', 'bounced', 'soft'],
    ['Status: 5.1.1', 'bounced', 'hard'],
    ['Status: 4.4.7', 'unknown', undefined],
  ])('with %j is %s', async (fields, kind, reason) => {
    const [first] = (await read(report(recipient(fields)))).reports;
    expect(first).toMatchObject({ kind, ...(reason !== undefined && { class: reason }) });
  });

  it('without a copy of the message is about the one whose id it has', async () => {
    const status = `Reporting-MTA: dns; x\nX-Original-Message-ID: ${MESSAGE_ID}\n\n${recipient('Action: failed')}`;
    expect((await read(report(status, ''))).about).toEqual({ messageIdHeader: MESSAGE_ID });
  });

  it('that says nothing of the cause has it in its text', async () => {
    const text = `recipients. This is a permanent error. The following address(es) failed:

  bob@example.org
    host mx.example.org [192.0.2.25]
    Connection timed out: retry timeout exceeded
`;
    const told = report(recipient('Action: failed\nStatus: 5.0.0')).replace('It did not work out.', text);
    expect((await read(told)).reports).toMatchObject([
      { kind: 'bounced', class: 'soft', enhanced: '5.0.0', diagnostic: expect.stringContaining('timed out') },
    ]);
  });

  it('of a file or a program holds nothing against the address', async () => {
    const status = 'Final-Recipient: rfc822;|/usr/local/bin/sort\nAction: failed\nStatus: 5.0.0\n';
    expect((await read(report(status))).reports).toEqual([{ kind: 'bounced', class: 'soft', enhanced: '5.0.0' }]);
  });

  it('is read where a server wrote it into its text', async () => {
    const text = `An error occurred while trying to deliver the mail to the following recipients:
bob@example.org

Technical report:

Reporting-MTA: dsn; a27-85.smtp-out.example

Action: failed
Final-Recipient: rfc822; bob@example.org
Diagnostic-Code: smtp; 550 5.1.1 <bob@example.org>... User Unknown
Status: 5.1.1
`;
    expect((await read(mail(text))).reports).toMatchObject([{ ...failed('bob'), enhanced: '5.1.1' }]);
    expect((await read(mail(`${text}\nMessage-ID: ${MESSAGE_ID}\n`))).about).toEqual({ messageIdHeader: MESSAGE_ID });
    expect((await read(mail(text).replace('MAILER-DAEMON', 'eve'))).reports).toEqual([{ kind: 'unknown' }]);
  });

  it.each(['text/rfc822-headers', 'message/global-headers', 'message/rfc822-headers', 'message/rfc822'])(
    'finds the message in %s, by the line that IEP wrote into it where there is one',
    async (type) => {
      const original = `Received: from relay by mx.example.org with ESMTP id 4X1; Mon, 4 Mar 2024 09:58:11 +0000
Received: from app (1.2.3.4)
\tby iep.acme.example with ESMTPSA id ${ID};
\tMon, 4 Mar 2024 09:58:10 +0000
Received: by app with HTTP id 019cf5b2-6a00-7000-8000-00000000dead; Mon, 4 Mar 2024 09:58:09 +0000
Message-ID: <invoice-7@app.example>
`;
      const { about } = await read(report(recipient('Action: failed'), original, type));
      expect(about).toEqual({ messageId: ID, messageIdHeader: '<invoice-7@app.example>' });
    },
  );

  it('that holds nothing of the message is about the one that it answers', async () => {
    const text = report(recipient('Action: failed'), '').replace(
      'Message-ID',
      `In-Reply-To: ${MESSAGE_ID}\nMessage-ID`,
    );
    expect((await read(text)).about).toEqual({ messageIdHeader: MESSAGE_ID });
  });

  it('is known by a hash of it where it has no Message-ID, and has no time where it says none', async () => {
    const text = report(recipient('Action: failed'))
      .replace(/Message-ID: <r1.*\n/, '')
      .replace(/Date: .*\n/, '');
    const first = await read(text);
    expect(first.id).toMatch(/^[0-9a-f]{64}$/);
    expect(first).not.toHaveProperty('at');
    expect(await read(text)).toEqual(first);
    expect((await read(`${text} `)).id).not.toBe(first.id);
  });
});

describe('a complaint', () => {
  const complaint = (fields: string, original = `To: bob@example.org\nMessage-ID: ${MESSAGE_ID}\n`) =>
    mail(
      `--b
Content-Type: text/plain

This is an email abuse report.
--b
Content-Type: message/feedback-report

User-Agent: SomeGenerator/1.0
Version: 1
${fields}
--b
Content-Type: message/rfc822

${original}
--b--
`,
      'Content-Type: multipart/report; report-type=feedback-report; boundary=b\n',
    );

  it('names who complained and the message', async () => {
    const fields =
      'Feedback-Type: abuse\nOriginal-Rcpt-To: <eve@example.net>\nArrival-Date: Mon, 4 Mar 2024 08:00:00 +0000\n';
    expect(await read(complaint(fields))).toMatchObject({
      about: { messageIdHeader: MESSAGE_ID },
      reports: [
        {
          ...{ kind: 'complained', feedbackType: 'abuse', recipient: 'eve@example.net' },
          at: Date.UTC(2024, 2, 4, 8),
        },
      ],
    });
  });

  it('without a recipient is of the one that the message was to, or of nobody where that is hidden', async () => {
    const of = async (original?: string) => (await read(complaint('Feedback-Type: fraud\n', original))).reports;
    expect(await of()).toEqual([{ kind: 'complained', feedbackType: 'fraud', recipient: 'bob@example.org' }]);
    expect(await of(`To: undisclosed-recipients:;\nMessage-ID: ${MESSAGE_ID}\n`)).toEqual([
      { kind: 'complained', feedbackType: 'fraud' },
    ]);
  });

  it.each([
    ['', 'redacted@redacted'],
    ['Original-Rcpt-To: redacted-address@example.net\n', 'undisclosed-recipients@example.net'],
    ['Removal-Recipient: <redacted@aol.example>\n', 'bob@redacted.invalid'],
  ])('with %j, to %s, names nobody: that is what a loop writes for whom it hides', async (fields, to) => {
    const hidden = complaint(`Feedback-Type: abuse\n${fields}`, `To: ${to}\nMessage-ID: ${MESSAGE_ID}\n`);
    expect((await read(hidden)).reports).toEqual([{ kind: 'complained', feedbackType: 'abuse' }]);
  });

  it.each([
    ['Feedback-Type: abuse\n', 'X-HmXmrOriginalRecipient: eve@example.net\n'],
    ['Feedback-Type: abuse\nRemoval-Recipient: eve@example.net\n', ''],
  ])('names whom %j and %j name, also among several', async (fields, line) => {
    const original = `${line}To: bob@example.org, eve@example.net\nMessage-ID: ${MESSAGE_ID}\n`;
    expect(await read(complaint(fields, original))).toMatchObject({
      about: { messageIdHeader: MESSAGE_ID },
      reports: [{ kind: 'complained', recipient: 'eve@example.net' }],
    });
  });

  it('of Microsoft came without a report, and comes from its address alone', async () => {
    const older = mail(
      `--b
Content-Type: message/rfc822
Content-Disposition: inline

X-HmXmrOriginalRecipient: eve@example.net
Message-ID: ${MESSAGE_ID}
Subject: x

hi
--b--
`,
      'Content-Type: multipart/mixed; boundary=b\n',
    );
    expect(await read(older.replace('MAILER-DAEMON@example.org', 'staff@hotmail.com'))).toMatchObject({
      about: { messageIdHeader: MESSAGE_ID },
      reports: [{ kind: 'complained', feedbackType: 'abuse', recipient: 'eve@example.net' }],
    });
    expect((await read(older)).reports).toEqual([{ kind: 'unknown' }]);
  });

  it.each([
    ['opt-out', 'unsubscribed'],
    ['not-spam', 'unknown'],
    ['auth-failure', 'unknown'],
  ])('of type %s is %s', async (type, kind) => {
    expect((await read(complaint(`Feedback-Type: ${type}\n`))).reports[0]).toMatchObject({ kind });
  });
});

describe('a failure in the words of', () => {
  const samples = textRules.flatMap(({ server, kind, samples: all }) => all.map((one) => ({ server, kind, ...one })));
  it.each(samples)('$server ($kind)', async ({ text, kind, reads }) => {
    const { reports, about } = await read(mail(text));
    expect(reports).toMatchObject(reads.map((one) => ({ kind, ...one })));
    expect(reports).toHaveLength(reads.length);
    if (text.includes('Message-ID')) expect(about).toEqual({ messageIdHeader: '<7@acme.example>' });
  });
});

describe('a failure that is told in HTML alone', () => {
  const html = (rest: string) =>
    read(
      mail(
        `<html><body><p><b><font face="Arial">Delivery has failed to these recipients or groups:</font></b></p>\n${rest}`,
        'Content-Type: text/html\n',
      ),
    );

  it('is read as its text, as Exchange writes it', async () => {
    const { reports, about } = await html(`<p><a href="mailto:bob@example.org">Bob Example</a><br>
The e-mail address you entered couldn&#39;t be found.</p>
<p><a href="mailto:eve@example.org">eve@example.org</a><br>The recipient&#39;s mailbox is full.</p>
<p><b>Diagnostic information for administrators:</b></p><p>Generating server: EX01.example.org</p>
<p>bob@example.org<br>#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##</p>
<p>eve@example.org<br>#554 5.2.2 mailbox full ##</p>
<p>Original message headers:</p><pre>Received: from relay.acme.example by EX01
Message-ID: &lt;7@acme.example&gt;
</pre></body></html>`);
    expect(reports).toMatchObject([
      { kind: 'bounced', recipient: 'bob@example.org', class: 'hard', enhanced: '5.1.1' },
      { kind: 'bounced', recipient: 'eve@example.org', class: 'soft', enhanced: '5.2.2' },
    ]);
    expect(about).toEqual({ messageIdHeader: '<7@acme.example>' });
  });

  it('is looked at as far as such a report goes', async () => {
    const far = '<p>bob@example.org<br>#550 5.1.1 not found ##</p>';
    expect((await html(`${'<br>\n'.repeat(15_000)}${far}`)).reports).toEqual([{ kind: 'unknown' }]);
  });
});

describe('mail that only answers', () => {
  const samples = answerRules.flatMap(({ samples: all, ...rule }) => all.map((value) => ({ ...rule, value })));
  it.each(samples)('$kind by $field: $value', async ({ kind, field, value }) => {
    const answer = mail(
      'I am away. <bob@example.org>: 550 5.1.1 no such user',
      `${field}: ${value}\nIn-Reply-To: ${MESSAGE_ID}\n`,
    )
      .replace('MAILER-DAEMON', 'bob')
      .replace(field === 'subject' ? 'Subject: failure notice\n' : '', '');
    expect(await read(answer)).toMatchObject({
      about: { messageIdHeader: MESSAGE_ID },
      reports: [{ kind, recipient: 'bob@example.org' }],
    });
  });

  it.each([
    ['Subject: =?utf-8?Q?Automatische_Antwort=3A_Rechnung?=', 'auto_reply'],
    ['Subject: Re: your question about the office', 'unknown'],
    ['Auto-Submitted: no', 'unknown'],
    ['Precedence: bulk', 'unknown'],
  ])('%s: %s', async (field, kind) => {
    const text = mail('Hello', `${field}\n`).replace('Subject: failure notice\n', '').replace('MAILER-DAEMON', 'bob');
    expect((await read(text)).reports[0]?.kind).toBe(kind);
  });

  const quoted =
    'I am away. FYI\n\nDelivery has failed to these recipients or groups:\n\nbob@example.org\n\n#550 5.1.1 not found ##\n';
  it('may quote a failure, and stays an answer', async () => {
    const answer = mail(quoted, 'Auto-Submitted: auto-replied\n').replace('MAILER-DAEMON', 'bob');
    expect((await read(answer)).reports).toEqual([{ kind: 'auto_reply', recipient: 'bob@example.org' }]);
  });

  it('of a person says nothing against that person', async () => {
    expect((await read(mail(quoted).replace('MAILER-DAEMON', 'bob'))).reports).toEqual([{ kind: 'unknown' }]);
    expect((await read(mail(quoted, 'Auto-Submitted: auto-replied\n'))).reports).toMatchObject([{ kind: 'bounced' }]);
  });

  it('takes nothing for an answer where a server writes of an unknown message', async () => {
    expect((await read(mail('Something went wrong.', 'Auto-Submitted: auto-generated\n'))).reports).toEqual([
      { kind: 'unknown' },
    ]);
  });
});

describe('mail that means harm', () => {
  const nested = (depth: number) =>
    Array.from({ length: depth }, (_, at) => `Content-Type: multipart/mixed; boundary=b${at}\n\n--b${at}\n`).join('');
  const hostile: Readonly<Record<string, string>> = {
    nothing: '',
    'one byte': '\0',
    'no header': '\r\n\r\nhello',
    'NUL everywhere': report(recipient('Action: failed')).replaceAll('e', 'e\0'),
    'a thousand parts deep': nested(1_000),
    'a hundred thousand parts': `Content-Type: multipart/mixed; boundary=b\n\n${'--b\n\nx\n'.repeat(100_000)}`,
    'a multipart in each part': `Content-Type: multipart/mixed; boundary=b\n\n${'--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n'.repeat(15_000)}`,
    'a header of megabytes': `Subject: ${'x'.repeat(4_000_000)}\n\n`,
    'lines without end': '\n'.repeat(300_000),
    'lines of two dashes': `Content-Type: multipart/mixed; boundary=b\n\n${'--\n'.repeat(300_000)}`,
    'a field of a million lines': `Subject: x\n${' y\n'.repeat(1_000_000)}\n`,
    'a line of megabytes': mail(`Hi. This is the qmail-send program at ${'<'.repeat(2_000_000)}`),
    'a hundred thousand recipients': report(recipient('Action: failed\nStatus: 5.1.1\n').repeat(100_000)),
    'recipients in words': mail(`Hi. This is the qmail-send program at x.\n${'<a@b.example>:\nno\n'.repeat(100_000)}`),
    'a status without an end': report(`Final-Recipient: rfc822; ${'a@'.repeat(300_000)}`),
    'folded for ever': report(recipient(`Action: failed\nDiagnostic-Code: smtp; 550\n${' no\n'.repeat(300_000)}`)),
    'a subject of encoded words': `Subject: ${'=?utf-8?B?eA==?= '.repeat(50_000)}\n\n`,
    'addresses in addresses': `From: ${'<('.repeat(50_000)}\n\nhello`,
  };

  it.each(Object.entries(hostile))('%s is read within bounds', async (_name, text) => {
    const before = process.cpuUsage();
    const { reports, id } = await read(text);
    const { user, system } = process.cpuUsage(before);
    expect(reports.length).toBeGreaterThan(0);
    expect(reports.length).toBeLessThanOrEqual(500);
    expect(JSON.stringify(reports).length).toBeLessThan(500 * 1_000);
    expect(id.length).toBeLessThanOrEqual(998);
    // Far beyond what a linear pass takes on a slow machine, far below what a quadratic one does.
    expect((user + system) / 1_000).toBeLessThan(1_500);
  });

  it('is read to its limit, where what it says stands before the copy of the message', async () => {
    const copy = `Message-ID: ${MESSAGE_ID}\n\n${'x'.repeat(76).concat('\n').repeat(60_000)}`;
    const text = report(recipient('Action: failed\nStatus: 5.1.1'), copy);
    expect(text.length).toBeGreaterThan(16 * MAX_REPORT_BYTES);
    expect(await read(text)).toMatchObject({
      about: { messageIdHeader: MESSAGE_ID },
      reports: [{ kind: 'bounced', class: 'hard', recipient: 'bob@example.org' }],
    });
  });
});
