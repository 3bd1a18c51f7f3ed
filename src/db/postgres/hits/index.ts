/** The verbs of the reading of mail on PostgreSQL. */

import type { Slice } from '../verb.ts';
import { record } from './record.ts';

export const hits: Slice<'hits'> = { record };
