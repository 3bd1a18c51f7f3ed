/** The form of the preference centre: what of the preferences it shows, and what they are when it comes back. Pure. */

import type { ChannelType } from '../core/notification.ts';
import { type Preference, type Preferences, weekdays } from '../core/preferences.ts';
import type { Form } from './form-body.ts';

/** What somebody can decide about here. */
export interface Choices {
  /** By which they can be reached. */
  readonly channels: readonly ChannelType[];
  readonly categories: readonly { readonly name: string; readonly types: readonly string[] }[];
}

export interface CentreState {
  readonly choices: Choices;
  readonly before: Preferences;
  /** Categories that the address unsubscribed from; an empty one stands for all. */
  readonly unsubscribed: readonly string[];
}

export const offeredFrequencies = ['immediate', 'hourly', 'daily', 'weekly'] as const;

/** What a category, type or all of them are set to, of the categories and types in `preferences`. */
export function ownOf(all: Preferences['categories'], name: string): Preference {
  return (all !== undefined && Object.hasOwn(all, name) ? all[name] : undefined) ?? {};
}

export function isMailOff({ before, unsubscribed }: CentreState, category: string): boolean {
  return ownOf(before.categories, category).channels?.email === false || unsubscribed.includes(category);
}

export function isAllMailOff({ before: { global = {} }, unsubscribed }: CentreState): boolean {
  return global.channels?.email === false || unsubscribed.includes('');
}

/** Names of fields: what stands in them is a name of the tenant's. */
export const fieldNames = {
  shown: 'category',
  on: 'on',
  onBy: (channel: string) => `by ${channel}`,
  category: (name: string) => `category ${name}`,
  categoryBy: (name: string, channel: string) => `category ${channel} ${name}`,
  frequency: (name: string) => `frequency ${name}`,
  type: (name: string) => `type ${name}`,
  quiet: 'quiet',
  start: 'start',
  end: 'end',
  zone: 'zone',
  day: 'day',
} as const;

/**
 * What is on says nothing of its own, so that what is wider holds: who turns all off hears of nothing. What the form did not show stays
 * as it was.
 */
export function preferencesIn({ choices, before }: CentreState, form: Form): Preferences {
  const { channels } = choices;
  const names = new Set(form.getAll(fieldNames.shown));
  const shown = choices.categories.filter(({ name }) => names.has(name));
  const categories = shown.map(({ name }) => {
    const frequency = offeredFrequencies.find((one) => one === form.get(fieldNames.frequency(name)));
    const { frequency: _, ...own } = switched(ownOf(before.categories, name), {
      isOn: form.has(fieldNames.category(name)),
      channels: channels.map((channel) => [channel, form.has(fieldNames.categoryBy(name, channel))] as const),
    });
    return [name, { ...own, ...(frequency !== undefined && { frequency }) }] as const;
  });
  const types = shown
    .flatMap((one) => one.types)
    .map((name) => {
      const isOn = form.has(fieldNames.type(name));
      return [name, switched(ownOf(before.types, name), { isOn, channels: [] })] as const;
    });
  const global = switched(before.global ?? {}, {
    isOn: form.has(fieldNames.on),
    channels: channels.map((channel) => [channel, form.has(fieldNames.onBy(channel))] as const),
  });
  return {
    global: { enabled: global.enabled ?? true, channels: global.channels ?? {} },
    categories: { ...before.categories, ...Object.fromEntries(categories) },
    types: { ...before.types, ...Object.fromEntries(types) },
    ...quietHoursIn(form),
  };
}

function switched(
  before: Preference,
  { isOn, channels }: { readonly isOn: boolean; readonly channels: readonly (readonly [ChannelType, boolean])[] },
): Preference {
  const { enabled: _, channels: by = {}, ...rest } = before;
  const kept = Object.entries(by).filter(([channel]) => !channels.some(([one]) => one === channel));
  const off = channels.filter(([, wanted]) => !wanted).map(([channel]) => [channel, false] as const);
  const all = [...kept, ...off];
  return { ...rest, ...(!isOn && { enabled: false }), ...(all.length > 0 && { channels: Object.fromEntries(all) }) };
}

function quietHoursIn(form: Form): Pick<Preferences, 'quietHours'> {
  const [start, end] = [form.get(fieldNames.start) ?? '', form.get(fieldNames.end) ?? ''];
  const enabled = form.has(fieldNames.quiet);
  if (!enabled && (start === '' || end === '')) return {};
  const chosen = form.getAll(fieldNames.day);
  const days = weekdays.filter((day) => chosen.includes(day));
  const timezone = form.get(fieldNames.zone) ?? '';
  return {
    quietHours: {
      ...{ enabled, start, end },
      ...(timezone !== '' && { timezone }),
      ...(days.length > 0 && days.length < weekdays.length && { days }),
    },
  };
}
