/** What a `ses` provider is told in the configuration. */

import * as z from 'zod';
import { httpSettings } from '../http/settings.ts';
import { sesEventsSchema } from './event-settings.ts';

const { endpoint: _, ...shared } = httpSettings('');

/** A character of another kind may come along when a text is copied, and no request could be signed with it. */
const credential = z.string().regex(/^[\x20-\x7e]{1,16384}$/, 'must be ASCII in one line');

export const sesSchema = z.strictObject({
  type: z.literal('ses'),
  /** Where the account sends from: its identities are verified there. */
  region: z.string().regex(/^[a-z]{2}(-[a-z]{2,10}){1,2}-\d$/, 'must be a region, such as eu-central-1'),
  /** With `secretAccessKey`. Both absent: what AWS finds by itself (environment, web identity, container, instance). */
  accessKeyId: credential.optional(),
  secretAccessKey: credential.optional(),
  /** Of credentials that end. */
  sessionToken: credential.optional(),
  /** What SES does with the mail besides, such as telling what became of it. */
  configurationSet: z
    .string()
    .regex(/^[\w-]{1,64}$/, 'must be ASCII letters, digits, _ and -, 64 at most')
    .optional(),
  /** What SES tells of the mail. */
  events: sesEventsSchema.optional(),
  ...shared,
  /** Scheme, host and port in place of those of the region. */
  endpoint: z.string().min(1).optional(),
});

export type SesSettings = z.output<typeof sesSchema>;

export function apiOf({ endpoint, region }: Pick<SesSettings, 'endpoint' | 'region'>): string {
  return endpoint ?? `https://email.${region}.${awsDomain(region)}`;
}

/** China's regions are a network of their own. */
export function awsDomain(region: string): string {
  return region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
}
