/** What a `resend` provider is told in the configuration. */

import * as z from 'zod';
import { httpSettings } from '../http/settings.ts';
import { keyText } from '../key-text.ts';

export const ENDPOINT = 'https://api.resend.com';
export const SMTP_ENDPOINT = 'smtp.resend.com:587';

export const resendSchema = z.strictObject({
  type: z.literal('resend'),
  apiKey: keyText,
  /** Proves what Resend posts to `/hooks/{provider}`: `whsec_` and base64. */
  webhookSecret: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/]+=*$/, 'must be `whsec_` and base64, as Resend shows it')
    .optional(),
  ...httpSettings(ENDPOINT),
  /** `host:port`; whole messages go there. */
  smtpEndpoint: z.string().min(1).default(SMTP_ENDPOINT),
});

export type ResendSettings = z.output<typeof resendSchema>;
