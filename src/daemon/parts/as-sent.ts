/** A message as a provider gets it: composed, and signed as it is when it leaves by that provider at that time. */

import type { AppDeps } from '../../api/deps.ts';
import type { ProviderDesk } from '../../manage/providers.ts';
import { senderOf } from '../../message/delivery/deliver.ts';
import type { DkimSigner } from '../../message/dkim/signer.ts';
import type { Stations } from './stations.ts';

export function createAsSent(
  deps: Pick<Stations, 'composeMime'> & {
    readonly dkim: Pick<DkimSigner, 'signatureFor'>;
    readonly providers: Pick<ProviderDesk, 'routeOf' | 'signs'>;
  },
): AppDeps['asSent'] {
  const { composeMime, dkim, providers } = deps;
  return async ({ message, rendered, tenant, attempt, now }) => {
    const compose = () => composeMime({ message, ...(rendered && { rendered }) });
    const name = attempt?.provider ?? providers.routeOf(message, tenant)[0];
    if (name === undefined || !(await providers.signs(name))) return compose();
    const signature = await dkim.signatureFor({ ...senderOf(message), at: attempt?.startedAt ?? now });
    return signature === undefined ? compose() : signature.sign(compose);
  };
}
