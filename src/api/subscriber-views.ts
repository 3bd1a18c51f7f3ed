/** Subscribers and preferences as the API shows them. Of the URLs of channels, masks. */

import * as z from 'zod';
import { channelTypes } from '../core/notification.ts';
import { noPreferences, type Preferences, weekdays } from '../core/preferences.ts';
import { rfc3339 } from '../core/rfc3339.ts';
import type { KeptPreferences } from '../db/verbs/preferences.ts';
import type { Subscriber } from '../db/verbs/subscribers.ts';
import { slug, textOrNull, time } from './shapes.ts';

export const subscriberShape = z.strictObject({
  id: z.string(),
  tenant: slug,
  email: textOrNull,
  name: textOrNull,
  locale: textOrNull,
  timezone: textOrNull,
  data: z.record(z.string(), z.unknown()).nullable(),
  channels: z
    .strictObject({
      slack: z.strictObject({ webhookUrl: z.string().optional(), channel: z.string().optional() }).optional(),
      teams: z.strictObject({ webhookUrl: z.string() }).optional(),
      webhook: z.strictObject({ url: z.string() }).optional(),
    })
    .describe('Of URLs, no more than where they lead'),
  topics: z.array(z.string()),
  createdAt: time,
  updatedAt: time,
});

const switches = z.partialRecord(z.enum(channelTypes), z.boolean());
const preference = z.strictObject({
  enabled: z.boolean().optional(),
  channels: switches.optional(),
  frequency: z.enum(['immediate', 'hourly', 'daily', 'weekly']).optional(),
});

export const preferencesShape = z.strictObject({
  global: z.strictObject({ enabled: z.boolean(), channels: switches }),
  categories: z.record(z.string(), preference),
  types: z.record(z.string(), preference),
  quietHours: z
    .strictObject({
      enabled: z.boolean(),
      start: z.string(),
      end: z.string(),
      timezone: z.string().optional(),
      days: z.array(z.enum(weekdays)).optional(),
    })
    .nullable(),
});

export const subscribersImportedShape = z.strictObject({
  added: z.int(),
  changed: z.int(),
  unchanged: z.int(),
  refused: z.int(),
  errors: z
    .array(z.strictObject({ path: z.string(), message: z.string() }))
    .describe('The lines that were refused, as `line 3`; the first 1000'),
  dryRun: z.boolean().describe('Nothing was stored'),
});

export function subscriberView(one: Subscriber, { slug: tenant }: { readonly slug: string }) {
  const { id, email, name, locale, timezone, data, channels, topics, createdAt, updatedAt } = one;
  return {
    ...{ id, tenant, email: email ?? null, name: name ?? null, locale: locale ?? null, timezone: timezone ?? null },
    ...{ data: data ?? null, channels: channels ?? {}, topics },
    ...{ createdAt: rfc3339(createdAt), updatedAt: rfc3339(updatedAt) },
  };
}

export function preferencesView(kept: KeptPreferences | undefined) {
  const { quietHours, ...said } = (kept?.preferences ?? noPreferences) as Preferences;
  return { ...noPreferences, ...said, quietHours: quietHours ?? null };
}
