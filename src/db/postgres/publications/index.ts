/** The verbs of publications on PostgreSQL. */

import type { Slice } from '../verb.ts';
import { lead, told } from './publications.ts';

export const publications: Slice<'publications'> = { lead, told };
