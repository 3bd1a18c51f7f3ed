/**
 * What SMTP servers say and what it means for us, as data: the first row that matches decides. Each row stands below
 * replies that were seen in the wild, and the tests hold every row to its samples. Rows go from the particular to the
 * general; what no row knows is judged by the first digit in classify.ts.
 */

import type { BounceClass } from '../../../core/outcome.ts';

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
  /** Matched against the whole line without its addresses: a mailbox called `spam` or `sender` says nothing. */
  readonly text?: RegExp;
  /** Must match as well. */
  readonly and?: RegExp;
  /** Must not match. */
  readonly unless?: RegExp;
  readonly means:
    | { readonly kind: 'deferred' | 'throttled' | 'unavailable'; readonly account?: true; readonly sender?: true }
    | { readonly kind: 'rejected'; readonly bounce: BounceClass };
}

const deferred = { kind: 'deferred' } as const;
const throttled = { kind: 'throttled' } as const;
const unavailable = { kind: 'unavailable' } as const;
const refusedAccount = { kind: 'unavailable', account: true } as const;
const refusedSender = { ...refusedAccount, sender: true } as const;
const rejected = (bounce: BounceClass) => ({ kind: 'rejected', bounce }) as const;

const toRecipient: readonly Stage[] = ['rcpt', 'data'];

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

/** Words for what a mail server looks up when it is asked for a recipient. */
const who = '(?:user|recipient|mail ?box|account|addressee|address|alias|local[- ]part|person|spectator)';

/** One of these, in letters of either case. */
function anyOf(...texts: readonly RegExp[]): RegExp {
  return new RegExp(texts.map(({ source }) => source).join('|'), 'i');
}

export const bounceRules: readonly BounceRule[] = [
  // ---------------------------------------------------------------------------------- our account at the provider
  // Seed 001 §11 does not retry credential errors: trying again with the same password locks accounts. The message is not
  // at fault either, so mail waits untried until somebody has put the account right.
  {
    samples: [
      '451 Authentication failed: Maximum credits exceeded',
      '432 4.3.2 Concurrent connections limit exceeded',
      '454 4.7.0 Too many login attempts',
    ],
    stages: ['login'],
    code: /^4/,
    text: /limit|quota|exceed|\btoo (?:many|much)\b|credits/i,
    means: throttled,
  },
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
    means: refusedAccount,
  },
  {
    samples: [
      '530 5.7.0 Authentication Required. For more information, go to https://support.google.com/accounts',
      '530 5.7.57 Client not authenticated to send mail.',
      '530 5.7.0 Must issue a STARTTLS command first',
      '538 5.7.11 Encryption required for requested authentication mechanism',
    ],
    code: /^53[0458]$/,
    means: refusedAccount,
  },
  {
    samples: [
      '552 Your account has been suspended. Please contact us to reactivate',
      '502 5.7.0 Your SMTP account is not yet activated. Please contact us to request activation',
      '550 5.7.1 Your sending account was disabled',
      '421 4.7.0 Your account is temporarily suspended',
      '554 Sending paused for this account. For more information, please check the inbox of the email address associated with your account.',
    ],
    code: /^[45]/,
    text: anyOf(
      /\byour (?:\w+ )?account (?:has been|had been|is|was) (?:\w+ )?(?:suspended|disabled|deactivated|blocked|closed|paused|terminated)/,
      /\byour (?:\w+ )?account is not (?:yet )?(?:activated|active|approved|enabled)/,
      /\bsending (?:is |has been |was )?(?:paused|suspended|disabled) for (?:this|your) account/,
    ),
    means: refusedAccount,
  },

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
    means: unavailable,
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
    means: unavailable,
  },
  {
    // The session was in the wrong state for the command; the message itself was not judged.
    samples: ['503 5.5.1 Error: need RCPT command', '503 Bad sequence of commands'],
    code: /^503$/,
    means: deferred,
  },

  // ------------------------------------------------------------------------- not the recipient, but who it comes from
  {
    // A vendor that wants each sender or domain verified first, or a server at which each login has senders of its own. It is the
    // account's matter, but of this sender alone: one tenant could shut the provider for all by a sender that nobody verified.
    samples: [
      '554 Message rejected: Email address is not verified. The following identities failed the check in region EU-WEST-1: app@example.com',
      '550 The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved.',
      '550 5.7.1 The from address does not match a verified Sender Identity.',
      '550 The example.com domain is not verified. Please, add and verify your domain',
      '550 5.7.1 The ‘From’ address you supplied is not a Sender Signature on your account.',
      '554 5.7.1 Sender address <app@example.com> is not verified for this account',
      '550 5.7.1 The sending domain example.com has not been verified',
      '550 5.7.60 SMTP; Client does not have permissions to send as this sender',
      '554 5.2.252 SendAsDenied; relay@example.com not allowed to send as app@example.com; STOREDRV.Submission.Exception:SendAsDeniedException',
      '553 5.7.1 <app@example.com>: Sender address rejected: not owned by user relay@example.com',
      '550 MAIL FROM not owned by user',
    ],
    stages: ['mail', 'rcpt', 'data'],
    code: /^5/,
    text: anyOf(
      /\b(?:e-?mail|from|sender|sending) (?:address|domain|identity)(?: [^ ]{0,80})? (?:is|has) not (?:been )?(?:yet )?verified/,
      /\b[a-z0-9.-]{1,80} domain is not verified|verified sender identity|is not a (?:verified )?sender signature/,
      /sendasdenied|not (?:allowed|have permissions?) to send as\b|\bnot owned by (?:auth )?user\b/,
    ),
    unless: /\bspam\b|virus/i,
    means: refusedSender,
  },
  {
    // A server that verifies the sender says "no such user" of the sender. Counted against the recipient, three of these
    // would suppress a good address.
    samples: [
      '550-Verification failed for <noreply@example.com>\n550-No Such User Here\n550 Sender verify failed',
      '550-Verification failed for <user@example.com>\n550-The mail server does not recognize user@example.com as a valid\n550 sender. 550 Sender verify failed',
      '550-Verification failed for <app@example.com>\n550-Unrouteable address\n550 Sender verify failed',
      '550 5.1.1 <noreply@example.com>: Sender address rejected: User unknown in virtual mailbox table',
      '550 5.1.0 <app@example.com>: Sender address rejected: undeliverable address: host mx.example.com said: 550 5.1.1 user unknown',
      '550-Callback setup failed while verifying <noreply@example.com>\n550-The initial connection, or a HELO or MAIL FROM:<> command was rejected',
      '550 5.1.8 <app@nowhere.example>: Sender address rejected: Domain not found',
      '553 5.1.7 Bad sender address syntax',
      '553 5.1.8 Domain of sender address app@nowhere.example does not exist',
      '501 5.1.8 Sender domain must exist',
      '550 Unroutable sender address',
      '550 Invalid sender: no such user',
      '550 5.1.1 Your return-path address does not exist',
      '553 sorry, your envelope sender is in my badmailfrom list',
      '553 sorry, your envelope sender domain must exist (#5.7.1)',
      '550 <noreply@example.com> mail from address is invalid, user unknown',
      '550 Could not complete sender verify callout',
    ],
    code: /^5/,
    text: anyOf(
      /\bsender\b|verification failed for|callback|callout|(?:return|reverse)[- ]?(?:path|address)|badmailfrom/,
      /\bmail ?from\b|\bfrom:? (?:address|domain|header)|does not accept mail from|your (?:e-?mail )?address\b|emetteur/,
    ),
    unless: /message (?:size|length)|\b(?:spam|virus|malware)\b|phish/i,
    means: rejected('policy'),
  },
  {
    // RFC 3463: a bad address of the sender, or a bad domain of it.
    samples: ['550 5.1.7 No such domain neko.example.com.', '553 5.1.8 No such domain'],
    code: /^5/,
    enhanced: /^5\.1\.[78]$/,
    means: rejected('policy'),
  },
  {
    // Said of the server that the mail comes from, however the mailbox fares.
    samples: [
      '550 5.2.1 Mailbox unavailable. Your IP address 192.0.2.7 is blacklisted using SPAMHAUS-XBL. Details: https://www.spamhaus.org/query/ip/192.0.2.7.',
      '550 192.0.2.7 blacklisted see http://www.spamhaus.org/query/bl?ip=192.0.2.7',
      '550 5.1.1 Rejected: 192.0.2.7 listed at zen.spamhaus.org',
      '553 5.3.0 mx DNSBL:RBL 521< 192.0.2.7 >_is_blocked.For assistance forward this email to abuse@example.com',
      '550 The sending IP (192.0.2.7) is listed on https://spamrl.com/. Please resolve this and retry.',
      '554 mx.example.com bizsmtp IB105. Connection refused. 192.0.2.7 is listed on the Exploits Block List (XBL)',
      '550 csi.mimecast.org Poor Reputation Sender. - https://community.mimecast.com/docs/DOC-1369#550',
      '550 permanent failure for one or more recipients (user@example.com:blocked)',
      '554 5.2.1 Inactive until your server’s IP is removed from the block list',
      '550 5.1.1 Client host rejected: cannot find your reverse hostname, [192.0.2.7]',
      '550-Requested action not taken: mailbox unavailable\n550-Bad DNS PTR resource record\n550 For explanation visit https://postmaster.gmx.net/en/error-messages',
      '550-Requested action not taken: mailbox unavailable\n550 Invalid DNS MX or A/AAAA resource record',
      '550-Mailbox unavailable\n550 Your message was blocked as it contains a link listed in SURBL',
      '550 Mailbox unavailable or access denied - HELO rejected',
      '550 5.1.1 RCP-P2 https://www.facebook.com/postmaster/response_codes?ip=192.0.2.7#rcp Refused due to recipient preferences',
    ],
    code: /^5/,
    text: /black ?-?list|block ?-?list|\b(?:dnsbl|rbl|xbl|sbl)\b|spamhaus|spamcop|barracuda|sorbs|reputation|\b(?:sending|your) (?:ip|server|host|mail server)\b|client (?:host|address)|ip address|:blocked|banned|\bdns\b|\bptr\b|surbl|\b(?:helo|ehlo)\b|recipient preferences/i,
    unless: /\bspam\b|virus|\bcontent\b|dns (?:query|domain|type|error)|mail exchanger/i,
    means: rejected('policy'),
  },
  {
    // Of the sender's rules, his address on the network or what he set up; some say "mailbox unavailable" beside it.
    samples: [
      '554-Transaction failed\n554-Reject due to policy restrictions.\n554 For explanation visit https://postmaster.gmx.net/en/case?c=hi',
      '550-Requested action not taken: mailbox unavailable\n550 For explanation visit https://www.gmx.net/mail/senderguidelines?c=bl',
      '550 Message rejected due to DMARC. Please see https://support.example.com/dmarc',
      '550 5.1.1 user@example.com rejected due to DMARC',
      '554 Email rejected due to security policies - https://community.mimecast.com/docs/DOC-1369#554',
      '554 Message not allowed - [PH01] Email not accepted for policy reasons. Please visit https://postmaster.yahooinc.com/error-codes [120]',
      '550 Denied by policy',
      '550 Bad SPF records for [example.org:192.0.2.2], see http://spf.pobox.com/',
      '550 SPF check failed. example.com does not designate 192.0.2.7 as permitted host',
      '550 DKIM signature is missing',
      '554 IP=192.0.2.7 - A problem occurred. (Ask your postmaster for help or to contact tosa@rx.t-online.de to clarify.) (BL)',
      '554 INVALID IP FOR SENDING MAIL OF DOMAIN example.com [RCPT_TO]',
      '550 domain [example.com] mismatches client ip 192.0.2.225.',
      '550 Administrative prohibition',
      '554 st11p00im-smtpin013.me.com ESMTP not accepting connections',
      '500 Remote server does not support TLS (state 6).',
      '550 Protocol violation',
    ],
    code: /^5/,
    text: anyOf(
      /\bpolic(?:y|ies)\b|\bdmarc\b|\bdkim\b|\bspf\b|sender ?guidelines/,
      /\bip ?= ?\d|\binvalid ip\b|\bclient ip\b|not accepting connections|not support tls/,
      /administrative(?:ly)? prohibit|protocol violation/,
    ),
    unless: /\bspam\b|virus|\bcontent\b|quota|mailbox (?:is )?full|dkim-signature/i,
    means: rejected('policy'),
  },

  // --------------------------------------------------------------------------- not the recipient, but the way there
  {
    // What relays report once they have tried for long enough, and what a server says in which something is wrong.
    samples: [
      '550 retry timeout exceeded',
      '550 Connection timed out: retry timeout exceeded',
      '550 retry time not reached for any host after a long failure period',
      '550 5.4.316 Message expired, connection refused(Socket error code 10061)',
      '550 5.4.317 Message expired, cannot connect to remote server(451 4.4.0)',
      '550 Unable to deliver message after multiple retries, giving up.',
      '550 Technical details of permanent failure: The recipient server did not accept our requests to connect. [(0) example.com. [192.0.2.25]:25: socket error]',
      '550 connect to mx.example.com[192.0.2.25]:25: Connection refused',
      '550 connect to mx.example.com[192.0.2.25]:25: No route to host',
      '550 lost connection with mx.example.com[192.0.2.25] while receiving the initial server greeting',
      '550 5.4.4 Name service error for name=example.org type=MX: Malformed or unexpected name server reply',
      '550 Name service error for domain example.com: Host not found, try again',
      '550 DNS Error: DNS type ‘mx’ lookup of example.com responded with code SERVFAIL',
      '550 5.4.312 DNS query failed(ServerFailure)',
      '501 5.0.0 Invalid domain name I’m not going to try again; this message has been in the queue too long.',
      '554 Service currently unavailable',
      '550 Delivery time expired',
      '550 all hosts have been failing for a long time and were last tried after this message arrived',
      '550 Error transferring to mx.example.org; Maximum hop count exceeded. Message probably in a routing loop.',
      '554 mail for example.com loops back to myself',
    ],
    code: /^5/,
    text: anyOf(
      /\btimed out\b|\btime-?out\b|retry time not reached|failing for a long time|(?:message|time) (?:has )?expired|queue\.expired|queue too long|after multiple retries/,
      /connection (?:refused|reset|lost|dropped)|lost connection|cannot connect|unable to connect|requests to connect|socket error|no route to host|network (?:is )?unreachable/,
      /not found, try again|name server reply|servfail|server ?failure|service (?:currently |temporarily )?unavailable/,
      /hop count|too many hops|(?:mail|routing|forwarding) loop|loops back/,
    ),
    unless: /\b(?:user|recipient|mailbox|address) unknown\b|unknown user|no such user|does not exist|\bspam\b|virus/i,
    means: rejected('soft'),
  },
  {
    // RFC 3463: the system of the other side (3.1, 3.2, 3.5), its names and its routes. Exchange Online says 5.4.3xx of what it gave
    // up, but 5.4.310 of a domain that is not there.
    samples: [
      '554 5.4.6 Too many hops',
      '554 5.4.14 Hop count exceeded - possible mail loop ATTR34',
      '550 5.4.300 Message expired -> 421 4.4.1 Connection timed out',
      '554 5.3.5 Local configuration error',
      '550 5.4.7 Delivery expired',
    ],
    code: /^5/,
    enhanced: /^5\.(?:3\.[125]|4\.(?:[3567]|14|3(?!10)\d\d))$/,
    means: rejected('soft'),
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
      '552 5.2.2 Over quota',
      '522 5.2.0 Delivery failed: Over quota',
      '552 Requested mailbox exceeds quota.',
      '550 Recipient rejected: mailbox would exceed maximum allowed storage',
      '554 Recipient reached disk quota',
      '550 5.1.1 The user you are trying to reach is over quota',
      '552 Account is exceeding their quota',
      '550 Mailbox quota usage exceeded',
      '550 User has exhausted allowed storage space.',
      '550 not enough storage space in the mailbox',
      '552 mailbox size limit exceeded',
      '550 The user’s space has been used up',
      '550 mailfolder is full',
    ],
    stages: toRecipient,
    code: /^5(?:22|5[0-4])$/,
    text: anyOf(
      /(?:mailbox|mail ?folder|maildir|inbox|storage|account|disk) (?:is |has been |was |currently )?(?:full|over)|full mailbox/,
      /over ?(?:the |its |their )?(?:allowed |disk )?quota|dis[kc] quota|quota (?:violation|(?:usage )?exceeded)|exceed(?:s|ed|ing)? (?:\w+ ){0,3}quota/,
      /mailbox (?:quota|size|limit)|exceed(?:s|ed|ing)? (?:\w+ ){0,4}(?:storage|space|allocation)|storage allocation/,
      /(?:out of|enough|insufficient) (?:disk |storage )?(?:space|storage)|space has been used up|allowed storage space|too many messages on the server/,
      /destinataire pleine/,
    ),
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
      '550 #5.1.1 bad address user@example.com',
    ],
    stages: toRecipient,
    code: /^5/,
    enhanced: /^5\.1\.(?:1|2|3|6|10)$/,
    unless: /\b(?:spam|virus|malware)\b|\bpolicy\b/i,
    means: rejected('hard'),
  },
  {
    samples: [
      '550 5.1.0 Address rejected.',
      '550 5.1.0 <user@example.com> recipient rejected',
      '553 5.1.0 Addressee unknown',
    ],
    stages: toRecipient,
    code: /^5/,
    enhanced: /^5\.1\.0$/,
    text: /address rejected|recipient|addressee|unknown|mailbox/i,
    means: rejected('hard'),
  },
  {
    samples: [
      '550-5.2.1 The email account that you tried to reach is disabled.',
      '550 5.2.1 <user@example.com>: mailbox disabled, not accepting messages',
      '550 5.4.4 <user@nowhere.example>: Host or domain name not found',
      '550 Sorry, I couldn’t find a mail exchanger or IP address. (#5.4.4)',
      '550 5.4.310 DNS domain nowhere.example does not exist [Message=InfoDomainNonexistent]',
    ],
    stages: toRecipient,
    code: /^5/,
    enhanced: /^5\.(?:2\.1|4\.4|4\.310)$/,
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
      '550 No user found',
      '554 delivery error: dd This user doesn’t have a yahoo.com account (x) [0]',
      '550 user not found',
      '550 invalid recipient',
      '550 Recipient not found.',
      '550 No such person at this address',
      '550 No mailbox found',
      '550 No mail box available for this user',
      '550 user@example.com is not a valid mailbox',
      '550 Unknown local part nobody in <nobody@example.com>',
      '550 Unrouteable address',
      '550 There is no one at this address',
      '550 No one with that email address here',
      '550 Mailbox is inactive',
      '550 mailbox is disabled for this recipient: account closed',
      '554 5.2.1 Inactive user',
      '550 User suspended',
      '550 sorry, no thank you rejected: Account Unavailable: possible forgery not found user',
      '550 This address no longer accepts mail.',
      '550 The following address failed: recipient is unknown',
      '554 Invalid mailbox',
      '550 vdeliver: invalid or unknown virtual user',
      '550 Email account expired',
      '553 sorry, your envelope recipient is in my badrcptto list',
      '550 The email account that you tried to reach has been deleted',
      '550 user is no longer an employee',
      '550 <nobody@example.com> not found',
      '550 mailbox nobody@example.com unavailable',
      '550 The recipient address <nobody@example.com> is invalid',
      '550 RCPT <nobody@example.com> does not exist',
      '550 5.0.0 User missing home directory',
      '550 nobody@example.com was not found in LDAP server',
      '551 not our user',
      '550 Host unknown',
      '550 DNS Error: DNS type ‘mx’ lookup of nowhere.example responded with code NXDOMAIN',
      "550 'nobody@example.com' is not a registered gateway user",
      '511 sorry, no mailbox here by that name (#5.1.1 - chkuser)',
      '550 Recipient address rejected: User unknown in relay recipient table',
    ],
    stages: toRecipient,
    code: /^5(?:11|5[0134])$/,
    text: anyOf(
      new RegExp(
        `\\b(?:no such|no|unknown|invalid|illegal|inactive|archived|dead|deactivated|non-?existent|bad|unrouteable|not an?)` +
          `(?:[- ](?:or|such|unknown|illegal|inactive|invalid|virtual|destination|local|active|valid|known|e?-?mail)){0,4}[- ]${who}`,
      ),
      new RegExp(
        `\\b${who}s?'?s?(?: address| name| e-?mail name| path){0,2}[ <>:.]{1,4}(?:(?:is|was|were|has been|could|does|are|currently|administratively) ){0,2}` +
          '(?:unknown|invalid|unavailable|expired|closed|deleted|removed|inactive|disabled|deactivated|suspended|locked|terminated' +
          '|wrong|undeliverable|incorrect|discontinued|cannot be verified|missing|not (?:be )?(?:found|exists?|available|known' +
          '|present|active|valid|local|on this server|recogni[sz]ed|in (?:the |our )))',
      ),
      /(?:does not|doesn.t|do not|not) (?:exist|have (?:this user|an? .{1,80} account)|like recipient|handle mail for)/,
      /no longer (?:valid|accepts? mail|an employee|available|exists|on server|with us|in use)|has been (?:disabled|deactivated|deleted|suspended)/,
      /no mailbox here|no one with|no one at|not (?:our|a) (?:customer|user)|not a registered|host unknown|badrcptto|can.t accept user|unable to find|userunknown|recip(?:ient)?notfound|address_not_found/,
      /(?:<>|domain|ldap server) (?:was )?not found|nxdomain|not found in ldap|no such (?:domain|mail drop)|destination address(?:es)? (?:was|were) unknown/,
      /following address failed/,
    ),
    unless:
      /\b(?:spam|virus|malware)\b|\bpolicy\b|\brelay(?:ing)?\b(?! recipient)|not (?:allowed|permitted|authori[sz]ed)|temporar|try again/i,
    means: rejected('hard'),
  },
  {
    // 552 is for what is full, and some say it of a mailbox that is not there: the text knows better than the code.
    samples: [
      '552 1 Requested mail action aborted, mailbox not found',
      '552 no such user',
      '552 No such user here: <nobody@example.com>',
      '552 <nobody@example.com>: mailbox does not exist',
      '552 5.5.0 Requested action aborted: recipient mailbox not found',
      '552-Mail for nobody@example.com cannot be delivered.\n552 The account does not exist.',
      '552 Unknown user: nobody@example.com',
      '552 Recipient nobody@example.com is unknown',
      '552 5.2.0 There is no such mailbox on this server',
      '552 sorry, this user doesn’t exist',
      '552 User nobody not found, message was not stored',
      '552 5.0.0 Account not found',
    ],
    stages: toRecipient,
    code: /^552$/,
    text: anyOf(
      new RegExp(`\\b(?:no such|unknown|non-?existent)(?: (?:local|virtual|e?-?mail))? ${who}`),
      new RegExp(`\\b${who}\\b.{0,40}?\\b(?:unknown|not (?:be )?(?:found|known)|(?:does not|doesn.t|do not) exist)\\b`),
    ),
    unless:
      /\b(?:spam|virus|malware|full|quota|storage|space|size|limit)\b|\bpolicy\b|exceed|too (?:large|big|long)|temporar|try again/i,
    means: rejected('hard'),
  },
  {
    samples: [
      '550 El usuario no existe',
      '550 Destinatario sconosciuto o mailbox disattivata',
      '550 Utilisateur inconnu',
      '550 Empfänger unbekannt',
      '550 Nie ma takiego konta',
      '550 Indirizzo inesistente',
      '550 Cuenta inexistente',
      '550 5.5.0 Adresse d au moins un destinataire invalide. OFR_416',
    ],
    stages: toRecipient,
    code: /^55[0134]$/,
    text: anyOf(
      /sconosciuto|errato|desconocido|inexistente|inesistente|inconnu|unbekannt|no existe|existiert nicht|destinataire invalide/,
      /nie istnieje|nie ma takiego/,
    ),
    unless:
      /\b(?:spam|virus|malware)\b|\bpolicy\b|\brelay(?:ing)?\b(?! recipient)|not (?:allowed|permitted|authori[sz]ed)|temporar|try again/i,
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
  {
    // A refusal that names neither an address nor a reason: nothing says that the address is at fault.
    samples: [
      '550 Rejected',
      '550 5.0.0 Access denied',
      '550 Access denied...7d39d5299584f4be161127e61f5f5400...',
      '554 Message rejected because of unacceptable content. For help, please quote incident ID',
      '550 5.2.0 Mail rejete. Mail rejected. ofr_506 [506]',
      '550 5.2.0 Message Filtered',
      '554 Transaction failed: Duplicate header ‘DKIM-Signature’.',
      '550 Mail refused',
    ],
    code: /^5/,
    text: anyOf(
      /(?:^|\bsaid: )(?:\d{3}[ -])?(?:\d\.\d+\.\d+ )?(?:rejected|refused|denied|blocked|prohibited)\b|\baccess denied\b|duplicate header/,
      /\b(?:message|mail|content|connection) (?:is |was |has been )?(?:rejected|refused|denied|blocked|filtered|not accepted|not allowed|rejete)\b/,
    ),
    means: rejected('policy'),
  },
  {
    // What was said was not understood; to whom it is does not come into it.
    samples: [
      '500 5.5.2 Syntax error, command unrecognized',
      '500 Line limit exceeded',
      '504 Command parameter not implemented',
    ],
    code: /^50[024]$/,
    text: /\b(?:command|syntax|line (?:limit|too long))\b/i,
    means: rejected('policy'),
  },
];
