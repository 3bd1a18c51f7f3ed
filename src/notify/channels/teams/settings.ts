/** What a Teams channel is told: the URL of a workflow that posts what it is sent. */

import * as z from 'zod';

/** `url` refuses what may not be asked. */
export function teamsSettings(url: z.ZodType<string, string>) {
  return z.strictObject({
    type: z.literal('teams'),
    webhookUrl: url.describe('Of a workflow "Send webhook alerts to a channel" or one of your own'),
  });
}

export type TeamsSettings = z.output<ReturnType<typeof teamsSettings>>;
