/** The one way in, made alike for the daemon and for a command over the local store. */

import type { Blobs } from '../blobs/blobs.ts';
import type { Config } from '../config/schema.ts';
import type { Clock } from '../core/clock.ts';
import type { NewId } from '../core/ids.ts';
import type { Store } from '../db/store.ts';
import { type Accept, type AcceptHandoff, createAccept } from '../intake/accept.ts';
import { defaultAcceptLimits } from '../intake/limits.ts';

export interface IntakeGround {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly newId: NewId;
}

/** Both are absent where no daemon runs in this process. */
export interface IntakeExtras {
  readonly handoff?: AcceptHandoff;
  readonly onRateLimited?: (tenantId: string) => void;
}

export function createIntake(
  { store, blobs, clock, newId }: IntakeGround,
  config: Config,
  extras: IntakeExtras = {},
): Accept {
  const providerNames = new Set(Object.keys(config.providers));
  return createAccept(
    { store, blobs, clock, newId, providerNames, platform: config.policy, ...extras },
    { ...defaultAcceptLimits, maxRecipients: config.smtp.maxRecipients, maxAttempts: config.retry.maxAttempts },
  );
}
