/** Credentials that a machine gives, against a server that answers as that of a container and that of an instance do. */

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createVendor, type Vendor } from '../../../../test/vendor.ts';
import { systemClock } from '../../../core/clock.ts';
import { createStopping } from '../../../core/stop.ts';
import { createProvider } from '../index.ts';
import { parcelFor } from '../provider.suite.ts';
import type { Provider } from '../provider.ts';
import { sesAnswers } from './answers.testing.ts';
import { sesSchema } from './settings.ts';

const never = createStopping();
let vendor: Vendor;
let provider: Provider;
let given: number;

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html, read 2026-11-30. */
const credentials = () => {
  given += 1;
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      ...{
        Code: 'Success',
        AccessKeyId: `AK${given}`,
        SecretAccessKey: `secret-of-${given}`,
        Token: `token-of-${given}`,
      },
      Expiration: new Date(Date.now() + 3_600_000).toISOString(),
    }),
  };
};

beforeEach(async () => {
  given = 0;
  // Nothing of the machine that runs the test.
  for (const name of Object.keys(process.env).filter((one) => one.startsWith('AWS_'))) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/dev/null');
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vendor = await createVendor({ taken: ({ path }) => (path === '/creds' ? credentials() : sesAnswers.accepted) });
  provider = createProvider(
    'mail',
    { type: 'ses', region: 'eu-central-1', endpoint: vendor.endpoint },
    { clock: systemClock },
  );
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await provider.close();
  await vendor.close();
});

const send = async () => (await provider.send(parcelFor(['x@example.com']), never)).outcomes.get(1);
const keysUsed = () =>
  vendor.calls.flatMap(({ path, headers }) => {
    const [, key] = /Credential=(\w+)/.exec(headers.authorization ?? '') ?? [];
    return path === '/v2/email/outbound-emails' ? [[key, headers['x-amz-security-token']]] : [];
  });

it('signs with those of the environment', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKENV');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  expect((await send())?.kind).toBe('delivered');
  expect(keysUsed()).toEqual([['AKENV', undefined]]);
});

it('asks the container once for all, and again where they are refused', async () => {
  vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${vendor.endpoint}/creds`);
  await Promise.all([send(), send(), send()]);
  expect(keysUsed()).toEqual(Array.from({ length: 3 }, () => ['AK1', 'token-of-1']));
  vendor.script(({ path }) => (path === '/creds' ? undefined : sesAnswers.expired));
  expect(await send()).toMatchObject({ kind: 'unavailable', account: true });
  vendor.script();
  expect((await send())?.kind).toBe('delivered');
  expect(keysUsed().at(-1)).toEqual(['AK2', 'token-of-2']);
});

it('asks the metadata service of the instance, version 2', async () => {
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', undefined);
  vi.stubEnv('AWS_EC2_METADATA_SERVICE_ENDPOINT', vendor.endpoint);
  const roles = '/latest/meta-data/iam/security-credentials/';
  const asked: string[] = [];
  vendor.script(({ method, path }) => {
    if (path.startsWith('/latest/')) asked.push(`${method} ${path}`);
    if (path === '/latest/api/token') return { status: 200, body: 'metadata-token' };
    if (path === roles) return { status: 200, body: 'iep' };
    return path === `${roles}iep` ? credentials() : undefined;
  });
  expect((await send())?.kind).toBe('delivered');
  expect(keysUsed()).toEqual([['AK1', 'token-of-1']]);
  expect(asked).toEqual(['PUT /latest/api/token', `GET ${roles}`, `GET ${roles}iep`]);
});

it('without any the account is to be put right, and the sentence says how', async () => {
  expect(await send()).toMatchObject({ kind: 'unavailable', account: true });
  expect(await provider.check()).toEqual({
    ...{ ok: false, account: true },
    detail: expect.stringMatching(/^There are no AWS credentials: .*\. Set accessKeyId and secretAccessKey, or give/),
  });
  expect(vendor.calls).toEqual([]);
});

it('never says what it was given', async () => {
  vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${vendor.endpoint}/creds`);
  vendor.script(({ path }) =>
    path === '/creds' ? undefined : { status: 400, body: JSON.stringify({ message: 'no secret-of-1 and token-of-1' }) },
  );
  expect((await send())?.reply.text).toBe('400 no *** and ***');
});

it('does not sign with what no request can carry', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AK');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  vi.stubEnv('AWS_SESSION_TOKEN', 'to\nken');
  expect(await provider.check()).toMatchObject({
    ok: false,
    account: true,
    detail: expect.not.stringContaining('ken'),
  });
  expect(await send()).toMatchObject({ kind: 'unavailable', account: true });
  const settings = { type: 'ses', region: 'eu-central-1', accessKeyId: 'AK\u200b', secretAccessKey: 's' } as const;
  expect(sesSchema.safeParse(settings).success).toBe(false);
});
