/** The times that a message may be scheduled for, when it is submitted and when it is given another time. */

import { counted } from '../../core/counted.ts';
import { defaultAcceptLimits } from './limits.ts';

const DAY_MS = 24 * 3600 * 1000;

export function scheduleFault(
  scheduledAt: number | undefined,
  now: number,
  maxScheduleMs = defaultAcceptLimits.maxScheduleMs,
): string | undefined {
  if (scheduledAt === undefined || scheduledAt <= now + maxScheduleMs) return undefined;
  return `must be at most ${counted(maxScheduleMs / DAY_MS, 'day')} ahead`;
}
