/** The verbs of subscribers on SQLite. */

import type { Slice } from '../verb.ts';
import { list, of, put, remove } from './subscribers.ts';

export const subscribers: Slice<'subscribers'> = { list, of, put, remove };
