/** What is counted of that which came back. Pure. */

import { type Fate, MAX_CATEGORIES, MAX_TEMPLATE_PAIRS, OTHER_NAMES } from '../../core/tally.ts';
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

/** What a message was, by which what becomes of it is counted; empty where it has none. */
export interface Named {
  readonly category: string;
  readonly template: string;
}

/** What a message is counted as in an hour where these are counted already. */
export function countedAs({ category, template }: Named, known: readonly Named[]): Named {
  const categories = new Set(known.map((one) => one.category).filter(isOwn));
  const fits = !isOwn(category) || categories.has(category) || categories.size < MAX_CATEGORIES;
  const counted = fits ? category : OTHER_NAMES;
  const isKnown = known.some((one) => one.category === counted && one.template === template);
  const templates = known.filter((one) => isOwn(one.template));
  const isRoom = !isOwn(template) || isKnown || templates.length < MAX_TEMPLATE_PAIRS;
  return { category: counted, template: isRoom ? template : OTHER_NAMES };
}

function isOwn(name: string): boolean {
  return name !== '' && name !== OTHER_NAMES;
}
