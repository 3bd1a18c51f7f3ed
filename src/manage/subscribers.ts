/** Subscribers: whom a tenant writes to, by ids of its own. */

import * as z from 'zod';
import { mailAddress } from './fields.ts';

/** Of one tenant. */
export const MAX_SUBSCRIBERS = 1_000_000;

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

export const subscriberFields = {
  email: mailAddress.optional(),
  name: z.string().min(1).max(255).optional(),
  locale: z
    .string()
    .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/, 'must be a locale such as fr-CA')
    .optional(),
  timezone: z.string().max(64).refine(isTimeZone, 'must be a time zone such as Europe/Berlin').optional(),
  data: z
    .record(z.string(), z.unknown())
    .refine((data) => JSON.stringify(data).length <= 16_384, 'must be at most 16 KiB of JSON')
    .optional(),
};
