/** Configurations that the schema takes and the daemon could not use. */

import { expect, it } from 'vitest';
import { renewedKey, testCertificate, testKey } from '../../../test/certificate.ts';
import { configSchema } from '../../cli/configuration.ts';
import type { ConfigInput } from '../../config/schema.ts';
import { IepError } from '../../core/errors.ts';
import { checkUsable } from './check-usable.ts';

function refusalOf(document: ConfigInput): IepError | undefined {
  try {
    checkUsable(configSchema.parse(document));
    return undefined;
  } catch (error) {
    if (error instanceof IepError && error.code === 'bad_config') return error;
    throw error;
  }
}

const cert = testCertificate;

it('takes what can be used', () => {
  expect(refusalOf({})).toBeUndefined();
  const relay = { type: 'smtp', host: 'smtp.example.com', ca: cert } as const;
  const tls = { cert, key: testKey };
  const all = { http: { tls }, smtp: { tls }, webhooks: { ca: cert }, providers: { relay }, chores: { space: 'off' } };
  expect(refusalOf(all)).toBeUndefined();
});

it('names every key that cannot, and no key of a certificate', () => {
  const nonsense = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  const refused = refusalOf({
    http: { tls: { cert, key: renewedKey } },
    webhooks: { ca: nonsense },
    providers: {
      relay: { type: 'smtp', host: 'smtp.example.com', ca: nonsense },
      open: { type: 'smtp', host: 'smtp.example.com', tls: 'none' },
    },
    feedback: {
      mailboxes: [
        { host: 'imap.example.com', username: 'ada', password: 'p', ca: nonsense },
        { host: 'imap.example.com', username: 'ada', password: 'p', tls: 'none' },
      ],
    },
    chores: { retention: '99 99 * * *' },
  });
  expect(refused?.errors?.map(({ path }) => path)).toEqual([
    ...['http.tls', 'webhooks.ca', 'feedback.mailboxes.0.ca', 'providers.relay.ca', 'chores.retention'],
    ...['feedback.mailboxes.1', 'providers.open'],
  ]);
  expect(refused?.message).not.toContain('PRIVATE KEY');
});
