/** The verbs of applied resources on PostgreSQL. */

import type { Slice } from '../verb.ts';
import { forget, list, of, ofMessages, put } from './resources.ts';

export const resources: Slice<'resources'> = { forget, list, of, ofMessages, put };
