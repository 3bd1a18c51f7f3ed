/** The types of channels: what each is told, what of it is secret, and how it is posted to. */

import * as z from 'zod';
import type { ChannelType } from '../../core/notification.ts';
import type { PostedType, Poster } from './channel.ts';
import { type EmailSettings, emailSettings } from './email/settings.ts';
import { slackPayload } from './slack/render.ts';
import { slackOutcome, slackRequest } from './slack/send.ts';
import { type SlackSettings, slackFault, slackSettings } from './slack/settings.ts';
import { teamsPayload } from './teams/render.ts';
import { teamsOutcome, teamsRequest } from './teams/send.ts';
import { type TeamsSettings, teamsSettings } from './teams/settings.ts';
import { webhookPayload } from './webhook/render.ts';
import { webhookOutcome, webhookRequest } from './webhook/send.ts';
import { type WebhookSettings, webhookSettings } from './webhook/settings.ts';

interface SettingsOf {
  readonly slack: SlackSettings;
  readonly teams: TeamsSettings;
  readonly webhook: WebhookSettings;
}

export type PostSettings = SettingsOf[PostedType];
export type ChannelSettings = EmailSettings | PostSettings;

export const posters: { readonly [Type in PostedType]: Poster<SettingsOf[Type]> } = {
  slack: { payload: slackPayload, request: slackRequest, outcome: slackOutcome },
  teams: { payload: teamsPayload, request: teamsRequest, outcome: teamsOutcome },
  webhook: { payload: webhookPayload, request: webhookRequest, outcome: webhookOutcome },
};

/** Members that nobody is shown again. URLs are among them: who knows one may post there. */
export const channelSecrets: Readonly<Record<ChannelType, readonly string[]>> = {
  email: [],
  slack: ['webhookUrl', 'token'],
  teams: ['webhookUrl'],
  webhook: ['url', 'secret'],
};

/** What all types are told. */
export const ofAll = { description: z.string().max(500).optional() };

/** `url` refuses what may not be asked. */
export function channelSettings(url: z.ZodType<string, string>) {
  return z
    .discriminatedUnion('type', [
      emailSettings().extend(ofAll),
      slackSettings(url).extend(ofAll),
      teamsSettings(url).extend(ofAll),
      webhookSettings(url).extend(ofAll),
    ])
    .superRefine((settings, context) => {
      const fault = settings.type === 'slack' ? slackFault(settings) : undefined;
      if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
    });
}
