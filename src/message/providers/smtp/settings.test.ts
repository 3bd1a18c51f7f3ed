import { expect, it } from 'vitest';
import { smtpSchema, smtpSettings } from './settings.ts';

it('has the waits of RFC 5321 §4.5.3.2', () => {
  const settings = smtpSettings('relay', smtpSchema.parse({ type: 'smtp', host: 'smtp.example.com' }));
  expect(settings).toMatchObject({
    ...{ tls: 'required', maxConnections: 20, maxRecipients: 50, maxMessagesPerConnection: 100 },
    ...{ connectTimeoutMs: 30_000, commandTimeoutMs: 60_000, dataTimeoutMs: 600_000 },
  });
});
