/** What a `mailgun` provider is told in the configuration. */

import * as z from 'zod';
import { httpSettings } from '../http/settings.ts';
import { keyText } from '../key-text.ts';

export const endpoints = { us: 'https://api.mailgun.net', eu: 'https://api.eu.mailgun.net' } as const;

const { endpoint: _, ...shared } = httpSettings('');

export const mailgunSchema = z.strictObject({
  type: z.literal('mailgun'),
  apiKey: keyText,
  /** The sending domain at Mailgun. */
  domain: z.string().regex(/^[\w.-]+$/, 'must be a domain'),
  region: z.enum(['us', 'eu']).default('us'),
  /** Proves what Mailgun posts to `/hooks/{provider}`. */
  webhookSigningKey: keyText.optional(),
  ...shared,
  /** Scheme, host and port in place of those of the region. */
  endpoint: z.string().min(1).optional(),
});

export type MailgunSettings = z.output<typeof mailgunSchema>;

export function apiOf({ endpoint, region }: Pick<MailgunSettings, 'endpoint' | 'region'>): string {
  return endpoint ?? endpoints[region];
}
