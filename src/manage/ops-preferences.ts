/** Preferences of a user as seed 004 has them: flat, over the channels and preferences of a subscriber of that id. */

import { IepError } from '../core/errors.ts';
import { invalid } from '../core/invalid.ts';
import type { ChannelType } from '../core/notification.ts';
import { noPreferences, type Preferences, type QuietHours } from '../core/preferences.ts';
import type { Subscriber } from '../db/verbs/subscribers.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import type { Caller } from './audit/caller.ts';
import type { SubscriberFields } from './subscriber-fields.ts';
import type { SubscriberDesk } from './subscribers.ts';

/** Undefined stays as it is; null is taken away. */
export interface OpsPreferencesChange {
  readonly email?: string | null | undefined;
  readonly enabled: { readonly [channel in ChannelType]?: boolean | undefined };
  readonly slackUrl?: string | null | undefined;
  readonly teamsUrl?: string | null | undefined;
  readonly webhookUrl?: string | null | undefined;
  /** `HH:MM`. */
  readonly quietStart?: string | null | undefined;
  readonly quietEnd?: string | null | undefined;
  readonly timezone?: string | undefined;
}

export interface OpsPreferences {
  readonly subscriber: Subscriber;
  readonly preferences: Preferences;
}

export interface OpsPreferencesDesk {
  /** Refuses with `not_found` where no subscriber has this id. */
  get(tenant: Tenant, userId: string): Promise<OpsPreferences>;
  /** Adds the subscriber where it is not there. */
  set(
    caller: Caller,
    input: { readonly tenant: Tenant; readonly userId: string; readonly change: OpsPreferencesChange },
  ): Promise<OpsPreferences>;
}

export function createOpsPreferencesDesk(subscribers: SubscriberDesk): OpsPreferencesDesk {
  async function get(tenant: Tenant, userId: string): Promise<OpsPreferences> {
    const subscriber = await subscribers.get(tenant, userId);
    const { preferences = noPreferences } = (await subscribers.preferences(tenant, userId)) ?? {};
    return { subscriber, preferences };
  }

  async function find(tenant: Tenant, userId: string): Promise<OpsPreferences | undefined> {
    try {
      return await get(tenant, userId);
    } catch (error) {
      if (error instanceof IepError && error.code === 'not_found') return undefined;
      throw error;
    }
  }

  return {
    get,
    async set(caller, { tenant, userId, change }) {
      const before = await find(tenant, userId);
      const preferences = changed(before?.preferences ?? noPreferences, change);
      const named = { tenant, id: userId };
      const fields = fieldsOf(change);
      if (before !== undefined) await subscribers.set(caller, { ...named, changes: fields });
      else await subscribers.add(caller, { ...named, fields: withoutNulls(fields) as SubscriberFields });
      await subscribers.setPreferences(caller, { ...named, preferences });
      return get(tenant, userId);
    },
  };
}

function fieldsOf({ email, timezone, slackUrl, teamsUrl, webhookUrl }: OpsPreferencesChange) {
  const channel = (name: 'webhookUrl' | 'url', url: string | null) => (url === null ? null : { [name]: url });
  const channels = {
    ...(slackUrl !== undefined && { slack: channel('webhookUrl', slackUrl) }),
    ...(teamsUrl !== undefined && { teams: channel('webhookUrl', teamsUrl) }),
    ...(webhookUrl !== undefined && { webhook: channel('url', webhookUrl) }),
  };
  return {
    ...(email !== undefined && { email }),
    ...(timezone !== undefined && { timezone }),
    ...(Object.keys(channels).length > 0 && { channels }),
  };
}

function withoutNulls(fields: ReturnType<typeof fieldsOf>): object {
  const { channels = {}, ...rest } = fields;
  const kept = (all: object) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
  return { ...kept(rest), channels: kept(channels) };
}

function changed(before: Preferences, change: OpsPreferencesChange): Preferences {
  const { enabled } = change;
  const said = Object.fromEntries(Object.entries(enabled).filter(([, value]) => value !== undefined));
  const { quietHours: _, ...rest } = before;
  const quietHours = quietOf(before.quietHours, change);
  return {
    ...rest,
    global: { enabled: true, ...before.global, channels: { ...before.global?.channels, ...said } },
    ...(quietHours && { quietHours }),
  };
}

function quietOf(before: QuietHours | undefined, change: OpsPreferencesChange): QuietHours | undefined {
  const { quietStart = before?.start ?? null, quietEnd = before?.end ?? null, timezone } = change;
  if (quietStart === null && quietEnd === null) return undefined;
  if (quietStart === null || quietEnd === null) {
    const path = quietStart === null ? 'quiet_hours_start' : 'quiet_hours_end';
    throw invalid([{ path, message: 'is required beside the other' }]);
  }
  const zone = timezone ?? before?.timezone;
  return {
    ...{ ...before, enabled: true, start: quietStart, end: quietEnd },
    ...(zone !== undefined && { timezone: zone }),
  };
}
