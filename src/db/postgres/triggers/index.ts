/** The verbs of triggers on PostgreSQL. */

import type { Slice } from '../verb.ts';
import { event, keepEvent, sweepEvents } from './caller-events.ts';
import { add, list, remove, set } from './triggers.ts';

export const triggers: Slice<'triggers'> = { add, event, keepEvent, list, remove, set, sweepEvents };
