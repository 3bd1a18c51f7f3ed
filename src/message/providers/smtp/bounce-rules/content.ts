/** What servers say of the message, and of its sender. */

import { type BounceRule, rejected } from './rule.ts';

export const contentRules: readonly BounceRule[] = [
  {
    samples: [
      '552 5.3.4 Message size exceeds fixed limit',
      '552-5.3.4 Your message exceeded Google’s message size limits.',
      '552 5.2.3 Message is too large for this mailbox',
      '552 Message size exceeds maximum permitted',
      '523 the message length exceeds the administrative limit',
    ],
    code: /^5/,
    text: /\b5\.(?:3\.4|2\.3)\b|(?:message|mail) (?:size|length|is too (?:large|big))/i,
    means: rejected('content'),
  },
  {
    samples: [
      '552-5.7.0 This message was blocked because its content presents a potential\n552 5.7.0 security issue.',
      '554 5.7.1 Message rejected as spam by content filtering',
      '550 5.7.1 Virus detected by ClamAV - http://www.clamav.net',
      '550 High probability of spam',
      '554 5.6.0 Message content is not RFC 5322 compliant',
      '550 5.6.11 Message contains bare linefeeds',
    ],
    stages: ['data'],
    code: /^5/,
    text: /\b5\.6\.(?!7\b)\d+\b|\bspam\b|\bvirus\b|\bmalware\b|phish|content (?:presents|filter|reject|policy)/i,
    means: rejected('content'),
  },
  {
    samples: [
      '554 5.7.1 <user@example.com>: Relay access denied',
      '550 5.7.1 Unauthenticated email from example.com is not accepted due to domain’s DMARC policy.',
      '550-5.7.26 Unauthenticated email from example.com is not accepted due to domain’s\n550 5.7.26 DMARC policy.',
    ],
    code: /^5/,
    enhanced: /^5\.7\.\d+$/,
    means: rejected('policy'),
  },
];
