/** A message as a provider gets it: composed, and signed as it is when it leaves by that provider at that time. */

import type { AppDeps } from '../../api/deps.ts';
import type { ProviderDesk } from '../../manage/providers.ts';
import { senderOf } from '../../message/delivery/deliver.ts';
import { ownHeadersBy } from '../../message/delivery/own-headers.ts';
import type { DkimSigner } from '../../message/dkim/signer.ts';
import { shownRecipient } from '../../message/render/render.ts';
import type { Stations } from './stations.ts';

export function createAsSent(
  deps: Pick<Stations, 'composeMime' | 'ownLinks'> & {
    readonly dkim: Pick<DkimSigner, 'signatureFor'>;
    readonly providers: Pick<ProviderDesk, 'routeOf' | 'signs'>;
  },
): AppDeps['asSent'] {
  const { composeMime, dkim, providers } = deps;
  const ownHeadersOf = ownHeadersBy(deps.ownLinks);
  return async ({ message, rendered, tenant, attempt, now }) => {
    const shown = { address: shownRecipient(message), position: 0 };
    const added = (await ownHeadersOf(message))?.(shown) ?? [];
    const compose = () => composeMime({ message, ...(rendered && { rendered }), added });
    const name = attempt?.provider ?? providers.routeOf(message, tenant)[0];
    if (name === undefined || !(await providers.signs(name))) return compose();
    const signature = await dkim.signatureFor({ ...senderOf(message), at: attempt?.startedAt ?? now });
    return signature === undefined ? compose() : signature.sign(compose);
  };
}
