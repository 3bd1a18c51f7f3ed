/** What the template of a notification sees: the data, and its members by their own names as templates of mail have them. */

import type { Json } from '../../core/message.ts';
import type { Notice } from './channel.ts';

export function variablesOf({
  notice,
  variables,
}: {
  readonly notice: Notice;
  readonly variables?: Readonly<Record<string, Json>> | undefined;
}): { [name: string]: Json } {
  const { type, data, actor, subscriber } = notice;
  return {
    ...data,
    ...{ type, data: { ...data } },
    ...(actor !== undefined && { actor }),
    ...(subscriber && { subscriber: { ...subscriber } }),
    ...variables,
  };
}
