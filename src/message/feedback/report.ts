/** What a mail that came back says: of whom, what became of it, and about which message. */

import type { BounceReason, FeedbackAbout, FeedbackKind } from '../../db/verbs/feedback.ts';

export interface Report {
  readonly kind: FeedbackKind;
  readonly recipient?: string;
  /** Of what bounced. */
  readonly class?: BounceReason;
  /** SMTP reply code. */
  readonly code?: number;
  /** RFC 3463 status, such as `5.1.1`. */
  readonly enhanced?: string;
  /** What the other side said, one line. */
  readonly diagnostic?: string;
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
