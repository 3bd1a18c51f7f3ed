/** Files of other services, as they come: their columns, their words, their encodings. */

import { describe, expect, it } from 'vitest';
import { fileText } from './file-text.ts';
import { fileTime } from './file-time.ts';
import { readSuppressionFile } from './suppression-file.ts';

const NOW = Date.UTC(2026, 10, 22);
const read = (text: string, more: { strict?: boolean; reason?: 'complaint' } = {}) =>
  readSuppressionFile(text, { now: NOW, strict: false, ...more });
const told = async (text: string) => {
  const { entries, errors } = await read(text);
  return [
    ...entries.map(({ email, reason, note }) => [email, reason, ...(note === undefined ? [] : [note])]),
    ...errors.map(({ path, message }) => [path, message]),
  ];
};

describe('a file', () => {
  it.each<[string, string, readonly (readonly unknown[])[]]>([
    [
      'bounces of SendGrid',
      'status,reason,email,created\n5.1.1,"550 no such user",SG@x.example,1700000000\n4.2.2,"mailbox full",b@x.example,1700000000\n',
      [
        ['sg@x.example', 'hard_bounce', '550 no such user'],
        ['line 3', 'tells of a failure that passes, which suppresses nobody'],
      ],
    ],
    [
      'spam reports of SendGrid',
      'email,ip,created\na@x.example,192.0.2.1,1700000000\n',
      [['a@x.example', 'complaint']],
    ],
    [
      'invalid addresses of SendGrid',
      'reason,email,created\nMail domain mentioned in email address is unknown,a@x.example,1700000000\n',
      [['a@x.example', 'hard_bounce', 'Mail domain mentioned in email address is unknown']],
    ],
    [
      'bounces of Mailgun',
      'address,code,error,created_at\nfoo@bar.example,550,No such mailbox,"Thu, 11 Dec 2025 01:49:40 UTC"\nb@bar.example,,,\n',
      [
        ['foo@bar.example', 'hard_bounce', 'No such mailbox'],
        ['b@bar.example', 'hard_bounce'],
      ],
    ],
    [
      'unsubscribes of Mailgun',
      'address,tags,created_at\na@x.example,*,"Thu, 11 Dec 2025 01:49:40 UTC"\n',
      [['a@x.example', 'unsubscribe']],
    ],
    [
      'a stream of Postmark',
      'EmailAddress,SuppressionReason,Origin,CreatedAt\np@x.example,HardBounce,Recipient,2020-07-01\ns@x.example,SpamComplaint,Recipient,2019-12-17T08:58:33-05:00\nm@x.example,ManualSuppression,Customer,2020-07-01\nr@x.example,ManualSuppression,Recipient,2020-07-01\n',
      [
        ['p@x.example', 'hard_bounce'],
        ['s@x.example', 'complaint'],
        ['m@x.example', 'manual'],
        ['r@x.example', 'unsubscribe'],
      ],
    ],
    [
      'ListSuppressedDestinations of SES',
      JSON.stringify({
        SuppressedDestinationSummaries: [
          { EmailAddress: 'b@x.example', Reason: 'BOUNCE', LastUpdateTime: 1586540880.0 },
          { EmailAddress: 'c@x.example', Reason: 'COMPLAINT', LastUpdateTime: '2020-04-10T21:03:05+00:00' },
        ],
        NextToken: 'x',
      }),
      [
        ['b@x.example', 'hard_bounce'],
        ['c@x.example', 'complaint'],
      ],
    ],
    [
      'what SES imports',
      'b@x.example,BOUNCE\nc@x.example,COMPLAINT\n',
      [
        ['b@x.example', 'hard_bounce'],
        ['c@x.example', 'complaint'],
      ],
    ],
    [
      'JSON line by line',
      '{"emailAddress":"b@x.example","reason":"BOUNCE"}\n\n{"emailAddress":"c@x.example"\n[1]\n',
      [
        ['b@x.example', 'hard_bounce'],
        ['line 3', 'is not a JSON object'],
        ['line 4', 'is not a JSON object'],
      ],
    ],
    [
      'an answer of an API',
      '{"items":[{"address":"foo@bar.example","code":"550","error":"No such mailbox"}],"paging":{"next":"x"}}',
      [['foo@bar.example', 'hard_bounce', 'No such mailbox']],
    ],
    ['names in capitals', 'E-Mail;REASON\nA@x.example;Spam Complaint\n', [['a@x.example', 'complaint']]],
    ['tabs', 'Email\tNote\na@x.example\tasked, by phone\n', [['a@x.example', 'manual', 'asked, by phone']]],
    [
      'addresses alone',
      'a@x.example\n*@y.example\nJo Doe <jo@z.example>\nnobody\n',
      [
        ['a@x.example', 'manual'],
        ['@y.example', 'manual'],
        ['jo@z.example', 'manual'],
        ['line 4', 'email is neither an email address nor *@ and a domain'],
      ],
    ],
    [
      'words that nobody knows',
      'email,reason\na@x.example,bored\nb@x.example,\n',
      [
        ['b@x.example', 'manual'],
        ['line 2', 'reason "bored" is not one of hard_bounce, complaint, unsubscribe, manual'],
      ],
    ],
    [
      'a list of who is subscribed',
      'email,status\na@x.example,subscribed\nb@x.example,unsubscribed\n',
      [
        ['b@x.example', 'unsubscribe'],
        ['line 2', expect.stringContaining('reason "subscribed"') as unknown as string],
      ],
    ],
    [
      'cells that our own export made harmless',
      "email,note\n'+a@x.example,'=1+1\n",
      [['+a@x.example', 'manual', '=1+1']],
    ],
    [
      'a quote that is not closed',
      'email,note\na@x.example,"open\nb@x.example,x\n',
      [
        ['b@x.example', 'manual', 'x'],
        ['line 2', 'has a quote that is not closed'],
      ],
    ],
  ])('%s', async (_what, text, expected) => {
    expect(await told(text)).toEqual(expected);
  });

  it('says which columns mean nothing to it, and takes the reason that the caller gives where it has none', async () => {
    const { entries, ignoredColumns } = await read('Email,Country,Reason\na@x.example,DE,\n', { reason: 'complaint' });
    expect(ignoredColumns).toEqual(['Country']);
    expect(entries).toMatchObject([{ reason: 'complaint' }]);
  });

  it('keeps the time at which an entry was made, and its end', async () => {
    const { entries } = await read('email,created,expires\na@x.example,1700000000,2027-01-01 10:00:00\n');
    expect(entries).toMatchObject([{ createdAt: 1_700_000_000_000, expiresAt: Date.UTC(2027, 0, 1, 10) }]);
  });

  it.each(['', '\n', 'reason\nmanual\n', 'email,Email\na@x.example,b@x.example\n'])('is none: %j', async (text) => {
    await expect(read(text)).rejects.toMatchObject({ code: 'invalid_request' });
  });
});

it.each([
  ['email,created', 'unsubscribe'],
  ['address,created_at', 'complaint'],
  ['email,group,created', 'manual'],
])('a file of the columns %s lists addresses as %s', async (columns, reason) => {
  const cells = columns
    .split(',')
    .map((name) => (name === 'group' ? 'x' : /^(?:email|address)$/.test(name) ? 'a@x.example' : '1700000000'));
  expect((await read(`${columns}\n${cells.join(',')}\n`)).entries).toMatchObject([{ reason }]);
  expect((await read(`${columns}\n${cells.join(',')}\n`, { reason: 'complaint' })).entries).toMatchObject([
    { reason: 'complaint' },
  ]);
});

describe('a file is refused that has too many', () => {
  const list = (length: number, item: (at: number) => string) => Array.from({ length }, (_, at) => item(at));
  it.each([
    ['columns', `email,${list(500, (at) => `c${at}`)}\na@x.example\n`],
    ['fields in a line', `email\na@x.example\n${','.repeat(500)}\n`],
  ])('%s', async (_what, text) => {
    await expect(readSuppressionFile(text, { now: 0, strict: false })).rejects.toThrow('at most 500 columns');
  });

  it.each([
    ['names', `{${list(10_001, (at) => `"c${at}":1`)}}`],
    ['names in its lines', list(1_001, (line) => `{${list(10, (at) => `"c${line}-${at}":1`)}}`).join('\n')],
  ])('%s', async (_what, text) => {
    await expect(readSuppressionFile(text, { now: 0, strict: false })).rejects.toThrow('10000 different names');
  });
});

describe('the text of a file', () => {
  const text = 'email;note\r\na@x.example;Straße\r\n';

  it.each([
    ['UTF-8', Buffer.from(text)],
    ['UTF-8 with a mark', Buffer.from(`\ufeff${text}`)],
    ['UTF-16 with a mark', Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['UTF-16 without', Buffer.from(text, 'utf16le')],
    ['UTF-16 the other way round', Buffer.from(`\ufeff${text}`, 'utf16le').swap16()],
    ['Latin-1', Buffer.from(text, 'latin1')],
  ])('in %s', (_encoding, bytes) => {
    expect(fileText(bytes)).toBe(text);
  });

  it('in what the caller says, where the bytes allow it', () => {
    expect(fileText(Buffer.from([0xcf, 0xf0]), 'koi8-r')).toBe('оП');
    expect(fileText(Buffer.from([0x80]), 'utf-8')).toBe('€');
    expect(fileText(Buffer.from([0x80]), 'no such thing')).toBe('€');
  });
});

it.each([
  ['1700000000', 1_700_000_000_000],
  ['1700000000000', 1_700_000_000_000],
  ['2020-07-01', Date.UTC(2020, 6, 1)],
  ['2020-07-01 10:00:00', Date.UTC(2020, 6, 1, 10)],
  ['2020-07-01 10:00:00.123 UTC', Date.UTC(2020, 6, 1, 10, 0, 0, 123)],
  ['2020-07-01T10:00:00+0200', Date.UTC(2020, 6, 1, 8)],
  ['Thu, 11 Dec 2025 01:49:40 UTC', Date.UTC(2025, 11, 11, 1, 49, 40)],
  ['2020-02-30', undefined],
  ['2020-02-30 10:00:00', undefined],
  ['Tue, 30 Feb 2021 01:49:40 UTC', undefined],
  ['07/01/2020', undefined],
  ['soon', undefined],
])('the time %s', (text, at) => {
  expect(fileTime(text)).toBe(at);
});
