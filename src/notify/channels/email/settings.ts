/** What an email channel is told: whom it writes to. */

import * as z from 'zod';
import { isAddress, normalizeAddress } from '../../../core/address.ts';

const MAX_ADDRESSES = 50;

const address = z
  .string()
  .max(320)
  .overwrite((text) => normalizeAddress(text.trim()) ?? text)
  .refine(isAddress, 'must be an address such as "ops@example.com"');

export function emailSettings() {
  return z.strictObject({
    type: z.literal('email'),
    to: z
      .union([address.transform((one) => [one]), z.array(address).min(1).max(MAX_ADDRESSES)])
      .describe('An address, or a list of them'),
  });
}

export type EmailSettings = z.output<ReturnType<typeof emailSettings>>;
