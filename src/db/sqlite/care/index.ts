/** The verbs of the care of the file on SQLite. */

import type { Slice } from '../verb.ts';
import { checkpoint, compact, giveBack, optimize, space } from './space.ts';
import { info, integrity, leaveEventGap } from './upkeep.ts';

export const care: Slice<'care'> = {
  checkpoint,
  compact,
  giveBack,
  info,
  integrity,
  leaveEventGap,
  optimize,
  space,
};
