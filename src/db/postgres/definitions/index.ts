/** The verbs of definitions on PostgreSQL. */

import type { Slice } from '../verb.ts';
import { add, get, list, remove, set } from './definitions.ts';

export const definitions: Slice<'definitions'> = { add, get, list, remove, set };
