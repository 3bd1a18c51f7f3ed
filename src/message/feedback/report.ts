/** What a mail that came back says: of whom, what became of it, and about which message. */

import type { BounceReason, FeedbackAbout, FeedbackKind } from '../../db/verbs/feedback.ts';
import type { Diagnosis } from '../providers/bounce-class.ts';

export interface Report extends Diagnosis {
  readonly kind: FeedbackKind;
  /** Whom the mail was for, where the report says that. */
  readonly recipient?: string;
  /** Whom it was for in the end, where that is somebody else. */
  readonly finalRecipient?: string;
  /** Of what bounced. */
  readonly class?: BounceReason;
  /** `Feedback-Type` of a complaint (RFC 5965 §3.1). */
  readonly feedbackType?: string;
  /** Epoch ms; absent: the report's own time. */
  readonly at?: number;
}

export interface ReportedMail {
  /** Tells a repeat: the Message-ID of the report, else a hash of it. */
  readonly id: string;
  /** Epoch ms; absent where it does not say. */
  readonly at?: number;
  /** The message that it is about. */
  readonly about: FeedbackAbout;
  /** One for each recipient; at least one. */
  readonly reports: readonly Report[];
}
