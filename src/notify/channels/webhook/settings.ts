/** What a webhook channel is told: where it posts, and the secret that signs. */

import * as z from 'zod';
import { isSecret } from '../../../webhooks/signing.ts';

/** `url` refuses what may not be asked. */
export function webhookSettings(url: z.ZodType<string, string>) {
  return z.strictObject({
    type: z.literal('webhook'),
    url,
    secret: z
      .string()
      .refine(isSecret, 'must be `whsec_` and 24 to 64 bytes in base64')
      .optional()
      .describe('Of your own; left out, one is made and answered once'),
  });
}

export type WebhookSettings = z.output<ReturnType<typeof webhookSettings>>;
