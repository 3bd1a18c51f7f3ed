import { expect, it } from 'vitest';
import { allowedAddress } from './allowed-address.ts';

const leadsTo =
  (...addresses: readonly string[]) =>
  async () =>
    addresses.map((address) => ({ address, family: 4 as const }));

it('connects to a public address of a name, and to none inside', async () => {
  expect(await allowedAddress('mail.example.com', [], leadsTo('10.0.0.7', '203.0.114.9'))).toBe('203.0.114.9');
  expect(await allowedAddress('mail.example.com', ['10.0.0.0/8'], leadsTo('10.0.0.7'))).toBe('10.0.0.7');
  for (const inside of ['10.0.0.7', '127.0.0.1', '169.254.169.254', '::1']) {
    await expect(allowedAddress('mail.example.com', [], leadsTo(inside))).rejects.toThrow(
      'mail.example.com is not connected to',
    );
    await expect(allowedAddress(inside, [])).rejects.toThrow('is not connected to');
  }
});

it('never connects to where a host finds its credentials, listed or not', async () => {
  await expect(allowedAddress('a.example', ['0.0.0.0/0'], leadsTo('169.254.169.254'))).rejects.toThrow('link-local');
});
