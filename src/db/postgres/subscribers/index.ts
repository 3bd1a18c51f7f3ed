/** The verbs of subscribers on PostgreSQL. */

import type { Slice } from '../verb.ts';
import { list, of } from './read.ts';
import { leaveTopic } from './topics.ts';
import { add, put, remove } from './write.ts';

export const subscribers: Slice<'subscribers'> = { add, leaveTopic, list, of, put, remove };
