/** The verbs of unsubscribes on PostgreSQL. */

import type { Slice } from '../verb.ts';
import { add, list, of, remove } from './unsubscribes.ts';

export const unsubscribes: Slice<'unsubscribes'> = { add, list, of, remove };
