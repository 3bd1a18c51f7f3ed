/** A subscriber as calls, files and manifests say it. */

import * as z from 'zod';
import { isDisplayName } from '../core/address.ts';
import type { Clock } from '../core/clock.ts';
import type { NewId } from '../core/ids.ts';
import { isRecord } from '../core/is-record.ts';
import type { Json } from '../core/message.ts';
import { keptChannels, meantChannels, openChannels, type SubscriberChannels } from '../core/subscriber-channels.ts';
import { isTimeZone } from '../core/time-zone.ts';
import type { Vault } from '../core/vault.ts';
import type { NewSubscriber, Subscriber } from '../db/verbs/subscribers.ts';
import { definitionName } from './definitions/fields.ts';
import { topicKind } from './definitions/topic.ts';
import { mailAddress, webhookUrl } from './fields.ts';
import type { WebhookDesk } from './webhooks.ts';

/** Of one tenant. */
const MAX_SUBSCRIBERS = 1_000_000;
/** Of one subscriber. */
const MAX_TOPICS = 100;

export interface SubscriberFields {
  readonly email?: string | undefined;
  readonly name?: string | undefined;
  readonly locale?: string | undefined;
  readonly timezone?: string | undefined;
  readonly data?: Readonly<Record<string, unknown>> | undefined;
  readonly channels?: SubscriberChannels | undefined;
  readonly topics?: readonly string[] | undefined;
}

/** What it takes to check and seal one. */
export interface SubscriberWriting {
  readonly vault: Vault;
  readonly clock: Pick<Clock, 'now'>;
  readonly newId: NewId;
  readonly webhooks: Pick<WebhookDesk, 'refusalOf'>;
}

export const timezoneField = z.string().max(64).refine(isTimeZone, 'must be a time zone such as Europe/Berlin');

export const subscriberId = z
  .string()
  .min(1)
  .max(253)
  .refine((text) => !/\p{Cc}/u.test(text) && text.isWellFormed(), 'must hold no control characters')
  // A URL cannot name them.
  .refine((text) => text !== '.' && text !== '..', 'must be more than dots');

/** `refusalOf` says why a URL may not be posted to. */
export function subscriberFields(refusalOf: (url: string) => string | undefined) {
  const url = webhookUrl(refusalOf);
  return {
    email: mailAddress.optional(),
    name: z
      .string()
      .min(1)
      .refine(isDisplayName, 'must be at most 255 characters, without control characters')
      .optional(),
    locale: z
      .string()
      .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/, 'must be a locale such as fr-CA')
      .optional(),
    timezone: timezoneField.optional(),
    data: z
      .record(z.string(), z.unknown())
      .refine((data) => JSON.stringify(data).length <= 16_384, 'must be at most 16 KiB of JSON')
      .optional(),
    channels: z
      .strictObject({
        slack: z
          .strictObject({ webhookUrl: url.optional(), channel: z.string().min(1).max(80).optional() })
          .refine(({ webhookUrl: hook, channel }) => (hook === undefined) !== (channel === undefined), {
            error: 'must have either `webhookUrl` or `channel`',
            when: ({ value }) => typeof value === 'object' && value !== null,
          })
          .optional(),
        teams: z.strictObject({ webhookUrl: url }).optional(),
        webhook: z.strictObject({ url }).optional(),
      })
      .optional()
      .describe('Besides mail. What is shown of a URL stands for the one that is there'),
    topics: z
      .array(definitionName)
      .max(MAX_TOPICS)
      .transform((names): readonly string[] => [...new Set(names)].toSorted())
      .optional()
      .describe('Names of topics; one that is not there is made'),
  };
}

/** The fields of one that is there, its URLs included. */
export function saidOf(one: Subscriber, vault: Pick<Vault, 'open'>): SubscriberFields {
  const { email, name, locale, timezone, data, topics } = one;
  const channels = openChannels(one, { vault });
  return {
    ...(email !== undefined && { email }),
    ...(name !== undefined && { name }),
    ...(locale !== undefined && { locale }),
    ...(timezone !== undefined && { timezone }),
    ...(data !== undefined && { data }),
    ...(Object.keys(channels).length > 0 && { channels }),
    ...(topics.length > 0 && { topics }),
  };
}

/** What the store is told to keep. */
export function newSubscriber(
  { tenantId, id, fields, now }: { tenantId: string; id: string; fields: SubscriberFields; now: number },
  { vault, newId }: { readonly vault: Pick<Vault, 'seal'>; readonly newId: NewId },
): NewSubscriber {
  const { channels, topics, data, ...rest } = fields;
  const said = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  return {
    ...said,
    ...(data !== undefined && { data: data as { readonly [name: string]: Json } }),
    ...keptChannels(channels, { vault, id: newId() }),
    ...(topics !== undefined && topics.length > 0 && { inTopics: { names: topics, max: topicKind.max } }),
    ...{ tenantId, id, max: MAX_SUBSCRIBERS, now },
  };
}

/** Channels change one by one. */
export function merged(
  before: SubscriberFields,
  changes: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const { channels } = changes;
  const said = isRecord(channels) ? withoutNulls({ ...before.channels, ...channels }) : channels;
  const all = withoutNulls({ ...before, ...changes, ...('channels' in changes && { channels: said }) });
  return isRecord(said) ? { ...all, channels: meantOf(said, before.channels) } : all;
}

/** What else stands in a channel is told of by the schema. */
function meantOf(said: Readonly<Record<string, unknown>>, before: SubscriberChannels = {}): unknown {
  const records = Object.entries(said).filter((channel): channel is [string, object] => isRecord(channel[1]));
  const meant = meantChannels(Object.fromEntries(records) as SubscriberChannels, before);
  const channels = records.map(([name, one]) => [name, { ...one, ...meant[name as keyof SubscriberChannels] }]);
  return { ...said, ...Object.fromEntries(channels) };
}

function withoutNulls(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));
}
