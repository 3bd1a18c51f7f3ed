/** What a tenant defines about its notifications: types, rules, escalation policies, topics. */

import type { EventCondition } from './condition.ts';

export const channelTypes = ['email', 'slack', 'teams', 'webhook'] as const;
export type ChannelType = (typeof channelTypes)[number];

/** To whom a notification goes. */
export type NotificationTarget =
  | { readonly subscriber: string }
  | { readonly email: string }
  | { readonly topic: string }
  | { readonly channel: string };

export const digestPeriods = ['hourly', 'daily', 'weekly'] as const;

export interface Digest {
  readonly every: (typeof digestPeriods)[number] | { readonly minutes: number };
  /** `HH:MM` in the time zone of the subscriber. */
  readonly at?: string;
  /** Name of a template. */
  readonly template?: string;
}

export interface NotificationTypeSpec {
  readonly category: string;
  /** Passes preferences, rate limit, digest and quiet hours; never a suppression. */
  readonly critical: boolean;
  readonly channels: readonly ChannelType[];
  /** Names of templates. */
  readonly templates: { readonly [channel in ChannelType]?: string };
  readonly digest?: Digest;
  readonly group?: { readonly by: string; readonly windowMinutes: number };
  readonly rateLimit?: { readonly count: number; readonly windowMinutes: number };
  readonly unsubscribable: boolean;
}

export interface TopicSpec {
  readonly description?: string;
}

/** An event that fits makes a notification. */
export interface RuleSpec {
  /** A type of event, or the beginning of some with `*`. */
  readonly on: string;
  readonly when?: EventCondition;
  /** Name of a notification type. */
  readonly type: string;
  /** With placeholders such as `{{data.userId}}`. Absent only where there is an escalation. */
  readonly to?: readonly NotificationTarget[];
  readonly severity?: string;
  /** Name of an escalation policy, whose first step takes the place of `to`. */
  readonly escalation?: string;
  readonly active: boolean;
}

export interface EscalationStep {
  /** After the notification, or after the repetition began. */
  readonly afterMinutes: number;
  /** With placeholders, as in a rule; they are filled when the escalation begins. */
  readonly to: readonly NotificationTarget[];
  readonly channels?: readonly ChannelType[];
}

export interface EscalationPolicySpec {
  readonly steps: readonly EscalationStep[];
  /** How often all steps are gone through again. */
  readonly repeat: number;
  /** A type of event that acknowledges, or the beginning of some with `*`. */
  readonly resolveOn?: string;
}
