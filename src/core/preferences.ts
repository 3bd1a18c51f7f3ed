/** What a subscriber wants to hear of, where and when. */

import type { ChannelType } from './notification.ts';

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

export interface Preference {
  readonly enabled?: boolean | undefined;
  readonly channels?: { readonly [channel in ChannelType]?: boolean | undefined } | undefined;
  readonly frequency?: 'immediate' | 'hourly' | 'daily' | 'weekly' | undefined;
}

export interface QuietHours {
  readonly enabled: boolean;
  /** `HH:MM`; where the end is earlier, it is on the next day. */
  readonly start: string;
  readonly end: string;
  /** Absent: the subscriber's. */
  readonly timezone?: string | undefined;
  /** On which they begin; absent: on every day. */
  readonly days?: readonly (typeof weekdays)[number][] | undefined;
}

export interface Preferences {
  readonly global?: Omit<Preference, 'frequency'> | undefined;
  readonly categories?: { readonly [category: string]: Preference } | undefined;
  readonly types?: { readonly [type: string]: Preference } | undefined;
  readonly quietHours?: QuietHours | undefined;
}

/** Of who has said nothing. */
export const noPreferences = {
  global: { enabled: true, channels: {} },
  categories: {},
  types: {},
} as const satisfies Preferences;
