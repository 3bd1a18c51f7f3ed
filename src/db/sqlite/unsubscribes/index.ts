/** The verbs of unsubscribes on SQLite. */

import type { Slice } from '../verb.ts';
import { add, list, of, remove } from './unsubscribes.ts';

export const unsubscribes: Slice<'unsubscribes'> = { add, list, of, remove };
