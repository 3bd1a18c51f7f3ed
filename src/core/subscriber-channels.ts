/**
 * By which channels a subscriber is reached besides mail. Their URLs let whoever has one post: they are sealed, and masks of them
 * are shown.
 */

import { maskedUrl } from './masked-url.ts';
import type { Vault } from './vault.ts';

export interface SubscriberChannels {
  /** An incoming webhook, or a channel that the bot of the tenant's Slack channel writes to. */
  readonly slack?: { readonly webhookUrl: string } | { readonly channel: string };
  readonly teams?: { readonly webhookUrl: string };
  readonly webhook?: { readonly url: string };
}

/** What the store keeps of them. */
export interface KeptChannels {
  /** With masks in place of URLs. */
  readonly channels?: SubscriberChannels;
  /** All of them, sealed for `subscriber:<id>`; absent where they hold no URL. */
  readonly sealed?: { readonly id: string; readonly text: string };
}

export function maskedChannels(channels: SubscriberChannels): SubscriberChannels {
  return eachUrl(channels, (url) => maskedUrl(url));
}

/** `id`: a new one each time, by which the sealed text is known. */
export function keptChannels(
  channels: SubscriberChannels | undefined,
  { vault, id }: { readonly vault: Pick<Vault, 'seal'>; readonly id: string },
): KeptChannels {
  if (channels === undefined || Object.keys(channels).length === 0) return {};
  const masked = maskedChannels(channels);
  const text = JSON.stringify(channels);
  if (JSON.stringify(masked) === text) return { channels };
  return { channels: masked, sealed: { id, text: vault.seal(text, `subscriber:${id}`) } };
}

export function openChannels(
  { channels = {}, sealed }: KeptChannels,
  { vault }: { readonly vault: Pick<Vault, 'open'> },
): SubscriberChannels {
  if (sealed === undefined) return channels;
  return JSON.parse(vault.open(sealed.text, `subscriber:${sealed.id}`)) as SubscriberChannels;
}

/** The channels as they are meant: what is shown of a URL stands for the one that is there. */
export function meantChannels(said: SubscriberChannels, before: SubscriberChannels): SubscriberChannels {
  return eachUrl(said, (url, channel) => {
    const there = urlOf(before, channel);
    return there !== undefined && maskedUrl(there) === url ? there : url;
  });
}

function urlOf({ slack, teams, webhook }: SubscriberChannels, channel: keyof SubscriberChannels): string | undefined {
  if (channel === 'webhook') return webhook?.url;
  if (channel === 'teams') return teams?.webhookUrl;
  return slack !== undefined && 'webhookUrl' in slack ? slack.webhookUrl : undefined;
}

function eachUrl(
  { slack, teams, webhook }: SubscriberChannels,
  change: (url: string, channel: keyof SubscriberChannels) => string,
): SubscriberChannels {
  const own = slack !== undefined && 'webhookUrl' in slack && slack.webhookUrl !== undefined;
  return {
    ...(slack !== undefined && { slack: own ? { webhookUrl: change(slack.webhookUrl, 'slack') } : slack }),
    ...(teams?.webhookUrl !== undefined && { teams: { webhookUrl: change(teams.webhookUrl, 'teams') } }),
    ...(webhook?.url !== undefined && { webhook: { url: change(webhook.url, 'webhook') } }),
  };
}
