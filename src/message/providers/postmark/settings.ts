/** What a `postmark` provider is told in the configuration. */

import * as z from 'zod';
import { httpSettings } from '../http/settings.ts';
import { keyText } from '../key-text.ts';

export const ENDPOINT = 'https://api.postmarkapp.com';
export const SMTP_ENDPOINT = 'smtp.postmarkapp.com:587';

export const postmarkSchema = z.strictObject({
  type: z.literal('postmark'),
  serverToken: keyText,
  /** What messages of parts are sent by. */
  messageStream: z.string().min(1).max(255).default('outbound'),
  /** Both together prove what Postmark posts to `/hooks/{provider}`: they are part of the URL that it is given. */
  webhookUser: z
    .string()
    .regex(/^[^:]+$/, 'must have no colon')
    .optional(),
  webhookPassword: z.string().min(12, 'must have at least 12 characters').optional(),
  ...httpSettings(ENDPOINT),
  /** `host:port`; whole messages go there. */
  smtpEndpoint: z.string().min(1).default(SMTP_ENDPOINT),
});

export type PostmarkSettings = z.output<typeof postmarkSchema>;
