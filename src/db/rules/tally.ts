/** What is counted of that which came back. Pure. */

import { type Fate, MAX_CATEGORIES, OTHER_CATEGORIES } from '../../core/tally.ts';
import { isHardBounce, type Told } from './next-status.ts';

/** Of `recipients.fates`: what a recipient was counted for already. */
export const fateBits: { readonly [fate in Fate]: number } = {
  delivered: 1,
  bounced: 2,
  complained: 4,
  opened: 8,
  clicked: 16,
  openedByMachine: 32,
  clickedByMachine: 64,
};

/** Undefined: it is not counted. A bounce counts where the address is at fault. */
export function fateOf(told: Told): Fate | undefined {
  switch (told.kind) {
    case 'delivered':
    case 'complained':
      return told.kind;
    case 'opened':
    case 'clicked':
      return told.data.actor === 'machine' ? `${told.kind}ByMachine` : told.kind;
    case 'bounced':
      return isHardBounce(told) ? told.kind : undefined;
    default:
      return undefined;
  }
}

/** What a category is counted as in an hour where these are counted already. */
export function countedCategory(category: string, known: readonly string[]): string {
  if (category === '' || known.includes(category)) return category;
  const own = known.filter((one) => one !== '' && one !== OTHER_CATEGORIES);
  return own.length < MAX_CATEGORIES ? category : OTHER_CATEGORIES;
}
