/**
 * What SMTP servers say and what it means for us, as data: the first row that matches decides. Each row stands below
 * replies that were seen in the wild, and the tests hold every row to its samples. Rows go from the particular to the
 * general; what no row knows is judged by the first digit in classify.ts.
 */

import type { BounceClass } from '../core/outcome.ts';

/** What was being said when the reply came. `data` is the reply to DATA or to the message itself. */
export type Stage = 'greeting' | 'login' | 'mail' | 'rcpt' | 'data';

export interface BounceRule {
  readonly samples: readonly string[];
  /** Absent: at any stage. */
  readonly stages?: readonly Stage[];
  /** Matched against the reply code as text. */
  readonly code?: RegExp;
  /** Matched against the enhanced code; a reply without one does not match. */
  readonly enhanced?: RegExp;
  /** Matched against the whole line. */
  readonly text?: RegExp;
  readonly means:
    | { readonly kind: 'deferred' | 'throttled' | 'unavailable' }
    | { readonly kind: 'rejected'; readonly bounce: BounceClass };
}

const deferred = { kind: 'deferred' } as const;
const throttled = { kind: 'throttled' } as const;
const unavailable = { kind: 'unavailable' } as const;
const rejected = (bounce: BounceClass) => ({ kind: 'rejected', bounce }) as const;

const toRecipient: readonly Stage[] = ['rcpt', 'data'];

export const bounceRules: readonly BounceRule[] = [
  // ---------------------------------------------------------------------------------- our login at the provider
  // Seed 001 §11 does not retry credential errors: trying again with the same password locks accounts. A message
  // that met one is `failed`; after the password is corrected `iep retry` sends it.
  {
    samples: [
      '454 4.7.0 Temporary authentication failure: Connection lost to authentication server',
      '421 4.7.0 Temporary System Problem. Try again later. - gsmtp',
    ],
    stages: ['login'],
    code: /^4/,
    means: unavailable,
  },
  {
    samples: [
      '535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6',
      '535-5.7.8 Username and Password not accepted. For more information, go to\n535 5.7.8 https://support.google.com/mail/?p=BadCredentials',
      '534-5.7.9 Application-specific password required.',
      '535 5.7.139 Authentication unsuccessful, the user credentials were incorrect.',
      '525 5.7.13 User account has been disabled',
    ],
    stages: ['login'],
    code: /^5/,
    means: rejected('auth'),
  },
  {
    samples: [
      '530 5.7.0 Authentication Required. For more information, go to https://support.google.com/accounts',
      '530 5.7.57 Client not authenticated to send mail.',
      '530 5.7.0 Must issue a STARTTLS command first',
      '538 5.7.11 Encryption required for requested authentication mechanism',
    ],
    code: /^53[0458]$/,
    means: rejected('auth'),
  },

  // ------------------------------------------------------------------------------------- one mailbox, not our rate
  // The rate in these is that of one mailbox; slowing the whole provider down for it would be wrong.
  {
    samples: [
      '450-4.2.1 The user you are trying to contact is receiving mail at a rate that\n450 4.2.1 prevents additional messages from being delivered. Please resend later.',
    ],
    code: /^4/,
    enhanced: /^4\.2\.1$/,
    means: deferred,
  },
  {
    samples: [
      '452 4.2.2 The recipient’s inbox is out of storage space.',
      '452 4.2.2 <user@example.com> Mailbox is full / Blocks limit exceeded / Inode limit exceeded',
    ],
    code: /^4/,
    enhanced: /^4\.2\.2$/,
    means: deferred,
  },
  {
    samples: [
      '452 Mailbox full',
      '450 user@example.com: mailbox is over quota, try again later',
      '422 The recipient’s mailbox is over its storage limit',
    ],
    code: /^4/,
    text: /mailbox (?:is )?(?:full|over)|over (?:its )?(?:disk )?quota/i,
    means: deferred,
  },
  {
    samples: [
      '450 4.2.0 <user@example.com>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/example.com.html',
      '451 4.7.1 Greylisting in action, please come back in 00:05:00',
      '451 Grey-listed: please try again in 300 seconds',
    ],
    code: /^4/,
    text: /gr[ae]y-?list/i,
    means: deferred,
  },

  // ------------------------------------------------------------------------------------- 421: not now, whatever the reason
  {
    samples: [
      '421 4.3.2 Service shutting down and closing transmission channel',
      '421 4.4.2 mail.example.com Error: timeout exceeded',
      '421 Service not available',
      '421-4.7.28 Gmail has detected an unusual rate of unsolicited mail originating\n421 4.7.28 from your IP address.',
      '421 4.7.0 mx.example.com Error: too many connections from 192.0.2.7',
      '421 Too many concurrent SMTP connections; please try again later.',
      '421 4.7.0 [TSS04] Messages from 192.0.2.7 temporarily deferred due to unexpected volume or user complaints',
    ],
    code: /^421$/,
    means: unavailable,
  },

  // ---------------------------------------------------------------------------------------------- slow down, please
  {
    samples: [
      '454 Throttling failure: Maximum sending rate exceeded.',
      '454 Throttling failure: Daily message quota exceeded.',
      '450 4.7.1 Error: too much mail from 192.0.2.7',
      '451 4.7.652 The mail server [192.0.2.7] has exceeded the maximum number of connections.',
      '432 4.3.2 Concurrent connections limit exceeded.',
      '450 4.7.1 <sender@example.com>: Sender address rejected: Policy Rejection - Quota exceeded',
      '451 4.7.1 Too many requests, slow down',
    ],
    code: /^4/,
    text: /\brate\b|rate.?limit|throttl|too (?:many|much|fast)|slow(?:ing)? down|quota|unexpected volume|(?:limit|maximum number of \w+) exceeded|exceeded (?:the )?(?:limit|maximum)/i,
    means: throttled,
  },
  {
    // A limit on what we send in a day, said with a permanent code; tomorrow the same message passes.
    samples: [
      '550 5.4.5 Daily user sending limit exceeded. For more information on Gmail sending limits go to https://support.google.com/a/answer/166852',
      '550-5.4.5 Daily sending quota exceeded.',
      '554 5.7.1 Hourly sending limit exceeded for this account',
    ],
    code: /^5/,
    text: /(?:daily|hourly|monthly)\b.{0,40}\b(?:limit|quota) (?:was |has been )?exceeded/i,
    means: throttled,
  },
  {
    samples: [
      '452 4.5.3 Error: too many recipients',
      '452 4.3.1 Insufficient system storage',
      '452 Requested action not taken: insufficient system storage',
    ],
    code: /^452$/,
    means: throttled,
  },

  // -------------------------------------------------------------------------------------------- not now, or not you
  {
    samples: [
      '554 5.7.1 No SMTP service here',
      '550 5.7.1 Service unavailable; client host [192.0.2.7] blocked using zen.spamhaus.org',
      '450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.7]',
      '220-not the greeting one expects',
    ],
    stages: ['greeting'],
    means: unavailable,
  },
  {
    // The session was in the wrong state for the command; the message itself was not judged.
    samples: ['503 5.5.1 Error: need RCPT command', '503 Bad sequence of commands'],
    code: /^503$/,
    means: deferred,
  },

  // --------------------------------------------------------------------------------------------------- the mailbox
  {
    samples: [
      '550-5.2.1 The user you are trying to contact is receiving mail at a rate that\n550 5.2.1 prevents additional messages from being delivered.',
    ],
    code: /^5/,
    enhanced: /^5\.2\.1$/,
    text: /\brate\b/i,
    means: rejected('soft'),
  },
  {
    samples: [
      '552 5.2.2 <user@example.com>: Recipient mailbox is full',
      '552-5.2.2 The recipient’s inbox is out of storage space and inactive.',
      '554 5.2.2 mailbox full',
    ],
    code: /^5/,
    enhanced: /^5\.2\.2$/,
    means: rejected('soft'),
  },
  {
    samples: [
      '552 Mailbox full',
      '552 Requested mail action aborted: exceeded storage allocation',
      '550 user@example.com: mailbox is over quota',
      '554 delivery error: dd This mailbox is over quota. (user@example.com)',
      '550 5.1.1 <user@example.com>: mailbox is full',
    ],
    stages: toRecipient,
    code: /^55[0-4]$/,
    text: /mailbox (?:is )?(?:full|over)|over (?:its )?(?:disk )?quota|exceeded storage allocation/i,
    means: rejected('soft'),
  },
  {
    samples: [
      '550 5.1.1 <nobody@example.com>: Recipient address rejected: User unknown in local recipient table',
      '550-5.1.1 The email account that you tried to reach does not exist. Please try\n550 5.1.1 double-checking the recipient’s email address for typos.',
      '550 5.1.2 <user@nowhere.example>: Recipient address rejected: Domain not found',
      '501 5.1.3 Bad recipient address syntax',
      '550 5.1.6 Recipient no longer on server',
      '556 5.1.10 Recipient address has null MX',
      '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup',
    ],
    stages: toRecipient,
    code: /^5/,
    enhanced: /^5\.1\.(?:1|2|3|6|10)$/,
    means: rejected('hard'),
  },
  {
    samples: [
      '550-5.2.1 The email account that you tried to reach is disabled.',
      '550 5.2.1 <user@example.com>: mailbox disabled, not accepting messages',
      '550 5.4.4 <user@nowhere.example>: Host or domain name not found',
    ],
    stages: toRecipient,
    code: /^5/,
    enhanced: /^5\.(?:2\.1|4\.4)$/,
    means: rejected('hard'),
  },
  {
    // Exchange Online says this of an address that is not in its directory.
    samples: [
      '550 5.4.1 Recipient address rejected: Access denied. [AM7EUR03FT012.eop-EUR03.prod.protection.outlook.com]',
    ],
    stages: toRecipient,
    code: /^550$/,
    enhanced: /^5\.4\.1$/,
    text: /recipient address rejected/i,
    means: rejected('hard'),
  },

  // ---------------------------------------------------------------------------------------- the sender, the message
  {
    samples: [
      '550 5.1.8 <app@nowhere.example>: Sender address rejected: Domain not found',
      '553 5.1.7 Bad sender address syntax',
      '550 5.1.0 <app@example.com>: Sender address rejected: not owned by user',
    ],
    code: /^5/,
    enhanced: /^5\.1\.[078]$/,
    text: /sender|5\.1\.[78]\b/i,
    means: rejected('policy'),
  },
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
      '550 5.7.60 SMTP; Client does not have permissions to send as this sender',
      '550-5.7.26 Unauthenticated email from example.com is not accepted due to domain’s\n550 5.7.26 DMARC policy.',
    ],
    code: /^5/,
    enhanced: /^5\.7\.\d+$/,
    means: rejected('policy'),
  },

  // ----------------------------------------------------------------------------- servers without enhanced codes
  {
    samples: [
      '550 No such user here',
      '550 user unknown',
      '550 Unknown user nobody@example.com',
      '551 User not local; please try elsewhere',
      '550 Requested action not taken: mailbox unavailable',
      '550 <nobody@example.com>: Recipient rejected - invalid recipient',
      '554 delivery error: dd This user doesn’t have an example.com account (nobody@example.com)',
      '553 sorry, no mailbox here by that name (#5.1.1)',
      '550 This mailbox does not exist',
      '550 Account inactive: this account has been disabled',
    ],
    stages: toRecipient,
    code: /^55[0134]$/,
    text: /(?:no such|unknown|invalid) (?:user|recipient|mailbox|account|address)|(?:user|recipient|mailbox|account|address) (?:is )?(?:unknown|unavailable|not (?:local|found|exist)|inactive|disabled)|(?:does not|doesn.t) (?:exist|have an .{1,80} account)|no mailbox here|account has been disabled/i,
    means: rejected('hard'),
  },
  {
    samples: [
      '554 Relay access denied',
      '550 relaying denied for user@example.com',
      '553 sorry, that domain isn’t in my list of allowed rcpthosts',
      '554 Your access to this mail system has been rejected due to the sending MTA’s poor reputation.',
      '550 Message refused: client host blocked using a DNS blocklist',
    ],
    code: /^55[034]$/,
    text: /relay(?:ing)?\b|allowed rcpthosts|reputation|block(?:ed|list)|blacklist|not (?:allowed|permitted|authorized|authorised)/i,
    means: rejected('policy'),
  },
];
