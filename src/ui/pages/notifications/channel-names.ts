/** The ways by which people are reached. */

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
