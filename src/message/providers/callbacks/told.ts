/** What vendors tell, in the form in which the store takes it. */

import { knownMachine } from '../../../core/machines.ts';
import type { Json } from '../../../core/message.ts';
import type { Actor } from '../../../core/tracking.ts';
import type { BounceReason, FeedbackAbout } from '../../../db/verbs/feedback.ts';
import { bounceClass, type Diagnosis } from '../bounce-class.ts';
import type { VendorFeedback } from '../inbound.ts';

/** `isMachine`: what the vendor says; undefined where it says nothing, and the user agent has to. */
export function actorBehind(userAgent: string | undefined, isMachine?: boolean): Actor {
  if (isMachine === true || knownMachine(userAgent) !== undefined) return 'machine';
  return isMachine === false || userAgent !== undefined ? 'human' : 'unknown';
}

/** Leaves out what is absent. */
export function present<Value>(fields: Readonly<Record<string, Value | undefined>>): {
  readonly [name: string]: Value;
} {
  return Object.fromEntries(Object.entries(fields).filter((field): field is [string, Value] => field[1] !== undefined));
}

export function aboutOf(about: { readonly [Name in keyof FeedbackAbout]: string | undefined }): FeedbackAbout {
  return present(about);
}

/** By what the server said; `otherwise` where that names no code and says nothing of the cause. */
export function judgeBounce(
  diagnosis: Diagnosis,
  recipient: string | undefined,
  otherwise: BounceReason,
): BounceReason {
  const hasCode = diagnosis.code !== undefined || diagnosis.enhanced !== undefined;
  const judged = bounceClass(diagnosis, recipient);
  return hasCode || judged !== 'hard' ? judged : otherwise;
}

export function bounceOf(reason: BounceReason, diagnosis: Diagnosis): VendorFeedback['data'] {
  return present<Json>({ class: reason, ...diagnosis });
}

/** Of what was opened or clicked. */
export function readingOf(told: {
  readonly url?: string | undefined;
  readonly userAgent: string | undefined;
  readonly isMachine?: boolean | undefined;
}): VendorFeedback['data'] {
  const { url, userAgent, isMachine } = told;
  return present<Json>({ url, userAgent, actor: actorBehind(userAgent, isMachine) });
}
