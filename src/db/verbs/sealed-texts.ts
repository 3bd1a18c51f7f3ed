/** All that the vault sealed, a page at a time: there may be as many texts as subscribers. */

import { everyPage } from '../../core/every-page.ts';
import type { SealedText } from './seals.ts';
import type { StorePart } from './store.ts';

const PAGE = 500;

export function sealedTexts({ seals }: StorePart<'seals.list'>): AsyncGenerator<readonly SealedText[]> {
  return everyPage((cursor) => seals.list({ limit: PAGE, ...(cursor !== undefined && { cursor }) }));
}
