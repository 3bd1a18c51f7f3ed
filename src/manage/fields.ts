/** The fields of what people make, as calls and manifests take them alike. */

import * as z from 'zod';
import { isAddress, normalizeAddress, normalizeDomain } from '../core/address.ts';
import { isId } from '../core/ids.ts';
import { type EventType, eventTypes } from '../core/message.ts';
import { readEntryAddress } from '../core/suppression-entry.ts';
import { timeField } from '../core/time-field.ts';
import { scopes } from '../db/verbs/keys.ts';
import { suppressionReasons } from '../db/verbs/suppressions.ts';
import { eventOfName, webhookNames } from '../webhooks/event-name.ts';
import { isSecret } from '../webhooks/signing.ts';

export const displayName = z.string().min(1).max(255);

export const tenantSlug = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'must be lower-case letters, digits and hyphens, at most 63')
  .refine((text) => !isId(text), 'looks like an id, which names tenants too');

export const keyScopes = z.array(z.enum(scopes)).min(1).max(scopes.length);
export const keyNetworks = z.array(z.string().max(64)).max(100);

/** In lower case, as A-labels, without the final dot that a name server's files have. */
export function readDomain(text: string): string | undefined {
  const trimmed = text.trim().replace(/\.$/, '');
  const domain = trimmed.startsWith('[') ? undefined : normalizeDomain(trimmed);
  return domain?.includes('.') ? domain : undefined;
}

export const senderDomain = z.string().transform((value, context): string => {
  const domain = readDomain(value);
  if (domain !== undefined) return domain;
  context.addIssue({ code: 'custom', message: 'is not a domain such as "example.com"' });
  return z.NEVER;
});

export const suppressedAddress = z.string().transform((value, context): string => {
  const email = readEntryAddress(value);
  if (email !== undefined) return email;
  context.addIssue({ code: 'custom', message: 'is neither an address such as "user@example.com" nor "*@example.com"' });
  return z.NEVER;
});

export const mailAddress = z
  .string()
  .max(320)
  .overwrite((text) => normalizeAddress(text.trim()) ?? text)
  .refine(isAddress, 'must be an address such as "user@example.com"');

/** What mail is sent with that recipients can turn off. */
export const mailCategory = z.string().min(1).max(255);

export const suppressionFields = {
  reason: z.enum(suppressionReasons).optional().describe('Left out: that of the entry which is there, else `manual`'),
  note: z.string().max(1_000).optional().describe('Left out: that of the entry which is there'),
  expiresAt: timeField.optional().describe('Mailed again from then on; in the future. Left out: never'),
};

export const webhookEvents = z
  .array(
    z.string().transform((name, context): EventType | '*' => {
      const type = eventOfName(name);
      if (type !== undefined) return type;
      context.addIssue({ code: 'custom', message: `must be * or one of ${webhookNames.join(', ')}` });
      return z.NEVER;
    }),
  )
  .min(1)
  .max(eventTypes.length)
  .transform((names) => (names.includes('*') ? ['*' as const] : [...new Set(names)]))
  .describe('`sent` and `message.sent` alike; `*` is all of them');
export const webhookDescription = z.string().max(500);
export const webhookSecret = z
  .string()
  .refine(isSecret, 'must be `whsec_` and 24 to 64 bytes in base64')
  .describe('Of your own; left out, one is made');

/** `refusalOf` says why a URL may not be posted to. */
export function webhookUrl(refusalOf: (url: string) => string | undefined) {
  return z
    .string()
    .max(2_048)
    .superRefine((text, context) => {
      const refusal = refusalOf(text);
      if (refusal === undefined) return;
      const setting = refusal.includes('allows their network') ? ' (webhooks.allowNetworks)' : '';
      context.addIssue({ code: 'custom', message: `cannot be used: ${refusal}${setting}` });
    });
}
