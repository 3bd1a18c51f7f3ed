/** The verbs of the event log on PostgreSQL. */

import type { Slice } from '../verb.ts';
import { contents } from './contents.ts';
import { after, end, knownPosition, positionBefore } from './events.ts';

export const events: Slice<'events'> = {
  after,
  contents,
  end,
  knownPosition,
  positionBefore,
};
