/** The verbs of groups on PostgreSQL. */

import type { Slice } from '../verb.ts';
import { counts, records } from './groups.ts';

export const groups: Slice<'groups'> = { counts, records };
