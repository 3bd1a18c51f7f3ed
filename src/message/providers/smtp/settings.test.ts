import { describe, expect, it } from 'vitest';
import { presetNames, presets } from './presets.ts';
import { smtpSchema, smtpSettings } from './settings.ts';

it('has the waits of RFC 5321 §4.5.3.2', () => {
  const settings = smtpSettings('relay', smtpSchema.parse({ type: 'smtp', host: 'smtp.example.com' }));
  expect(settings).toMatchObject({
    ...{ tls: 'required', maxConnections: 20, maxRecipients: 50, maxMessagesPerConnection: 100 },
    ...{ connectTimeoutMs: 30_000, commandTimeoutMs: 60_000, dataTimeoutMs: 600_000 },
  });
});

describe('a preset', () => {
  const settingsOf = (given: object) => smtpSettings('relay', smtpSchema.parse({ type: 'smtp', ...given }));

  it.each(presetNames)('%s says where mail goes, with TLS', (preset) => {
    const { host, port, tls, source } = presets[preset];
    expect(settingsOf({ preset })).toMatchObject({ host, port, tls });
    expect(tls).toBe(port === 465 ? 'implicit' : 'required');
    expect(new URL(source).protocol).toBe('https:');
  });

  it('gives way to what is set beside it', () => {
    const set = { host: 'email-smtp.eu-central-1.amazonaws.com', port: 465, tls: 'implicit' };
    expect(settingsOf({ preset: 'ses', ...set })).toMatchObject(set);
    expect(settingsOf({ preset: 'ses', host: set.host })).toMatchObject({ host: set.host, port: 587, tls: 'required' });
  });

  it('can take the place of another, because it leaves open what is not set', () => {
    expect(smtpSchema.parse({ type: 'smtp', preset: 'gmail' })).not.toHaveProperty('host');
    expect(smtpSchema.parse({ type: 'smtp', host: 'smtp.example.com' })).toMatchObject({ port: 587, tls: 'required' });
  });
});
