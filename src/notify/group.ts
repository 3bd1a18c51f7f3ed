/** The keys of windows: whom and what they are about. */

import { factAt } from '../core/condition.ts';
import type { RecipientText } from '../core/notification-delivery.ts';
import { sortMembers } from '../core/sorted-members.ts';

export interface KeyedWay {
  readonly type: string;
  readonly recipient: RecipientText;
  readonly channel: string;
}

/** What is rate limited, or gathers in a digest, together. */
export function wayKey({ type, recipient, channel }: KeyedWay): string {
  return JSON.stringify([type, recipient, channel]);
}

/** What is grouped besides by a value. */
export function groupKey(way: KeyedWay, value: string): string {
  return JSON.stringify([way.type, way.recipient, way.channel, value]);
}

/** The value by which it is grouped, in whatever order its members come; undefined where the facts have none. */
export function groupValue(by: string | undefined, facts: object): string | undefined {
  const value = by === undefined ? undefined : factAt(facts, by);
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value, sortMembers);
}
