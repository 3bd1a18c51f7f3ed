/** What servers say of who the mail comes from, and of the way there: the recipient is not at fault. */

import { anyOf, type BounceRule, refusedSender, rejected } from './rule.ts';

export const originRules: readonly BounceRule[] = [
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
      '530 From/Sender name is not valid',
      '550 5.7.1 Domain not verified',
    ],
    stages: ['mail', 'rcpt', 'data'],
    code: /^5/,
    text: anyOf(
      /\b(?:e-?mail|from|sender|sending) (?:address|domain|identity)(?: [^ ]{0,80})? (?:is|has) not (?:been )?(?:yet )?verified/,
      /\bdomain (?:is )?not verified|verified sender identity|is not a (?:verified )?sender signature/,
      /sendasdenied|not (?:allowed|have permissions?) to send as\b|\bnot owned by (?:auth )?user\b|\bsender name is not valid\b/,
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
];
