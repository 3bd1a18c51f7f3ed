/** Channels: where people are told besides their own addresses: a Slack channel, a team, a webhook, a mailing address. */

import * as z from 'zod';
import { channelTypes } from '../../core/notification.ts';
import type { Vault } from '../../core/vault.ts';
import type { Definition } from '../../db/verbs/definitions.ts';
import { emailSettings } from '../../notify/channels/email/settings.ts';
import { slackSettings } from '../../notify/channels/slack/settings.ts';
import { type ChannelSettings, channelSecrets, channelSettings, ofAll } from '../../notify/channels/types.ts';
import { webhookSettings } from '../../notify/channels/webhook/settings.ts';
import { newSecret } from '../../webhooks/signing.ts';
import { webhookUrl } from '../fields.ts';
import type { DefinitionKind } from './kind.ts';
import { wholeFields } from './secret-fields.ts';

const secrets = [...new Set(Object.values(channelSecrets).flat())];

/** `refusalOf` says why a URL may not be posted to. */
export function channelKind(refusalOf: (url: string) => string | undefined): DefinitionKind<ChannelSettings> {
  const url = webhookUrl(refusalOf);
  const { webhookUrl: hook, token, channel, apiUrl } = slackSettings(url).shape;
  const { to } = emailSettings().shape;
  const own = webhookSettings(url).shape;
  const fields = {
    type: z.enum(channelTypes),
    ...ofAll,
    ...{ webhookUrl: hook.describe('Of slack and teams'), token, channel, apiUrl },
    ...{ to: to.optional(), url: own.url.optional().describe('Of a webhook'), secret: own.secret },
  };
  return {
    ...{ kind: 'channel', noun: 'channel', action: 'channel', path: '/v1/channels' },
    summaries: {
      list: 'List the channels; URLs, tokens and secrets are masked',
      add: 'Add a channel: email, slack, teams or webhook',
      get: 'One channel; URLs, tokens and secrets are masked',
      set: 'Change what is given of a channel; null takes a field away',
      remove: 'Remove a channel',
    },
    resource: { kind: 'Channel', plural: 'channels', summary: 'Where people are told: email, Slack, Teams, a webhook' },
    max: 500,
    fields,
    spec: channelSettings(url) as unknown as z.ZodType<ChannelSettings>,
    secrets,
    made: (settings) => (settings.type === 'webhook' && settings.secret === undefined ? { secret: newSecret() } : {}),
  };
}

/** The settings as they are used: with what the vault sealed. */
export function openedChannel(vault: Pick<Vault, 'open'>, definition: Definition): ChannelSettings {
  return wholeFields(vault, definition) as unknown as ChannelSettings;
}
