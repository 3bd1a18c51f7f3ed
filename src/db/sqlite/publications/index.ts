/** The verbs of publications on SQLite. */

import type { Slice } from '../verb.ts';
import { lead, told } from './publications.ts';

export const publications: Slice<'publications'> = { lead, told };
