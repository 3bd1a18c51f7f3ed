/** Seed 004's preferences of a user: flat, in snake_case. */

import * as z from 'zod';
import { rfc3339 } from '../../core/rfc3339.ts';
import { webhookUrl } from '../../manage/fields.ts';
import type { OpsPreferences } from '../../manage/ops-preferences.ts';
import { timezoneField } from '../../manage/subscriber-fields.ts';
import type { AppDeps } from '../deps.ts';
import { json } from '../reply.ts';
import { jsonBody, type Route, tenantAction, tenantRoute } from '../route.ts';
import { time } from '../shapes.ts';
import { opsAddress } from './notifications.ts';

const PATH = '/api/v1/notification/preferences/:user_id';

/** `22:00`, or `22:00:00` as SQL has it. */
const timeOfDay = z
  .string()
  .regex(/^(?:[01]\d|2[0-3]):[0-5]\d(?::00)?$/, 'must be a time of day such as 22:00')
  .transform((text) => text.slice(0, 5));

const urls = { slack_webhook_url: z.string(), teams_webhook_url: z.string(), custom_webhook_url: z.string() };
const switches = {
  ...{ email_enabled: z.boolean(), slack_enabled: z.boolean() },
  ...{ teams_enabled: z.boolean(), webhook_enabled: z.boolean() },
};
const masked = 'Masked, because the URL alone lets its holder post there';

const shape = z.strictObject({
  user_id: z.string(),
  email: z.string().nullable(),
  ...switches,
  slack_webhook_url: urls.slack_webhook_url.nullable().describe(masked),
  teams_webhook_url: urls.teams_webhook_url.nullable().describe(masked),
  custom_webhook_url: urls.custom_webhook_url.nullable().describe(masked),
  quiet_hours_start: z.string().nullable(),
  quiet_hours_end: z.string().nullable(),
  timezone: z.string(),
  created_at: time,
  updated_at: time,
});

export function opsPreferenceRoutes({ manage: { opsPreferences }, webhooks }: AppDeps): readonly Route[] {
  const url = webhookUrl(webhooks.refusalOf).nullish();
  const body = z.object({
    email: opsAddress.nullish(),
    ...z.object(switches).partial().shape,
    ...{ slack_webhook_url: url, teams_webhook_url: url, custom_webhook_url: url },
    ...{ quiet_hours_start: timeOfDay.nullish(), quiet_hours_end: timeOfDay.nullish() },
    timezone: timezoneField.optional(),
  });
  return [
    tenantRoute(['read', 'admin'], {
      method: 'GET',
      path: PATH,
      summary: 'OpsConductor: what a user wants to be told',
      answers: { 200: { description: 'The preferences', schema: shape } },
      handle: async ({ tenant, param }) => json(view(await opsPreferences.get(tenant, param('user_id')))),
    }),
    tenantAction('preferences.set', {
      method: 'POST',
      path: PATH,
      summary: 'OpsConductor: change what a user wants to be told; null takes a field away',
      body: { ...jsonBody(body), isPrivate: true },
      answers: { 200: { description: 'The preferences', schema: shape } },
      async handle({ caller, tenant, param, body: said }) {
        const change = {
          email: said.email,
          enabled: {
            ...{ email: said.email_enabled, slack: said.slack_enabled },
            ...{ teams: said.teams_enabled, webhook: said.webhook_enabled },
          },
          ...{ slackUrl: said.slack_webhook_url, teamsUrl: said.teams_webhook_url },
          webhookUrl: said.custom_webhook_url,
          ...{ quietStart: said.quiet_hours_start, quietEnd: said.quiet_hours_end, timezone: said.timezone },
        };
        return json(view(await opsPreferences.set(caller, { tenant, userId: param('user_id'), change })));
      },
    }),
  ];
}

function view({ subscriber, preferences }: OpsPreferences): z.output<typeof shape> {
  const { channels: own = {}, id, email, timezone, createdAt, updatedAt } = subscriber;
  const { global, quietHours } = preferences;
  const isOn = (channel: 'slack' | 'teams' | 'webhook') => global?.channels?.[channel] ?? own[channel] !== undefined;
  const slack = own.slack !== undefined && 'webhookUrl' in own.slack ? own.slack.webhookUrl : null;
  const quiet = quietHours?.enabled === true ? quietHours : undefined;
  return {
    ...{ user_id: id, email: email ?? null, email_enabled: global?.channels?.email ?? true },
    ...{ slack_enabled: isOn('slack'), teams_enabled: isOn('teams'), webhook_enabled: isOn('webhook') },
    slack_webhook_url: slack,
    ...{ teams_webhook_url: own.teams?.webhookUrl ?? null, custom_webhook_url: own.webhook?.url ?? null },
    ...{ quiet_hours_start: quiet?.start ?? null, quiet_hours_end: quiet?.end ?? null },
    timezone: quiet?.timezone ?? timezone ?? 'UTC',
    ...{ created_at: rfc3339(createdAt), updated_at: rfc3339(updatedAt) },
  };
}
