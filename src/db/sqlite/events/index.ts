/** The verbs of the event log on SQLite. */

import type { Slice } from '../verb.ts';
import { after, end, knownPosition, positionBefore } from './events.ts';

export const events: Slice<'events'> = {
  after,
  end,
  knownPosition,
  positionBefore,
};
