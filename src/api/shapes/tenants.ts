/** What calls answer about tenants and their keys. */

import * as z from 'zod';
import { alertedRates } from '../../core/tally.ts';
import { tenantSettingsSchema } from '../../core/tenant-settings.ts';
import { scopes } from '../../db/verbs/keys.ts';
import { textOrNull, time, timeOrNull } from './common.ts';

export const tenantShape = z.strictObject({
  id: z.string(),
  slug: z.string(),
  name: z.string(),
  active: z.boolean(),
  paused: z.boolean(),
  pausedReason: textOrNull.describe('Where IEP itself paused it'),
  removing: z.boolean().describe('It is closed, and what it had is being taken away'),
  settings: tenantSettingsSchema,
  fromConfig: z
    .array(z.string())
    .describe(
      'What the configuration file says of it, and no call changes: `name`, `active`, `senderDomains` or a setting',
    ),
  senderDomains: z.array(z.string()),
  verifiedDomains: z.array(z.string()),
  rates: z
    .array(z.strictObject({ rate: z.enum(alertedRates), value: z.number(), isTooHigh: z.boolean() }))
    .optional()
    .describe(
      'Of one tenant alone: part of the recipients who bounced or complained; empty where nobody did in the last day',
    ),
  createdAt: time,
  updatedAt: time,
});

export const keyShape = z.strictObject({
  id: z.string(),
  prefix: z.string(),
  tenant: textOrNull.describe('Slug; null for an operator’s key'),
  name: textOrNull,
  scopes: z.array(z.enum(scopes)),
  createdAt: time,
  expiresAt: timeOrNull,
  revokedAt: timeOrNull,
  lastUsedAt: timeOrNull,
  allowedIps: z.array(z.string()).describe('Networks it works from; none: any address'),
});

export const newKeyShape = keyShape.extend({ key: z.string().describe('Shown this once') });
