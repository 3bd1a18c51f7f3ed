/** What is noted of the reading of a message: as it says itself, else its tenant, else the platform. */

import { invalid } from '../../core/invalid.ts';
import type { Submission } from '../../core/message.ts';
import { isTracked, NOT_REACHABLE, narrowedTracking, noTracking, type Tracking } from '../../core/tracking.ts';
import type { Tenant } from '../../db/verbs/tenants.ts';
import { iepFieldOf } from '../rfc5322/iep-field-names.ts';

/** Of tenants and messages that say nothing. Read at each use. */
export interface PlatformTracking extends Tracking {
  /** Whether readers can reach this platform. */
  readonly canTrack: boolean;
}

export const untracked: PlatformTracking = { ...noTracking, canTrack: false };

/**
 * Undefined: nothing. A message that came whole leaves as it came, unless it asks for this itself. Throws the refusal of one that asks
 * where nobody could reach the links.
 */
export function trackingOfMessage(
  { settings }: Tenant,
  { content, tracking: asked }: Submission,
  { canTrack, ...platform }: PlatformTracking,
): Tracking | undefined {
  if (!canTrack && asked !== undefined && isTracked(asked)) {
    const path = content.kind === 'raw' ? iepFieldOf('tracking') : 'tracking';
    throw invalid([{ path, message: NOT_REACHABLE }]);
  }
  const wider = narrowedTracking(platform, settings.tracking);
  const isWhole = content.kind === 'raw';
  const tracking = narrowedTracking(isWhole ? { ...wider, opens: false, clicks: false } : wider, asked);
  return canTrack && isTracked(tracking) ? tracking : undefined;
}
