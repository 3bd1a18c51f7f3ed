/**
 * The names that webhooks give events: `message.<event>`, and `message.retrying` for `retry_scheduled` (seed 001 §14). What is
 * about something else has its own name.
 */

import { type EventType, eventTypes } from '../core/message.ts';

export function webhookName(type: EventType): string {
  if (type.includes('.')) return type;
  return `message.${type === 'retry_scheduled' ? 'retrying' : type}`;
}

const byName: ReadonlyMap<string, EventType> = new Map(
  eventTypes.flatMap((type) => {
    const name = webhookName(type);
    const aliases = name === type ? [name] : [name, name.slice('message.'.length), type, `message.${type}`];
    return aliases.map((alias) => [alias, type] as const);
  }),
);

export const webhookNames: readonly string[] = eventTypes.map(webhookName);

/** `sent` and `message.sent` alike; `*` is all. Undefined: no event has that name. */
export function eventOfName(name: string): EventType | '*' | undefined {
  return name === '*' ? '*' : byName.get(name);
}
