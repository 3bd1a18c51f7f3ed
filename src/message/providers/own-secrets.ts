/** Whatever a provider says, its own secrets are not in it: other servers repeat a login in the reply that refuses it. */

import { createCut, userNamesIn } from '../../core/known-secrets.ts';
import type { Outcome } from '../../core/outcome.ts';
import type { ProviderSettings } from '../../core/provider-settings.ts';
import type { Provider, SendResult } from './provider.ts';

/** `secrets`: the names of those settings that are cut out of all that is kept or shown. */
export function withoutOwnSecrets<Way extends Pick<Provider, 'send' | 'check'>>(
  provider: Way,
  told: { readonly settings: ProviderSettings; readonly secrets: readonly string[] },
): Way {
  const { settings } = told;
  const secrets = told.secrets.map((name) => settings[name]).filter((value) => typeof value === 'string');
  if (secrets.length === 0) return provider;
  const cut = createCut({ secrets, userNames: userNamesIn(settings) });
  return {
    ...provider,
    send: async (parcel, stop) => cutResult(await provider.send(parcel, stop), cut),
    async check() {
      const health = await provider.check();
      return { ...health, detail: cut(health.detail) };
    },
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
