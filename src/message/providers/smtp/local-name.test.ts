import { hostname, networkInterfaces } from 'node:os';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { literalFor, localNameOf } from './local-name.ts';

vi.mock('node:os', () => ({ hostname: vi.fn(), networkInterfaces: vi.fn() }));

beforeEach(() => {
  vi.mocked(hostname).mockReturnValue('b7c1e0a9');
  vi.mocked(networkInterfaces).mockReturnValue({
    lo: [{ address: '127.0.0.1', family: 'IPv4', internal: true, netmask: '', mac: '', cidr: null }],
    eth0: [
      { address: 'fe80::1', family: 'IPv6', internal: false, netmask: '', mac: '', cidr: null, scopeid: 2 },
      { address: '172.17.0.2', family: 'IPv4', internal: false, netmask: '', mac: '', cidr: null },
    ],
  });
});
afterEach(() => vi.restoreAllMocks());

describe('the name that EHLO gives', () => {
  it.each([
    [['mail.example.com', 'other.example.com'], 'mail.example.com'],
    [[undefined, 'mail.example.com'], 'mail.example.com'],
    [['192.0.2.1'], '[192.0.2.1]'],
    [['2001:db8::1'], '[IPv6:2001:db8::1]'],
    [['web-1', 'localhost.localdomain'], undefined],
    [[], undefined],
  ])('of %j is %s', (names, expected) => {
    expect(localNameOf(names)).toBe(expected);
  });

  it('is the name of the machine where that has a dot', () => {
    vi.mocked(hostname).mockReturnValue('web-1.example.net');
    expect(localNameOf([undefined])).toBe('web-1.example.net');
  });

  it.each([
    ['192.0.2.9', '[192.0.2.9]'],
    ['::ffff:192.0.2.9', '[192.0.2.9]'],
    ['2001:db8::9%eth0', '[IPv6:2001:db8::9]'],
    // A receiver refuses the loopback address, so it is never given where the machine has another.
    ['127.0.0.1', '[172.17.0.2]'],
    ['::1', '[172.17.0.2]'],
    [undefined, '[172.17.0.2]'],
  ])('is the address of the connection where there is no name: %s → %s', (address, expected) => {
    expect(literalFor(address)).toBe(expected);
  });

  it('is the loopback address of a machine that has no other', () => {
    vi.mocked(networkInterfaces).mockReturnValue({});
    expect(literalFor('127.0.0.1')).toBe('[127.0.0.1]');
  });
});
