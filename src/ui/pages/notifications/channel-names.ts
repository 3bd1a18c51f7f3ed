/** The ways by which people are reached. */

import type { Subscriber } from '../../api/types.ts';

export const channels = [
  ['email', 'mail'],
  ['slack', 'Slack'],
  ['teams', 'Teams'],
  ['webhook', 'webhook'],
] as const;

export type ChannelName = (typeof channels)[number][0];

export function channelText(names: readonly ChannelName[]): string {
  return channels.flatMap(([name, word]) => (names.includes(name) ? [word] : [])).join(', ');
}

/** The ways by which a subscriber can be. */
export function reachedBy({ email, channels: has }: Pick<Subscriber, 'email' | 'channels'>): readonly ChannelName[] {
  return channels.map(([name]) => name).filter((name) => (name === 'email' ? email !== null : has[name] !== undefined));
}
