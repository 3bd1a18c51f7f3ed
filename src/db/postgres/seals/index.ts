/** The verbs of what the vault sealed on PostgreSQL. */

import type { Slice } from '../verb.ts';
import { list, reinstateKey, reseal, retireKeys } from './seals.ts';

export const seals: Slice<'seals'> = {
  list,
  reinstateKey,
  reseal,
  retireKeys,
};
