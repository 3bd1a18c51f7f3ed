/** What is said of settings that cannot be changed so, and what a test of a provider does besides. */

import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Config } from '../config/schema.ts';
import type { WaysOut } from '../message/delivery/ways-out.ts';
import { openManage, type TestManage } from './manage.testing.ts';
import { createProviderDesk } from './provider-settings.ts';
import { createVendorReports } from './vendor-reports.ts';

let test: TestManage;
beforeEach(async () => {
  test = await openManage();
});
afterEach(() => test.close());

const config = {
  providers: { fixed: { type: 'null' } },
  routing: {},
  http: {},
  smtp: { hostname: 'iep.example.com' },
  outbox: { leaseSeconds: 60 },
} as unknown as Config;

function desk(ways: Partial<WaysOut> = {}) {
  const live = {
    ways: { get: () => undefined, names: () => [], ...ways } as unknown as WaysOut,
    vendorReports: createVendorReports(test.deps.clock as never),
    reload: async () => undefined,
  };
  return createProviderDesk({ ...test.deps, live } as never, { now: () => config });
}

it('refuses to take away what is not a setting of the type, and takes away what is', async () => {
  const providers = desk();
  await providers.add({ name: 'drop', settings: { type: 'null', maxPerSecond: 5 } });
  await expect(providers.set({ name: 'drop', settings: { nosuch: null } })).rejects.toMatchObject({
    ...{ code: 'invalid_request', message: 'settings.nosuch is not a setting of the type null' },
  });
  const { settings } = await providers.set({ name: 'drop', settings: { maxPerSecond: null } });
  expect(settings).toEqual({ type: 'null' });
});

it('takes callbacks at the URL with an old name, for the provider as it is called now', () => {
  const provider = { name: 'new', type: 'sendgrid', formerNames: ['old'] };
  const providers = desk({ get: (name) => (name === 'old' ? ({ provider } as never) : undefined) });
  expect(providers.listenerOf('old')).toEqual({ name: 'new', formerNames: ['old'], setting: '`webhookPublicKey`' });
  expect(providers.listenerOf('older')).toBeUndefined();
});

it('says where a provider of the configuration is changed', async () => {
  await expect(desk().set({ name: 'fixed', settings: { maxPerSecond: 1 } })).rejects.toMatchObject({
    extra: { hint: 'Change providers.fixed in the configuration, and send SIGHUP.' },
  });
});

it('ends the pause of a provider that a test finds well, and of no other', async () => {
  let hurried = 0;
  let ok = false;
  const way = {
    provider: {},
    hurry: () => void hurried++,
    check: async () => ({ ok, detail: '' }),
    state: () => undefined,
  };
  const providers = desk({ get: () => way as never });
  await providers.test({ name: 'fixed' });
  expect(hurried).toBe(0);
  ok = true;
  await providers.test({ name: 'fixed' });
  expect(hurried).toBe(1);
});

it('takes no secret for Resend that is none, and no login for Postmark that is guessed', async () => {
  const resend = { type: 'resend', apiKey: 'k', webhookSecret: 'key-of-another' };
  await expect(desk().add({ name: 'resend', settings: resend })).rejects.toThrow('must be `whsec_` and base64');
  const postmark = { type: 'postmark', serverToken: 't', webhookUser: 'p', webhookPassword: 'x' };
  await expect(desk().add({ name: 'postmark', settings: postmark })).rejects.toThrow('at least 12 characters');
});
