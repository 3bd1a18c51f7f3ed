/** What is counted of that which came back. Pure. */

import type { Fate } from '../../core/tally.ts';
import { isHardBounce, type Told } from './next-status.ts';

/** Of `recipients.fates`: what a recipient was counted for already. */
export const fateBits: { readonly [fate in Fate]: number } = {
  delivered: 1,
  bounced: 2,
  complained: 4,
  opened: 8,
  clicked: 16,
};

/** Undefined: it is not counted. A bounce counts where the address is at fault, and an open or a click that no machine made. */
export function fateOf(told: Told): Fate | undefined {
  switch (told.kind) {
    case 'delivered':
    case 'complained':
      return told.kind;
    case 'opened':
    case 'clicked':
      return told.data.actor === 'machine' ? undefined : told.kind;
    case 'bounced':
      return isHardBounce(told) ? told.kind : undefined;
    default:
      return undefined;
  }
}
