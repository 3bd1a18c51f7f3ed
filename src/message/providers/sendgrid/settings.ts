/** What a `sendgrid` provider is told in the configuration. */

import * as z from 'zod';
import { httpSettings } from '../http/settings.ts';
import { keyText } from '../key-text.ts';
import { readPublicKey } from './public-key.ts';

export const ENDPOINT = 'https://api.sendgrid.com';
export const SMTP_ENDPOINT = 'smtp.sendgrid.net:587';

export const sendgridSchema = z.strictObject({
  type: z.literal('sendgrid'),
  apiKey: keyText,
  /** Proves what SendGrid posts to `/hooks/{provider}`: the verification key, as SendGrid shows it. */
  webhookPublicKey: z
    .string()
    .refine((text) => readPublicKey(text) !== undefined, 'must be the verification key that SendGrid shows, whole')
    .optional(),
  ...httpSettings(ENDPOINT),
  /** Dedicated addresses that the mail leaves from. */
  ipPool: z.string().min(2).max(64).optional(),
  /** `host:port`; whole messages go there. */
  smtpEndpoint: z.string().min(1).default(SMTP_ENDPOINT),
});

export type SendgridSettings = z.output<typeof sendgridSchema>;
