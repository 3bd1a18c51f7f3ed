/** The one way in, made alike for the daemon and for a command over the local store. */

import type { Directory } from '../../access/directory.ts';
import type { Blobs } from '../../blobs/blobs.ts';
import type { Config } from '../../config/schema.ts';
import type { Clock } from '../../core/clock.ts';
import type { NewId } from '../../core/ids.ts';
import type { Store } from '../../db/verbs/store.ts';
import { type AttachmentLimits, defaultAttachmentTypes } from '../../message/attachments/limits.ts';
import {
  type Accept,
  type AcceptHandoff,
  type AcceptMetrics,
  createAccept,
  type RefusalCounter,
} from '../../message/intake/accept.ts';
import type { KnownTemplates } from '../../message/intake/known-templates.ts';
import { type AcceptLimits, defaultAcceptLimits } from '../../message/intake/limits.ts';
import type { LiveConfig } from '../reload/live-config.ts';

export interface IntakeGround {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly newId: NewId;
}

export interface IntakeDeps extends IntakeGround {
  readonly providerNames: () => Promise<readonly string[]>;
  readonly directory: Pick<Directory, 'senderOwners'>;
  readonly knownTemplates: KnownTemplates;
}

/** All are absent where no daemon runs in this process. */
export interface IntakeExtras {
  readonly handoff?: AcceptHandoff;
  readonly metrics?: AcceptMetrics;
  readonly refusals?: RefusalCounter;
}

export function createIntake(
  { store, blobs, clock, newId, providerNames, directory, knownTemplates }: IntakeDeps,
  config: LiveConfig,
  extras: IntakeExtras = {},
): Accept {
  return createAccept(
    {
      ...{ store, blobs, clock, newId, providerNames },
      senderOwners: directory.senderOwners,
      templates: knownTemplates,
      routing: config.options(({ routing }) => routing),
      platform: config.options(({ policy }) => policy),
      tracking: config.options(({ tracking, http }) => ({ ...tracking, canTrack: http.publicUrl !== undefined })),
      ...extras,
    },
    config.options(acceptLimits),
  );
}

function acceptLimits(config: Config): AcceptLimits {
  return {
    ...defaultAcceptLimits,
    attachments: platformLimits(config),
    maxRecipients: config.smtp.maxRecipients,
    isPublic: config.http.publicUrl !== undefined,
    maxAttempts: config.retry.maxAttempts,
  };
}

/** Of attachments, where a tenant sets none of its own. */
export function platformLimits({ attachments }: Config): AttachmentLimits {
  const { maxCount, maxBytes, maxTotalBytes, types = defaultAttachmentTypes } = attachments;
  return { maxCount, maxBytes, maxTotalBytes, types };
}
