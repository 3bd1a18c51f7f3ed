/** Somebody is always owner, once there was one: who is the last stays it. */

import { IepError } from '../../core/errors.ts';
import type { PlatformRole } from '../../core/roles.ts';

/** `others`: owners besides this user. `becomes` undefined: the user goes, or is left to its tenants. */
export function requireAnOwner(change: {
  readonly was: PlatformRole | undefined;
  readonly becomes: PlatformRole | undefined;
  readonly others: number;
}): void {
  if (change.was !== 'owner' || change.becomes === 'owner' || change.others > 0) return;
  throw new IepError('conflict', 'This is the last owner. Make another one first: `iep user set EMAIL --role owner`.');
}
