import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAddressPolicy } from './address-policy.ts';

const closed = createAddressPolicy([]);
const open = createAddressPolicy(['0.0.0.0/0', '::/0']);

const octet = fc.integer({ min: 0, max: 255 });
const inside = (...first: number[]) =>
  fc.tuple(octet, octet, octet, octet).map((four) => [...first, ...four].slice(0, 4) as Four);
type Four = [number, number, number, number];
const hex = (high: number, low: number) => ((high << 8) | low).toString(16);

/** Every way to write an IPv4 address into an IPv6 one that some router or stack unwraps. */
const carriers: readonly ((four: Four) => string)[] = [
  ([a, b, c, d]) => `::ffff:${a}.${b}.${c}.${d}`,
  ([a, b, c, d]) => `::ffff:${hex(a, b)}:${hex(c, d)}`,
  ([a, b, c, d]) => `0:0:0:0:0:FFFF:${hex(a, b).toUpperCase()}:${hex(c, d)}`,
  ([a, b, c, d]) => `64:ff9b::${hex(a, b)}:${hex(c, d)}`,
  ([a, b, c, d]) => `64:ff9b:1::${hex(a, b)}:${hex(c, d)}`,
  ([a, b, c, d]) => `64:ff9b:1:${hex(a, b)}:${hex(0, c)}:${hex(d, 0)}::`,
  ([a, b, c, d]) => `2002:${hex(a, b)}:${hex(c, d)}::1`,
  ([a, b, c, d]) => `2001:0:${hex(a, b)}:${hex(c, d)}::`,
  ([a, b, c, d]) => `2001:0:808:808:0:0:${hex(255 - a, 255 - b)}:${hex(255 - c, 255 - d)}`,
  ([a, b, c, d]) => `::ffff:0:${hex(a, b)}:${hex(c, d)}`,
  ([a, b, c, d]) => `2600:1:2:3:0:5efe:${hex(a, b)}:${hex(c, d)}`,
  ([a, b, c, d]) => `2600:1:2:3:200:5efe:${hex(a, b)}:${hex(c, d)}`,
];
const carrier = fc.constantFrom(...carriers);

describe('addresses', () => {
  it.each([
    ['8.8.8.8', '93.184.216.34', '100.63.255.255', '172.32.0.1', '2606:4700::1111', '2a00:1450:4001:81b::200e'],
  ])('of the public are allowed', (...addresses) => {
    for (const address of addresses) expect(closed(address), address).toBeUndefined();
  });

  it.each([
    ...['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '127.0.0.1', '127.255.255.254', '100.64.0.1'],
    ...['192.0.0.1', '192.0.2.1', '198.18.0.1', '198.51.100.1', '203.0.113.1', '240.0.0.1', '192.88.99.1'],
    ...['::1', 'fd00::1', 'fc00::1', 'fec0::1', '2001:db8::1', '100::1', '::7f00:1', '::808:808', '4000::1', '5f00::1'],
  ])('private or reserved: %s only where it is listed', (address) => {
    expect(closed(address)).toMatch('only where the operator allows');
    expect(open(address)).toBeUndefined();
  });

  it.each([
    ...['169.254.169.254', '169.254.0.1', '100.100.100.200', '168.63.129.16', '192.0.0.192', 'fd00:ec2::254'],
    ...['fd00:0ec2:0:0:0:0:0:254', 'fd20:ce::254', 'fe80::1', 'fe80::1%eth0', '0.0.0.0', '0.1.2.3', '::'],
    ...['224.0.0.1', '255.255.255.255', 'ff02::1', 'fd00:ec2::254%1', 'not an address', ''],
  ])('%s is never connected to, listed or not', (address) => {
    expect(closed(address)).toBeDefined();
    expect(open(address)).toBeDefined();
  });

  it('of metadata stay forbidden in every form that carries them', () => {
    const metadata = fc.oneof(
      inside(169, 254),
      fc.constantFrom<Four>([100, 100, 100, 200], [168, 63, 129, 16], [0, 0, 0, 0], [224, 0, 0, 1]),
    );
    fc.assert(
      fc.property(metadata, carrier, (four, write) => {
        expect(open(four.join('.'))).toBeDefined();
        expect(open(write(four)), write(four)).toBeDefined();
      }),
      { numRuns: 500 },
    );
  });

  it('that are private stay forbidden in every form that carries them', () => {
    const own = fc.oneof(inside(10), inside(192, 168), inside(127), inside(172, 16), inside(100, 64), inside(0));
    fc.assert(
      fc.property(own, carrier, (four, write) => {
        expect(closed(four.join('.'))).toBeDefined();
        expect(closed(write(four)), write(four)).toBeDefined();
      }),
      { numRuns: 500 },
    );
  });

  it('reached through NAT64 or written as mapped are judged by their IPv4 network', () => {
    const some = createAddressPolicy(['10.1.0.0/16']);
    for (const address of ['10.1.2.3', '::ffff:10.1.2.3', '64:ff9b::a01:203']) expect(some(address)).toBeUndefined();
    for (const address of ['10.2.0.1', '::ffff:10.2.0.1', '64:ff9b::a02:1']) expect(some(address)).toBeDefined();
    expect(closed('64:ff9b::808:808')).toBeUndefined();
    expect(closed('::ffff:8.8.8.8')).toBeUndefined();
  });

  it('are never told in the reason', () => {
    expect(closed('10.11.12.13')).not.toContain('10.11');
  });

  it('of a network that is not CIDR are a fault at once', () => {
    expect(() => createAddressPolicy(['10.0.0.0'])).toThrow();
  });
});
