/** The verbs of preferences on SQLite. */

import type { Slice } from '../verb.ts';
import { of, set } from './preferences.ts';

export const preferences: Slice<'preferences'> = { of, set };
