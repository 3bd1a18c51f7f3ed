import { expect, it } from 'vitest';
import { providersNamed, tenantSettingsChangeSchema, tenantSettingsSchema } from './tenant-settings.ts';

it('keeps domains as addresses are kept', () => {
  const domains = ['Example.COM', 'bücher.example'];
  expect(tenantSettingsSchema.parse({ recipientDomains: domains, replyToDomains: domains })).toEqual({
    recipientDomains: ['example.com', 'xn--bcher-kva.example'],
    replyToDomains: ['example.com', 'xn--bcher-kva.example'],
  });
  expect(tenantSettingsChangeSchema.parse({ recipientDomains: ['A.B'] })).toEqual({ recipientDomains: ['a.b'] });
});

it.each([
  { recipientDomains: ['*.example.com'] },
  { recipientDomains: ['a@b.example'] },
  { recipientDomains: [] },
  { defaultFrom: { email: 'nobody' } },
  { defaultFrom: { email: 'Jo <jo@acme.example>' } },
  { defaultFrom: { email: 'jo@acme.example', name: 'Jo\r\nBcc: eve@evil.example' } },
  { ratePerMinute: 0 },
  { sending: 'maybe' },
  { split: {} },
])('does not take %j', (settings) => {
  expect(tenantSettingsSchema.safeParse(settings).success).toBe(false);
});

it('finds every provider that settings name', () => {
  const split = { a: 1, b: 2 };
  expect(providersNamed({ primary: 'p', fallback: null, route: ['x', 'y'], split })).toEqual([
    ['primary', 'p'],
    ['route.0', 'x'],
    ['route.1', 'y'],
    ['split.a', 'a'],
    ['split.b', 'b'],
  ]);
});
