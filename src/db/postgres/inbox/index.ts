/** The verbs of the inbox on PostgreSQL. */

import type { Slice } from '../verb.ts';
import { list, newest } from './inbox.ts';

export const inbox: Slice<'inbox'> = { list, newest };
