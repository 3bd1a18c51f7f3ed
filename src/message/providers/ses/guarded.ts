/** The guarded fetch, loaded when something is fetched: who only reads the configuration has no use for it. */

import type { GuardedFetch } from '../../../base/net/guarded-fetch.ts';

export function lateGuardedFetch(allowNetworks: readonly string[]): GuardedFetch {
  let loaded: Promise<GuardedFetch> | undefined;
  return async (url, request) => {
    loaded ??= import('../../../base/net/guarded-fetch.ts').then(({ createGuardedFetch }) =>
      createGuardedFetch({}, { allowNetworks }),
    );
    return (await loaded)(url, request);
  };
}
