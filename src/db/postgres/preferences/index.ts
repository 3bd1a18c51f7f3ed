/** The verbs of preferences on PostgreSQL. */

import type { Slice } from '../verb.ts';
import { of, set } from './preferences.ts';

export const preferences: Slice<'preferences'> = { of, set };
