/** The verbs of groups on SQLite. */

import type { Slice } from '../verb.ts';
import { counts, records } from './groups.ts';

export const groups: Slice<'groups'> = { counts, records };
