/** Whatever a provider says, its own secrets are not in it: other servers repeat a login in the reply that refuses it. */

import { createCut, userNamesIn } from '../../core/known-secrets.ts';
import type { Outcome } from '../../core/outcome.ts';
import type { ProviderSettings } from '../../core/provider-settings.ts';
import type { Provider, SendResult } from './provider.ts';
import { valueAt } from './secret-settings.ts';

/**
 * `secrets`: the paths of those settings that are cut out of all that is kept or shown. `learned`: what is secret besides, as it
 * comes to be known.
 */
export function withoutOwnSecrets<Way extends Pick<Provider, 'send' | 'check'>>(
  provider: Way,
  told: {
    readonly settings: ProviderSettings;
    readonly secrets: readonly string[];
    readonly learned?: (() => readonly string[]) | undefined;
  },
): Way {
  const { settings, learned } = told;
  const secrets = told.secrets.map((path) => valueAt(settings, path)).filter((value) => typeof value === 'string');
  const cut = createGrowingCut({ secrets, learned, userNames: userNamesIn(settings) });
  return {
    ...provider,
    async send(parcel, stop, between) {
      try {
        const told = between && ((given: Pick<SendResult, 'outcomes'>) => between(cutResult(given, cut)));
        return cutResult(await provider.send(parcel, stop, told), cut);
      } catch (fault) {
        throw cutFault(fault, cut);
      }
    },
    async check() {
      try {
        const health = await provider.check();
        return { ...health, detail: cut(health.detail) };
      } catch (fault) {
        throw cutFault(fault, cut);
      }
    },
  };
}

/** Errors of a cause that are gone through. */
const MOST_CAUSES = 5;

/** The same fault, for the log: an error of a library may repeat the header that it refuses. */
function cutFault(fault: unknown, cut: (text: string) => string): unknown {
  let error = fault;
  for (let left = MOST_CAUSES; left > 0 && error instanceof Error; left -= 1) {
    const { message, stack = '' } = error;
    const safe = { message: cut(message), stack: cut(stack) };
    if (safe.message !== message || safe.stack !== stack) {
      // Those of the platform have a message that cannot be assigned.
      Object.defineProperties(error, { message: { value: safe.message }, stack: { value: safe.stack } });
    }
    error = error.cause;
  }
  return fault;
}

/** Made anew when something was learned, which is seldom. */
function createGrowingCut(known: {
  readonly secrets: readonly string[];
  readonly learned: (() => readonly string[]) | undefined;
  readonly userNames: readonly string[];
}): (text: string) => string {
  const { secrets, userNames, learned = () => [] } = known;
  let made: readonly string[] = [];
  let cut = createCut({ secrets, userNames });
  return (text) => {
    const now = learned();
    if (now.length !== made.length || now.some((secret, at) => secret !== made[at])) {
      made = now;
      cut = createCut({ secrets: [...secrets, ...now], userNames });
    }
    return cut(text);
  };
}

function cutResult(result: SendResult, cut: (text: string) => string): SendResult {
  const { outcomes, ids, transcript } = result;
  return {
    ...result,
    outcomes: new Map([...outcomes].map(([position, outcome]) => [position, cutOutcome(outcome, cut)])),
    ...(ids && { ids: new Map([...ids].map(([position, id]) => [position, cut(id)])) }),
    ...(transcript !== undefined && { transcript: cut(transcript) }),
  };
}

function cutOutcome(outcome: Outcome, cut: (text: string) => string): Outcome {
  const text = cut(outcome.reply.text);
  return text === outcome.reply.text ? outcome : { ...outcome, reply: { ...outcome.reply, text } };
}
