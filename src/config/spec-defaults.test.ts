/**
 * The numbers that the specification (seed 001) gives, as they hold where nothing is configured. Who changes a default
 * changes a promise; each stands here beside its section.
 */

import { describe, expect, it } from 'vitest';
import { backoff } from '../base/queue/backoff.ts';
import { configSchema } from '../cli/configuration.ts';
import { tenantSettingsSchema } from '../core/tenant-settings.ts';
import { defaultAttachmentLimits } from '../message/attachments/limits.ts';
import { isAllowedType } from '../message/attachments/media-type.ts';
import { providerSchema } from '../message/providers/index.ts';
import { smtpSchema, smtpSettings } from '../message/providers/smtp/settings.ts';

const defaults = configSchema.parse({});
const MB = 1024 * 1024;

describe('where nothing is configured', () => {
  it('a message has ten attachments of 10 MB, 25 MB together (§5, §9)', () => {
    const { maxCount, maxBytes, maxTotalBytes } = defaults.attachments;
    expect({ maxCount, maxBytes, maxTotalBytes }).toEqual({ maxCount: 10, maxBytes: 10 * MB, maxTotalBytes: 25 * MB });
  });

  it('a tenant may set each of these for itself (§5)', () => {
    const own = {
      maxAttachments: 2,
      maxAttachmentBytes: 100,
      maxAttachmentsBytes: 150,
      attachmentTypes: ['text/plain'],
    };
    expect(tenantSettingsSchema.parse(own)).toMatchObject(own);
  });

  it('the types that may be attached are those of the list, and no program (§9)', () => {
    const { types } = defaultAttachmentLimits;
    expect(defaults.attachments.types).toBeUndefined();
    for (const type of ['application/pdf', 'image/png', 'text/csv', 'text/plain', 'text/calendar'])
      expect(isAllowedType(type, types), type).toBe(true);
    for (const type of ['application/x-msdownload', 'application/x-sh', 'text/html', 'application/octet-stream'])
      expect(isAllowedType(type, types), type).toBe(false);
  });

  it('attachments are kept for 30 days (§9)', () => {
    expect(defaults.retention.attachmentDays).toBe(30);
  });

  it('the four waits are 60, 300, 900 and 3600 s, give or take a tenth, and the fifth attempt is the last (§10)', () => {
    const waits = [1, 2, 3, 4].map((tries) => backoff(defaults.retry, { tries, random: () => 0.5 }));
    expect(waits).toEqual([60_000, 300_000, 900_000, 3_600_000]);
    expect(backoff(defaults.retry, { tries: 1, random: () => 0 })).toBe(54_000);
    expect(backoff(defaults.retry, { tries: 1, random: () => 1 })).toBe(66_000);
    expect(defaults.retry.maxAttempts).toBe(5);
  });

  it('a stop has 30 s (§11)', () => {
    expect(defaults.shutdownSeconds).toBe(30);
  });

  it('a webhook is tried three times at least, each wait longer than the last (§14)', () => {
    const { scheduleSeconds } = defaults.webhooks;
    expect(1 + scheduleSeconds.length).toBeGreaterThanOrEqual(3);
    expect(scheduleSeconds).toEqual([...scheduleSeconds].sort((a, b) => a - b));
    expect(new Set(scheduleSeconds).size).toBe(scheduleSeconds.length);
  });

  it('a request has 30 MB (§15)', () => {
    expect(defaults.http.bodyLimitBytes).toBe(30 * MB);
  });

  it('a relay is spoken to over TLS or not at all, and passwords come in over TLS from all but this machine (§15)', () => {
    const parsed = providerSchema.parse({ type: 'smtp', host: 'smtp.example.com' });
    expect(parsed).toMatchObject({ tls: 'required', port: 587 });
    expect(smtpSettings('relay', smtpSchema.parse({ type: 'smtp', host: 'smtp.example.com' })).tls).toBe('required');
    expect(defaults.smtp.plaintextAuth).toBe('loopback');
  });
});
