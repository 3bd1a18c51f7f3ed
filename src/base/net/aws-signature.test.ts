/** The keys that signatures are made with: each once, and few kept. */

import { expect, it } from 'vitest';
import { awsSigned, type SigningKeys } from './aws-signature.ts';

const DAY_MS = 86_400_000;
const NOW = Date.parse('2026-11-30T12:00:00Z');
const credentials = { accessKeyId: 'AK', secretAccessKey: 'secret' };
const sign = (keys: SigningKeys, { now = NOW, secretAccessKey = 'secret' } = {}) =>
  awsSigned(
    {
      method: 'POST',
      url: 'https://email.example.com/v2/x',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    },
    { credentials: { ...credentials, secretAccessKey }, service: 'ses', region: 'eu-central-1', now, keys },
  );

it('are made once for a day and for a secret, and sign the same as new ones', async () => {
  const keys: SigningKeys = new Map();
  const first = await sign(keys);
  const [key] = keys.values();
  expect(await sign(keys)).toEqual(first);
  expect([...keys.values()]).toEqual([key]);
  expect(await sign(new Map())).toEqual(first);
  const another = await sign(keys, { secretAccessKey: 'another' });
  expect(another.authorization).not.toBe(first.authorization);
  expect((await sign(keys, { now: NOW + DAY_MS })).authorization).not.toBe(first.authorization);
  expect(keys.size).toBe(3);
});

it('are few, however many days or secrets there were', async () => {
  const keys: SigningKeys = new Map();
  for (let day = 0; day < 40; day += 1) await sign(keys, { now: NOW + day * DAY_MS });
  expect(keys.size).toBeLessThan(10);
});
