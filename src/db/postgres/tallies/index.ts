/** The verbs of the counters of how mail fared on PostgreSQL. */

import type { Slice } from '../verb.ts';
import { alertsTold, raisedAlerts, rates } from './rate-alerts.ts';
import { refuse, refused } from './refused.ts';
import { list, series, sweep } from './tallies.ts';

export const tallies: Slice<'tallies'> = {
  alertsTold,
  list,
  raisedAlerts,
  rates,
  refuse,
  refused,
  series,
  sweep,
};
