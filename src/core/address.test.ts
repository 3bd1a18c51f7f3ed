/** Which addresses there are, and how they are spelled. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addressFault,
  domainOf,
  isAddress,
  isUnsafeText,
  needsSmtpUtf8,
  normalizeAddress,
  normalizeDomain,
  wireAddress,
} from './address.ts';

describe('normalizeAddress', () => {
  it.each([
    ['user@example.com', 'user@example.com'],
    ['First.Last+tag@Example.COM', 'First.Last+tag@example.com'],
    ["!#$%&'*+/=?^_`{|}~-@example.com", "!#$%&'*+/=?^_`{|}~-@example.com"],
    ['root@localhost', 'root@localhost'],
    ['a@xn--bcher-kva.example', 'a@xn--bcher-kva.example'],
    ['a@Bücher.example', 'a@xn--bcher-kva.example'],
    ['a@例え。テスト', 'a@xn--r8jz45g.xn--zckzah'],
    ['用户@例え.テスト', '用户@xn--r8jz45g.xn--zckzah'],
    ['"a b"@example.com', '"a b"@example.com'],
    ['"a@b"@example.com', '"a@b"@example.com'],
    ['"a\\"b"@example.com', '"a\\"b"@example.com'],
    ['"plain"@example.com', 'plain@example.com'],
    ['"p\\lain"@example.com', 'plain@example.com'],
    ['a@[192.0.2.1]', 'a@[192.0.2.1]'],
    ['a@[ipv6:2001:DB8::1]', 'a@[IPv6:2001:db8::1]'],
    ['user.@example.com', 'user.@example.com'],
    ['.user@example.com', '.user@example.com'],
    ['a..b@docomo.ne.jp', 'a..b@docomo.ne.jp'],
    ['"a..b"@docomo.ne.jp', 'a..b@docomo.ne.jp'],
    ['"a\\ b"@example.com', '"a b"@example.com'],
    ['"John Doe"@example.com', '"John Doe"@example.com'],
    ['root@web_1.internal', 'root@web_1.internal'],
    ['a@_dmarc.Example.com', 'a@_dmarc.example.com'],
    ['u\u0308ber@example.com', '\u00fcber@example.com'],
    [`${'l'.repeat(242)}@example.com`, `${'l'.repeat(242)}@example.com`],
  ])('takes %s', (text, address) => {
    expect(normalizeAddress(text)).toBe(address);
  });

  it.each([
    ['nothing', ''],
    ['no @', 'user'],
    ['no local part', '@example.com'],
    ['no domain', 'user@'],
    ['two unquoted @', 'a@b@example.com'],
    ['a space', 'a b@example.com'],
    ['a comma', 'a,b@example.com'],
    ['angle brackets', '<a@example.com>'],
    ['an empty quoted local part', '""@example.com'],
    ['bytes that are not UTF-8', 'm\ufffdller@example.com'],
    ['an open quote', '"a@example.com'],
    ['a bare quote inside quotes', '"a"b"@example.com'],
    ['a backslash at the end of quotes', '"a\\"@example.com'],
    ['CRLF', 'a@example.com\r\nBcc: b@example.com'],
    ['LF in a quoted local part', '"a\nb"@example.com'],
    ['NUL', 'a\0@example.com'],
    ['DEL', 'a\u007f@example.com'],
    ['a C1 control', 'a\u0085@example.com'],
    ['a line separator', 'a\u2028@example.com'],
    ['a no-break space', 'a\u00a0b@example.com'],
    ['an angle bracket in quotes', '"a<b"@example.com'],
    ['an escaped angle bracket in quotes', '"a\\>b"@example.com'],
    ['a turn of direction', 'a\u202eb@example.com'],
    ['a lone surrogate', 'a\ud800@example.com'],
    ['an empty label', 'a@example..com'],
    ['a dot after the domain', 'a@example.com.'],
    ['a hyphen first in a label', 'a@-example.com'],
    ['a hyphen last in a label', 'a@example-.com'],
    ['a slash in the domain', 'a@example.com/x'],
    ['a percent sign in the domain', 'a@ex%41mple.com'],
    ['a number as top-level domain', 'a@192.0.2.1'],
    ['the same in full-width digits', 'a@１９２.0.2.1'],
    ['a literal that is not an IP address', 'a@[example.com]'],
    ['a literal with an @', 'a@[x@example.com]'],
    ['a literal with a zone', 'a@[IPv6:fe80::1%eth0]'],
    ['IPv6 without its tag', 'a@[2001:db8::1]'],
    ['a label of 64 octets', `a@${'d'.repeat(64)}.com`],
    ['255 octets', `${'l'.repeat(63)}@${'d'.repeat(63)}.${'d'.repeat(63)}.${'d'.repeat(63)}`],
  ])('refuses %s', (_what, text) => {
    expect(normalizeAddress(text)).toBeUndefined();
  });

  it('is done once: what it gives needs no further change', () => {
    const local = fc.stringMatching(/^[\wü!+.-]{1,20}$/u);
    const quoted = fc.string({ maxLength: 20 }).map((text) => `"${text.replace(/[\\"]/g, '\\$&')}"`);
    const domain = fc.oneof(fc.domain(), fc.constantFrom('BÜCHER.example', '[192.0.2.7]', 'localhost'));
    fc.assert(
      fc.property(fc.oneof(local, quoted), domain, (left, right) => {
        const address = normalizeAddress(`${left}@${right}`);
        if (address === undefined) return;
        expect(isAddress(address)).toBe(true);
        expect(Buffer.byteLength(address)).toBeLessThanOrEqual(254);
      }),
    );
  });

  it('takes no time to refuse what is made to take long', () => {
    const before = process.cpuUsage();
    for (const part of ['a.', 'a-', '\\a', '"', '@', '<', 'ü.']) {
      normalizeAddress(`${part.repeat(200)}@example.com`);
      normalizeAddress(`"${part.repeat(200)}`);
      normalizeDomain(`${part.repeat(100_000)}!`);
    }
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(2000);
  });
});

it('knows which addresses need SMTPUTF8', () => {
  expect(needsSmtpUtf8('用户@xn--r8jz45g.xn--zckzah')).toBe(true);
  expect(needsSmtpUtf8('user@xn--r8jz45g.xn--zckzah')).toBe(false);
});

it('splits an address at its last @', () => {
  expect(domainOf('"a@b"@example.com')).toBe('example.com');
});

it('tells unsafe text', () => {
  for (const text of ['a\rb', 'a\nb', 'a\0', '\u001b[0m', 'a\ud83d']) expect(isUnsafeText(text)).toBe(true);
  for (const text of ['', 'a b', 'ü', '😀', 'שלום\u200f']) expect(isUnsafeText(text)).toBe(false);
});

it.each([
  ['user@example.com', 'user@example.com'],
  ['user.@example.com', '"user."@example.com'],
  ['a..b@docomo.ne.jp', '"a..b"@docomo.ne.jp'],
  ['.ü@example.com', '".ü"@example.com'],
  ['"John Doe"@example.com', '"John Doe"@example.com'],
])('writes %s on the wire as RFC 5321 has it', (stored, written) => {
  expect(wireAddress(stored)).toBe(written);
  expect(normalizeAddress(written)).toBe(stored);
});

it('says what is wrong with a text that is not an address', () => {
  expect(addressFault('a\0b@example.com')).toBe('has a control character');
  expect(addressFault(`${'l'.repeat(250)}@example.com`)).toBe('is longer than 254 octets');
  expect(addressFault('user')).toContain('is not an email address');
});
