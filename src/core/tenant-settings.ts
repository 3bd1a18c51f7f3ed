/**
 * The settings of a tenant. One schema for the configuration file, the API and the command line, so that they take
 * the same and refuse the same. A setting that is absent is the platform's.
 */

import * as z from 'zod';
import { isAddress, isDisplayName, normalizeAddress, normalizeDomain } from './address.ts';
import type { FieldError } from './errors.ts';
import { LOCALE_NAME } from './locale-name.ts';
import { providerName } from './provider-settings.ts';

const count = z.int().min(1);
/** A domain as addresses are kept: in lower case, as A-labels. */
export const domainName = z
  .string()
  .overwrite((text) => normalizeDomain(text.trim()) ?? text)
  .refine((text) => text.includes('.') && normalizeDomain(text) !== undefined, 'must be a domain such as example.com');
const webUrl = z
  .string()
  .max(2000)
  .regex(/^https?:\/\/[^\s]+$/, 'must be a URL such as https://example.com/logo.png');
const color = z.string().regex(/^#[0-9a-fA-F]{3}(?:[0-9a-fA-F]{3})?$/, 'must be a colour such as #0a58ca');
const line = z.string().min(1).max(500);
/** Part of the recipients. */
const rate = z.number().positive().max(1);
const days = z.int().min(1).max(36_500);

/** What to do with an `unknown` outcome: try again and risk a second copy, the same by another provider, or hold it for a person. */
const unknownPolicies = ['retry', 'failover', 'hold'] as const;
export type UnknownPolicy = (typeof unknownPolicies)[number];

export const tenantSettingsSchema = z
  .strictObject({
    primary: providerName.describe('Provider that its mail goes out through'),
    fallback: providerName.describe('Provider to use while the primary is unavailable'),
    route: z.array(providerName).min(1).max(10).describe('Providers in order, in place of primary and fallback'),
    split: z
      .record(providerName, z.number().positive().max(1_000_000))
      .refine((weights) => Object.keys(weights).length > 0, 'must name at least one provider')
      .describe('Weights by provider: which of them a message tries first; then the others, then the route'),
    providers: z
      .array(providerName)
      .min(1)
      .max(100)
      .describe('The only providers it may use; without it those of its route'),
    unknownOutcome: z.enum(unknownPolicies),
    maxAttempts: count.max(100),
    retryScheduleSeconds: z.array(z.number().positive().max(31_536_000)).min(1).max(50),
    ratePerMinute: count,
    ratePerHour: count,
    ratePerDay: count,
    recipientDomains: z
      .array(domainName)
      .min(1)
      .max(1000)
      .describe('The only domains, with their sub-domains, it may mail'),
    replyToDomains: z
      .array(domainName)
      .min(1)
      .max(1000)
      .describe('The only domains, with their sub-domains, of Reply-To'),
    sending: z.enum(['on', 'off']).describe('`off`: mail is accepted and recorded, and not delivered'),
    defaultFrom: z.strictObject({
      email: z
        .string()
        .overwrite((text) => normalizeAddress(text.trim()) ?? text)
        .refine(isAddress, 'must be an address such as noreply@example.com'),
      name: z
        .string()
        .min(1)
        .refine(isDisplayName, 'must be at most 255 characters, without control characters')
        .optional(),
    }),
    branding: z
      .strictObject({
        logoUrl: webUrl,
        colors: z.strictObject({ primary: color, background: color, text: color }).partial(),
        company: line,
        address: line,
        supportEmail: z.string().refine(isAddress, 'must be an address such as help@example.com'),
        footer: z.string().max(2000),
        social: z.record(z.string().max(50), webUrl).refine((all) => Object.keys(all).length <= 20, 'has too many'),
      })
      .partial()
      .describe('What templates see as `brand`'),
    locale: z
      .string()
      .regex(LOCALE_NAME, 'must be a language such as `de` or `fr-CA`')
      .describe('Language of templates where neither message nor subscriber says one'),
    anySender: z.boolean().describe('It may send from any domain that no other tenant holds, besides its own'),
    requireVerifiedDomains: z.boolean().describe('A sender domain may be used only once it is verified'),
    maxAttachments: count.max(1000),
    maxAttachmentBytes: count,
    maxAttachmentsBytes: count.describe('All attachments of a message together'),
    attachmentTypes: z
      .array(z.string().regex(/^[a-z0-9.+-]+\/(\*|[a-z0-9.+-]+)$/i, 'must be a MIME type such as image/*'))
      .min(1)
      .max(200),
    suppressAfterHardBounces: count.max(1000),
    complaintRateAlert: rate.describe('From which rate of complaints on there is an alert'),
    bounceRateAlert: rate.describe('From which rate of hard bounces on there is an alert'),
    pauseOnComplaintRate: z.boolean().describe('An alert of complaints pauses its queue'),
    tracking: z
      .strictObject({ opens: z.boolean(), clicks: z.boolean(), anonymous: z.boolean() })
      .partial()
      .describe('Whether it is noted that recipients open mail and follow its links'),
    messageRetentionDays: days,
    attachmentRetentionDays: days,
  })
  .partial();

export type TenantSettings = Readonly<z.output<typeof tenantSettingsSchema>>;
export type TenantSettingName = keyof TenantSettings;

/** A change: null takes a setting away. */
export const tenantSettingsChangeSchema = z
  .strictObject(
    Object.fromEntries(
      Object.entries(tenantSettingsSchema.shape).map(([name, schema]) => [name, schema.unwrap().nullable()]),
    ) as { [K in TenantSettingName]: z.ZodNullable<ReturnType<(typeof tenantSettingsSchema.shape)[K]['unwrap']>> },
  )
  .partial()
  .describe('null takes a setting away');
export type TenantSettingsChange = Readonly<z.output<typeof tenantSettingsChangeSchema>>;

/** The providers that settings name, each with where: `primary`, `route.0`, `split.relay`. */
export function providersNamed(
  settings: Pick<TenantSettingsChange, 'primary' | 'fallback' | 'route' | 'split' | 'providers'>,
): readonly (readonly [path: string, name: string])[] {
  const { primary, fallback, route, split, providers } = settings;
  const named: readonly (readonly [path: string, name: string | null | undefined])[] = [
    ['primary', primary],
    ['fallback', fallback],
    ...(route ?? []).map((name, at) => [`route.${at}`, name] as const),
    ...Object.keys(split ?? {}).map((name) => [`split.${name}`, name] as const),
    ...(providers ?? []).map((name, at) => [`providers.${at}`, name] as const),
  ];
  return named.flatMap(([path, name]) => (name === null || name === undefined ? [] : [[path, name] as const]));
}

/** Where settings name a provider for the route that is not on their list of providers. */
export function providersOffTheList(settings: TenantSettingsChange): readonly FieldError[] {
  const { providers, ...route } = settings;
  if (!providers) return [];
  return providersNamed(route).flatMap(([path, name]) =>
    providers.includes(name)
      ? []
      : [{ path, message: `"${name}" is not one of its providers: ${providers.join(', ')}` }],
  );
}
