/** What a person decided: whether a type reaches them by a channel, and how often. The narrowest that says something holds. */

import type { ChannelType } from '../core/notification.ts';
import type { Preferences } from '../core/preferences.ts';

export const frequencies = ['immediate', 'hourly', 'daily', 'weekly'] as const;
export type Frequency = (typeof frequencies)[number];

export interface Preferred {
  readonly isOn: boolean;
  /** Absent: as the type says. */
  readonly frequency?: Frequency;
}

export function preferred(
  { types = {}, categories = {}, global = {} }: Preferences,
  { type, category, channel }: { readonly type: string; readonly category: string; readonly channel: ChannelType },
): Preferred {
  const own = (all: typeof types, name: string) => (Object.hasOwn(all, name) ? [all[name] ?? {}] : []);
  const narrow = [...own(types, type), ...own(categories, category)];
  const all = [...narrow, global];
  const isEnabled = all.find(({ enabled }) => enabled !== undefined)?.enabled ?? true;
  const byChannel = all.find(({ channels }) => channels?.[channel] !== undefined)?.channels?.[channel] ?? true;
  const frequency = narrow.find((one) => one.frequency !== undefined)?.frequency;
  return { isOn: isEnabled && byChannel, ...(frequency !== undefined && { frequency }) };
}
