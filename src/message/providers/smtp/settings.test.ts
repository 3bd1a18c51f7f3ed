import { expect, it } from 'vitest';
import { providerSchema } from '../../../config/schema.ts';
import { smtpSettings } from './settings.ts';

it('has the defaults that the configuration has, and the waits of RFC 5321 §4.5.3.2', () => {
  const bare = { type: 'smtp', host: 'smtp.example.com', port: 587 } as const;
  const settings = smtpSettings('relay', bare);
  expect(settings).toMatchObject({
    ...{ tls: 'required', maxConnections: 20, maxRecipients: 50, maxMessagesPerConnection: 100 },
    ...{ connectTimeoutMs: 30_000, commandTimeoutMs: 60_000, dataTimeoutMs: 600_000 },
  });
  const parsed = providerSchema.parse(bare);
  if (parsed.type !== 'smtp') throw new Error('another type');
  expect(smtpSettings('relay', parsed)).toEqual(settings);
});
