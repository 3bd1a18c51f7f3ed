/** Chooses the ways out of one message, in the order in which they are tried. Pure: names in, names out. */

import { choiceOf, type Routing, type TenantRouting } from '../../core/routing.ts';
import type { UnknownPolicy } from '../../core/tenant-settings.ts';

export interface MessageRoute {
  readonly names: readonly [first: string, ...others: string[]];
  /** `tenant`: all its messages go this way. `message`: this one alone. Of the others nothing follows for the tenant's next message. */
  readonly by: 'message' | 'split' | 'tenant';
}

/** Undefined: nobody has chosen a provider for this message. */
export function routeOf(input: {
  /** `provider` is what the message asks for itself. */
  readonly message: { readonly id: string; readonly provider?: string | undefined };
  readonly tenant: TenantRouting & { readonly unknownOutcome?: UnknownPolicy | undefined };
  readonly routing: Routing;
  /** The provider that may have taken the message already. */
  readonly unanswered?: string | undefined;
  /** What a provider is called now that had this name before; the same where none had. */
  readonly nameNow?: (name: string) => string;
}): MessageRoute | undefined {
  const { message, tenant, routing, unanswered, nameNow = (name) => name } = input;
  // A message that names a provider means that one: no other takes its place.
  if (message.provider !== undefined) return { names: [nameNow(message.provider)], by: 'message' };
  const { split, list } = choiceOf(tenant, routing);
  const chosen = [...(split ? splitOrder(split, message.id) : []), ...list];
  const [first, ...others] = new Set(chosen.map(nameNow));
  if (first === undefined) return undefined;
  const names = [first, ...others] as const;
  // Another provider would make a second copy that the first cannot know for one: the tenant must have wished for that.
  const mayHaveIt = unanswered === undefined || tenant.unknownOutcome === 'failover' ? undefined : nameNow(unanswered);
  const keepsTo = names.find((name) => name === mayHaveIt);
  if (keepsTo !== undefined) return { names: [keepsTo], by: 'message' };
  return { names, by: split ? 'split' : 'tenant' };
}

/** The same for the same message each time, so that a retry keeps to its provider. */
function splitOrder(split: Readonly<Record<string, number>>, messageId: string): readonly string[] {
  const weights = Object.entries(split).sort(
    ([a, weightOfA], [b, weightOfB]) => weightOfB - weightOfA || (a < b ? -1 : 1),
  );
  const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
  let left = shareOf(messageId) * total;
  const [chosen] =
    weights.find(([, weight]) => {
      left -= weight;
      return left < 0;
    }) ??
    weights[0] ??
    [];
  return chosen === undefined ? [] : [chosen, ...weights.map(([name]) => name)];
}

/** From 0 to 1, evenly: the last 32 bits of a UUIDv7 are random. */
function shareOf(messageId: string): number {
  return Number.parseInt(messageId.slice(-8), 16) / 2 ** 32;
}
