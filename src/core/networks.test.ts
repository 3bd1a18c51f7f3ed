import { expect, test } from 'vitest';
import { createNetworks, normalizeNetwork } from './networks.ts';

test.each([
  ['203.0.113.7', '203.0.113.7/32'],
  ['10.1.2.3/8', '10.0.0.0/8'],
  ['2001:db8::1', '2001:db8::1/128'],
  ['2001:DB8:0:1::5/48', '2001:db8::/48'],
  ['0.0.0.0/0', '0.0.0.0/0'],
  ['10.1/16', undefined],
  ['010.0.0.1', undefined],
  ['10.0.0.0/33', undefined],
  ['10.0.0.0/255.0.0.0', undefined],
  ['host', undefined],
  ['', undefined],
])('%s is %s', (text, network) => {
  expect(normalizeNetwork(text)).toBe(network);
});

test('an address is in a network of its own kind, IPv4-mapped ones by their IPv4', () => {
  const { has } = createNetworks(['10.0.0.0/8', '2001:db8::/32']);
  for (const inside of ['10.255.0.1', '::ffff:10.0.0.1', '2001:db8:ffff::1']) expect(has(inside)).toBe(true);
  for (const outside of ['11.0.0.1', '2001:db9::1', 'local', '', '::']) expect(has(outside)).toBe(false);
  const mapped = createNetworks(['::ffff:10.0.0.0/104']);
  expect(['10.1.2.3', '::ffff:10.1.2.3', '11.0.0.1'].map(mapped.has)).toEqual([true, true, false]);
  expect(createNetworks([]).has('10.0.0.1')).toBe(false);
});
