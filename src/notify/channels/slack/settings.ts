/** What a Slack channel is told: an incoming webhook, or a bot token with the channel that it posts to. */

import * as z from 'zod';

/** `url` refuses what may not be asked. */
export function slackSettings(url: z.ZodType<string, string>) {
  return z.strictObject({
    type: z.literal('slack'),
    webhookUrl: url.optional().describe('An incoming webhook, such as https://hooks.slack.com/services/…'),
    token: z
      .string()
      .regex(/^[\x21-\x7e]{10,500}$/, 'must be a token such as xoxb-…')
      .optional()
      .describe('Of a bot with the scope chat:write'),
    channel: z
      .string()
      .regex(/^[^\s\p{Cc}]{1,100}$/u, 'must be the id of a channel, such as C0123456789, or #name')
      .optional()
      .describe('Where the bot posts'),
    apiUrl: url.optional().describe('In place of https://slack.com/api, such as https://slack-gov.com/api'),
  });
}

export type SlackSettings = z.output<ReturnType<typeof slackSettings>>;

/** What is wrong with them together. */
export function slackFault(settings: SlackSettings): string | undefined {
  const { webhookUrl, token, channel, apiUrl } = settings;
  if (webhookUrl !== undefined && (token ?? channel ?? apiUrl) !== undefined) {
    return 'has either webhookUrl, or token and channel';
  }
  if (webhookUrl === undefined && (token === undefined || channel === undefined)) {
    return 'needs webhookUrl, or token and channel';
  }
  return undefined;
}
