/** What servers say of how much and how fast: one mailbox, one transaction, all of our mail; and what says nothing but "not now". */

import { anyOf, type BounceRule, deferred, notNow, rejected, throttled } from './rule.ts';

/** One transaction had more recipients than the server takes. Those of one message can be given in several. */
const tooManyRecipients = anyOf(
  /too (?:many|much) (?:\w+ )?(?:recipients?|rcpts?|addressees|destinations)\b/,
  /recipients? (?:per message )?(?:count|limit)|recipients? exceed|number of recipients|reciplimit|rcpt limit|fewer recipients/,
  /(?:limit|max(?:imum)?|exceed|more than \d+|only \d+).{0,30}recipients/,
  /only (?:one|a single) recipient|separate transaction|multiple destination domains/,
);
/** A limit that runs over time instead. */
const overTime = /\b(?:daily|hourly|monthly|rate|quota|(?:per|a|this) (?:second|minute|hour|day|month)|today)\b/i;

/** Whether a reply says that one transaction had too many recipients. */
export function isAboutNumber(text: string): boolean {
  return tooManyRecipients.test(text) && !overTime.test(text);
}

export const paceRules: readonly BounceRule[] = [
  // ------------------------------------------------------------------------------------- one mailbox, not our rate
  // The rate in these is that of one mailbox; slowing the whole provider down for it would be wrong.
  {
    samples: [
      '450-4.2.1 The user you are trying to contact is receiving mail at a rate that\n450 4.2.1 prevents additional messages from being delivered. Please resend later.',
    ],
    code: /^4(?!21)/,
    enhanced: /^4\.2\.1$/,
    means: deferred,
  },
  {
    samples: [
      '452 4.2.2 The recipient’s inbox is out of storage space.',
      '452 4.2.2 <user@example.com> Mailbox is full / Blocks limit exceeded / Inode limit exceeded',
    ],
    code: /^4(?!21)/,
    enhanced: /^4\.2\.2$/,
    means: deferred,
  },
  {
    samples: [
      '452 Mailbox full',
      '450 user@example.com: mailbox is over quota, try again later',
      '422 The recipient’s mailbox is over its storage limit',
    ],
    code: /^4(?!21)/,
    text: /mailbox (?:is )?(?:full|over)|over (?:its )?(?:disk )?quota/i,
    means: deferred,
  },
  {
    samples: [
      '450 4.2.0 <user@example.com>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/example.com.html',
      '451 4.7.1 Greylisting in action, please come back in 00:05:00',
      '451 Grey-listed: please try again in 300 seconds',
    ],
    code: /^4(?!21)/,
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
    means: notNow,
  },

  // -------------------------------------------------------------------------------- too many recipients at once
  {
    // Permanent codes too: RFC 5321 §4.5.3.1.10 asks to treat 552 like 452 here. `transactions.ts` gives the rest in
    // further transactions; what is refused even alone has met a limit over time.
    samples: [
      '452 4.5.3 Error: too many recipients',
      '452 4.5.3 Your message has too many recipients. For more information regarding Google’s sending limits',
      '452 4.5.3 Service unavailable, recipients per message limit reached',
      '452 4.5.3 Domain policy size per transaction exceeded, please try this recipient in a separate transaction.',
      '451 4.3.0 Multiple destination domains per transaction is unsupported. Please try again.',
      '450 4.7.1 Error: too many recipients from 192.0.2.7',
      '552 5.5.3 Maximum limit of 10 recipients reached',
      '552 Too many recipients',
      '550 5.5.3 RESOLVER.ADR.RecipLimit; too many recipients',
      '550 Too many recipients, please reduce to less than 50 or consider using a mailing list',
      '554 Transaction failed: Recipient count exceeds 50.',
      '554 5.5.3 The number of recipients exceeds the limit: recipient limit is 100',
      '552 5.5.3 Too many envelope recipients',
      '550 5.7.1 The recipient limit of this message was exceeded',
      '503 5.5.1 Only one recipient is allowed in a transaction',
    ],
    code: /^[45]/,
    text: tooManyRecipients,
    unless: overTime,
    means: throttled,
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
    samples: [
      '554 5.2.122 The recipient has exceeded their limit for the number of messages they can receive per hour',
      '554 5.2.121 The recipient has exceeded their limit for the number of messages from one sender',
    ],
    code: /^5/,
    enhanced: /^5\.2\.12[12]$/,
    means: rejected('soft'),
  },
  {
    // A limit on what we send in a time, also where it is said with a permanent code: later the same message passes. The quota
    // of the recipient's mailbox is another matter.
    samples: [
      '550 5.4.5 Daily user sending limit exceeded. For more information on Gmail sending limits go to https://support.google.com/a/answer/166852',
      '550-5.4.5 Daily sending quota exceeded.',
      '554 5.7.1 Hourly sending limit exceeded for this account',
      '554 5.7.0 Your message could not be sent. The limit on the number of allowed outgoing messages was exceeded. Try again later.',
      '552 Message would take you over your relay quota of 500 Current quota used: 487',
      '550 Domain example.com has exceeded the max emails per hour (105/100 (105%)) allowed.  Message discarded.',
      '550 Domain example.com has exceeded the max defers and failures per hour (5/5 (100%)) allowed. Message discarded.',
      '554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException',
      '550 5.1.90 Your message can’t be sent because you’ve reached your daily limit for message recipients',
      '550 5.7.233 Your message can’t be sent because your tenant exceeded its daily limit for sending email to external recipients',
      '554 5.7.1 <user@example.com>: Recipient address rejected: You have exceeded your Outmail quota.',
      '550 5.7.1 You have reached your sending limit. You can send again soon.',
      '550 Number of messages per hour exceeded',
      '550 5.7.1 Maximum credits exceeded',
      '552 5.2.2 Sending quota exceeded for this account',
      '550 5.4.6 Outgoing rate limit reached, try again in 1 hour',
      '554 5.7.1 Rate limit exceeded',
      '550 Too many messages sent per day',
      '571 5.7.1 Monthly quota exceeded',
      '550 5.7.1 Sender has exceeded the hourly email limit',
      '550 5.7.705 Access denied, tenant has exceeded threshold',
      '554 5.7.1 mail limit reached for this hour',
      '550 Email limit exceeded for your plan',
      '550 SMTP limit exceeded',
      '451 You’ve exceeded your messaging limits',
      '451 Domain example.com has exceeded the max emails per hour (105/100 (105%)) allowed.',
      '451 4.3.0 You have exceeded your daily limit of 300 emails',
      '451 Maximum credits exceeded',
      '550 Sender frequency limited. Please see http://service.mail.qq.com/detail/122/1',
      '550 Connection frequency limited',
      '550 Domain frequency limited',
      '550 - Stop, you are sending too fast!',
      '550 5.4.6 Unusual sending activity detected. Please try after sometime',
      '550 Message rejected due to rate limits exceeded for your pricing plan',
    ],
    code: /^[45]/,
    text: /limit|quota|exceed|\btoo (?:many|much|fast)\b|reached|credits|unusual sending/i,
    and: anyOf(
      /\b(?:sending|outgoing|outbound|relays?|submission|submissionquota\w*|send|sent|smtp|messaging|credits|threshold)\b/,
      /\b(?:hourly|daily|monthly|today|(?:mail|message|rate|plan) (?:rate|limit)s?|frequency limit(?:ed)?|(?:per|this|in the last) (?:second|minute|hour|day|month))\b/,
      /\b(?:number of (?:e-?mails|messages)|(?:e-?mail|message) (?:limit|quota)|you(?:.ve| have)? (?:exceeded|reached)|your plan)\b/,
    ),
    unless: anyOf(
      /mailbox|inbox|storage|\bdisk\b|space|size|length|too (?:large|big|long)|incoming|receiv|user over quota|over quota/,
      /invalid|unknown|\bspam\b|virus/,
    ),
    means: throttled,
  },
  {
    samples: ['452 4.3.1 Insufficient system storage', '452 Requested action not taken: insufficient system storage'],
    code: /^452$/,
    means: throttled,
  },

  {
    // A permanent code, and a sentence that takes it back.
    samples: [
      '550 5.5.0 Service refuse. Veuillez essayer plus tard. Service refused, please try later. OFR_506',
      '550-Requested action not taken: mailbox unavailable\n550 Failure sending mail. Try again later',
      '554 Message temporarily deferred, try again later',
    ],
    stages: ['mail', 'rcpt', 'data'],
    code: /^5/,
    text: /\btry (?:it )?(?:again )?later\b|essayer plus tard/i,
    unless: /unknown|no such|does not exist|spam|virus/i,
    means: deferred,
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
    means: notNow,
  },
  {
    // The session was in the wrong state for the command; the message itself was not judged.
    samples: ['503 5.5.1 Error: need RCPT command', '503 Bad sequence of commands'],
    code: /^503$/,
    means: deferred,
  },
];
