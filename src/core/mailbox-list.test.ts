/** How lists of mailboxes are read: by every door, each character of them. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatMailbox, toMailbox } from './address.ts';
import { readMailbox, readMailboxList } from './mailbox-list.ts';

const ada = { email: 'ada@x.example', name: 'Ada' };
const bob = { email: 'bob@x.example', name: 'Bob' };

describe('readMailbox', () => {
  it.each([
    ['user@example.com', { email: 'user@example.com' }],
    ['  user@example.com ', { email: 'user@example.com' }],
    ['<user@example.com>', { email: 'user@example.com' }],
    ['User <user@example.com>', { email: 'user@example.com', name: 'User' }],
    ['"Last, First" <user@example.com>', { email: 'user@example.com', name: 'Last, First' }],
    ['Last, First <user@example.com>', { email: 'user@example.com', name: 'Last, First' }],
    ['"Say \\"hi\\"" <user@example.com>', { email: 'user@example.com', name: 'Say "hi"' }],
    ['Ägnes <user@Bücher.example>', { email: 'user@xn--bcher-kva.example', name: 'Ägnes' }],
    ['a < b <user@example.com>', { email: 'user@example.com', name: 'a < b' }],
    ['Sales: EMEA <user@example.com>', { email: 'user@example.com', name: 'Sales: EMEA' }],
    ['Jo (Sales) <user@example.com>', { email: 'user@example.com', name: 'Jo (Sales)' }],
    ['[Shop] Dr. Jo <user@example.com>', { email: 'user@example.com', name: '[Shop] Dr. Jo' }],
    ['user@example.com (Jo Doe)', { email: 'user@example.com', name: 'Jo Doe' }],
    ['"John Doe"@example.com', { email: '"John Doe"@example.com' }],
    ['John <"a@b, <c>"@example.com>', undefined],
    ['John <"a@b, c"@example.com>', { email: '"a@b, c"@example.com', name: 'John' }],
    ['<jo@[IPv6:2001:db8::1]>', { email: 'jo@[IPv6:2001:db8::1]' }],
    ['jo@[192.0.2.1]', { email: 'jo@[192.0.2.1]' }],
    ['user.@example.com', { email: 'user.@example.com' }],
  ])('reads %s', (text, mailbox) => {
    expect(readMailbox(text)).toEqual(mailbox);
  });

  it.each([
    ...['User <user@example.com', 'user@example.com>', 'User <>', 'User user@example.com', '<a@b.example> <>', ''],
    ...[
      'Ada <ada@x.example>, Bob <bob@x.example>',
      'a@b.example; c@d.example',
      '"Jo <a@b.example>',
      'Jo (x <a@b.example>',
    ],
    ...['Ada <a@b.example> Bob <c@d.example>', '<a@b.example> Jo', `${'n'.repeat(256)} <a@b.example>`, 'root'],
  ])('does not read %s', (text) => {
    expect(readMailbox(text)).toBeUndefined();
  });

  it('reads back what formatMailbox writes', () => {
    const mailbox = fc
      .record({
        email: fc.constantFrom('a@example.com', '"a b"@example.com', 'ü@example.com', '.a..b.@example.com'),
        name: fc.string({ unit: 'grapheme' }),
      })
      .map(({ email, name }) => toMailbox(email, name))
      .filter((found) => found !== undefined);
    fc.assert(
      fc.property(
        fc.array(mailbox, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(', ', ';', ' ,, '),
        (all, between) => {
          expect(readMailboxList(all.map(formatMailbox).join(between))).toEqual({
            mailboxes: all,
            unreadable: [],
            clear: true,
          });
        },
      ),
    );
  });

  it('lets no control character through, wherever it stands', () => {
    const control = fc.constantFrom('\r', '\n', '\r\n', '\0', '\t', '\u007f', '\u0085', '\u2028', '\u2029');
    const putters = fc.constantFrom(
      (c: string) => `A${c}B <user@example.com>`,
      (c: string) => `"A${c}B" <user@example.com>`,
      (c: string) => `us${c}er@example.com`,
      (c: string) => `A <user@exa${c}mple.com>`,
      (c: string) => `a@example.com, user@example.com (B${c}C)`,
    );
    fc.assert(
      fc.property(control, putters, (c, put) => {
        expect(readMailbox(put(c))).toBeUndefined();
        expect(readMailboxList(put(c)).mailboxes).toEqual([]);
      }),
    );
  });
});

describe('readMailboxList', () => {
  it.each([
    ['Ada <ada@x.example>, Bob <bob@x.example>', [ada, bob]],
    ['Ada <ada@x.example>; Bob <bob@x.example>;', [ada, bob]],
    ['Friends: Ada <ada@x.example>, Bob <bob@x.example>;', [ada, bob]],
    ['Friends:Ada <ada@x.example>;, Bob <bob@x.example>', [ada, bob]],
    ['undisclosed-recipients:;', []],
    [', ,', []],
    [
      'Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>',
      [{ email: 'pete@silly.test', name: 'Pete(A nice ) chap)' }],
    ],
    [
      "A Group(Some people):Chris Jones <c@(Chris's host.)public.example>, joe@example.org;",
      [{ email: 'c@public.example', name: 'Chris Jones' }, { email: 'joe@example.org' }],
    ],
    [
      'Mary Smith <@node.test,@other.test:mary@example.net>, , jdoe@test  . example',
      [{ email: 'mary@example.net', name: 'Mary Smith' }, { email: 'jdoe@test.example' }],
    ],
  ])('reads %s', (text, mailboxes) => {
    expect(readMailboxList(text)).toMatchObject({ mailboxes, unreadable: [] });
  });

  it('tells what it cannot read, and loses nothing else', () => {
    const { mailboxes, unreadable } = readMailboxList(
      'ada@x.example, Bob b@@x, <root>, "Jo <jo@x.example>, x@x.example',
    );
    expect(mailboxes).toEqual([{ email: 'ada@x.example' }]);
    expect(unreadable).toEqual([
      { text: 'Bob b@@x', address: 'Bob b@@x', fault: expect.stringContaining('is not an email address') },
      { text: '<root>', address: 'root', fault: expect.stringContaining('is not an email address') },
      { text: '"Jo <jo@x.example>, x@x.example', address: '', fault: 'has a quote that is not closed' },
    ]);
  });

  it('joins the words of a name with commas only where that is asked for', () => {
    const text = 'ada@x.example, Last, First <jo@x.example>, Nobody, jo@y.example, Nobody';
    const { mailboxes, unreadable } = readMailboxList(text, { joinNames: true });
    expect(mailboxes.map(({ email, name }) => [email, name])).toEqual([
      ['ada@x.example', undefined],
      ['jo@x.example', 'Last, First'],
      ['jo@y.example', undefined],
    ]);
    expect(unreadable.map((one) => one.text)).toEqual(['Nobody', 'Nobody']);
    expect(readMailboxList(text).unreadable.map((one) => one.text)).toEqual(['Last', 'Nobody', 'Nobody']);
  });

  it.each([
    ['ada@evil.example <ada@x.example>'],
    ['<@evil.example:ada@x.example>'],
    ['ada@evil.example < ada@x.example'],
    ['"ada@evil.example> <ada@x.example>'],
    ['ada@evil.example\\ <ada@x.example>'],
    ['=?utf-8?q?ada=40evil.example=00?=@x.example'],
    ['ada @ x.example'],
    ['=?utf-8?q?ada@evil.example,?= <ada@x.example>'],
    ['ada(x)@(y)x.example'],
    ['a < ada@x.example <ada@x.example>'],
    ['ada@x.example, root'],
    ['ada@x.example (ada@evil.example)'],
    ['(ada@evil.example) Ada (x) <ada@x.example>'],
    ['Ada <ada@x.example(<evil.example)>'],
  ])('knows that %s may be read in another way', (text) => {
    expect(readMailboxList(text).clear).toBe(false);
  });

  it.each([
    'Ada <ada@x.example>',
    '"ada@evil.example" <ada@x.example>',
    'ada@x.example (Ada)',
    'ada@x.example (Ada@x.example)',
    'ada@x.example <Ada@x.example>',
    '=?utf-8?q?J=C3=BCrgen_@_Firma?= <ada@x.example>',
    '"a b"@x.example',
  ])('knows that %s may not', (text) => {
    expect(readMailboxList(text).clear).toBe(true);
  });
});
