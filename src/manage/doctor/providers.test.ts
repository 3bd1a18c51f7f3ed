import { expect, it } from 'vitest';
import { emptyTally } from '../../core/tally.ts';
import type { KnownProvider } from '../known-providers.ts';
import { checkNames } from './providers.ts';

const known = (name: string, type: string, formerNames?: readonly string[]): KnownProvider => ({
  ...{ name, type, source: 'config', version: '' },
  settings: { type, ...(formerNames && { formerNames }) },
});

async function checksOf(providers: readonly KnownProvider[]) {
  const tally = { ...emptyTally, recipients: 1 };
  const rows = ['old', 'sendgrid', ''].map((provider) => ({ tenantId: 't', provider, tally }));
  const list = async () => [...rows, ...rows, { tenantId: 't', provider: 'failed', tally: emptyTally }];
  return Array.fromAsync(checkNames({ store: { tallies: { list } }, clock: { now: () => 0 }, providers }));
}

it('names what mail went by that no provider is called any more, where a vendor may still tell of it', async () => {
  const relay = known('relay', 'smtp');
  expect(await checksOf([relay, known('sendgrid', 'sendgrid')])).toMatchObject([
    { level: 'warning', check: 'provider old', advice: expect.stringContaining('formerNames: [old]') },
  ]);
  expect(await checksOf([relay, known('sendgrid', 'sendgrid', ['old'])])).toEqual([]);
  expect(await checksOf([relay])).toEqual([]);
});
