/**
 * How servers tell of a failure that write no report of RFC 3464, as data: the first rule of which a line begins the report
 * decides. Each stands with mail that was seen, and the tests hold it to what that says. Expressions see one line at a time.
 */

import type { BounceReason } from '../../db/verbs/feedback.ts';

export interface TextRule {
  /** The server that writes so. */
  readonly server: string;
  readonly kind: 'bounced' | 'delivery_delayed';
  /** A line that nobody else writes. Recipients stand in it, or behind it. */
  readonly begins: RegExp;
  /** A line that names a recipient, as its first group. What is said of it follows, up to the next one. */
  readonly recipient: RegExp;
  /** The line before the copy of the message; nothing of the report follows it. */
  readonly ends: RegExp;
  readonly samples: readonly TextSample[];
}

export interface TextSample {
  readonly text: string;
  readonly reads: readonly {
    readonly recipient: string;
    readonly class?: BounceReason;
    readonly enhanced?: string;
    readonly diagnostic: string;
  }[];
}

const alone = /^\s*<?([^\s<>@,;]+@[^\s<>@,;]+?)>?:?\s*$/;
const bracketed = /^<([^\s<>@]+@[^\s<>@]+)>:\s*$/;
const copy = /^--.*(?:copy of|original message|below this line|returned message|message header)/i;

export const textRules: readonly TextRule[] = [
  {
    server: 'Exim',
    kind: 'bounced',
    begins: /(?:^| )address\(es\) failed:$/,
    recipient: /^ {0,3}<?([^\s<>@,;]+@[^\s<>@,;]+?)>?:?\s*$/,
    ends: copy,
    samples: [
      {
        text: `This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  bob@example.org
    host mx.example.org [192.0.2.25]
    SMTP error from remote mail server after RCPT TO:<bob@example.org>:
    550 5.1.1 <bob@example.org>: Recipient address rejected:
    User unknown in local recipient table
  eve@example.net
    mailbox is full: retry timeout exceeded

------ This is a copy of the message, including all the headers. ------

Message-ID: <7@acme.example>
`,
        reads: [
          {
            ...{ recipient: 'bob@example.org', class: 'hard', enhanced: '5.1.1' },
            diagnostic:
              '550 5.1.1 <bob@example.org>: Recipient address rejected: User unknown in local recipient table',
          },
          { recipient: 'eve@example.net', class: 'soft', diagnostic: 'mailbox is full: retry timeout exceeded' },
        ],
      },
      {
        text: `This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  bob@example.org
    (ultimately generated from team@example.net)
    host mx.example.org [192.0.2.25]
    Connection timed out: retry timeout exceeded

------ This is a copy of the message's headers. ------

Message-ID: <7@acme.example>
`,
        reads: [
          {
            ...{ recipient: 'bob@example.org', class: 'soft' },
            diagnostic: 'host mx.example.org [192.0.2.25] Connection timed out: retry timeout exceeded',
          },
        ],
      },
      {
        text: `This message was created automatically by mail delivery software.

A message that you sent could not be delivered to all of its recipients. The
following address(es) failed:

  bob@example.org:
    SMTP error from remote mailer after RCPT TO:
    <bob@example.org>:
    host mx49.example.org [192.0.2.82]:
    553 5.1.1 unknown or illegal user:
    bob@example.org

----- This is a copy of the message, including all the headers. ------
`,
        reads: [
          {
            recipient: 'bob@example.org',
            class: 'hard',
            enhanced: '5.1.1',
            diagnostic: '553 5.1.1 unknown or illegal user: bob@example.org',
          },
        ],
      },
    ],
  },
  {
    server: 'Exim',
    kind: 'delivery_delayed',
    begins: /^The (?:following address|address to which the message has not yet been delivered|addresses? to which)/,
    recipient: /^\s*<?([^\s<>@,;]+@[^\s<>@,;]+?)>?:?(?:\s+Delay reason:.*)?$/,
    ends: /^No action is required on your part/,
    samples: [
      {
        text: `This message was created automatically by mail delivery software.
A message that you sent has not yet been delivered to one or more of its
recipients after more than 24 hours on the queue on relay.acme.example.

The message identifier is:     1mX2Yz-0004aB-1c
The subject of the message is: Invoice
The address to which the message has not yet been delivered is:

  bob@example.org
    Delay reason: Connection timed out

No action is required on your part. Delivery attempts will continue for
some time, and this warning may be repeated at intervals if the message
remains undelivered.
`,
        reads: [{ recipient: 'bob@example.org', diagnostic: 'Delay reason: Connection timed out' }],
      },
    ],
  },
  {
    server: 'qmail',
    kind: 'bounced',
    begins: /^Hi\. This is the (?:qmail-send|deliver) program at /,
    recipient: bracketed,
    ends: copy,
    samples: [
      {
        text: `Hi. This is the qmail-send program at mail.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<bob@example.org>:
192.0.2.25 does not like recipient.
Remote host said: 550 5.1.1 <bob@example.org>... User unknown
Giving up on 192.0.2.25.

<eve@example.net>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

Return-Path: <billing@acme.example>
Message-ID: <7@acme.example>
`,
        reads: [
          {
            ...{ recipient: 'bob@example.org', class: 'hard', enhanced: '5.1.1' },
            diagnostic: '550 5.1.1 <bob@example.org>... User unknown Giving up on 192.0.2.25.',
          },
          {
            ...{ recipient: 'eve@example.net', class: 'hard', enhanced: '5.1.1' },
            diagnostic: 'Sorry, no mailbox here by that name. (#5.1.1)',
          },
        ],
      },
    ],
  },
  {
    server: 'Yahoo',
    kind: 'bounced',
    begins: /^Sorry, we were unable to deliver your message to the following address/,
    recipient: bracketed,
    ends: copy,
    samples: [
      {
        text: `Sorry, we were unable to deliver your message to the following address.

<bob@yahoo.com>:
Remote host said:
554 delivery error: dd This user doesn't have a yahoo.com account (bob@yahoo.com) [0] - mta1296.mail.bf1.yahoo.com
[BODY]

--- Below this line is a copy of the message.

Message-ID: <7@acme.example>
`,
        reads: [
          {
            ...{ recipient: 'bob@yahoo.com', class: 'hard' },
            diagnostic:
              "554 delivery error: dd This user doesn't have a yahoo.com account (bob@yahoo.com) [0] - mta1296.mail.bf1.yahoo.com [BODY]",
          },
        ],
      },
    ],
  },
  {
    server: 'Exchange 2003',
    kind: 'bounced',
    begins: /^did not reach the following recipient\(s\):/,
    recipient: /^\s*<?([^\s<>@,;]+@[^\s<>@,;]+?)>? on \w{3}, \d.*$/,
    ends: /^\s*The MTS-ID of the original message is/,
    samples: [
      {
        text: `Your message

  To:      bob@example.org
  Subject: Invoice
  Sent:    Mon, 4 Mar 2024 09:58:11 +0100

did not reach the following recipient(s):

bob@example.org on Mon, 4 Mar 2024 09:58:12 +0100
    The recipient name is not recognized
    The MTS-ID of the original message is: c=us;a= ;p=example;l=MAIL0403040858FQ2B
    MSEXCH:IMS:EXAMPLE:HQ:MAIL 0 (000C05A6) Unknown Recipient
`,
        reads: [{ recipient: 'bob@example.org', class: 'hard', diagnostic: 'The recipient name is not recognized' }],
      },
    ],
  },
  {
    server: 'Exchange',
    kind: 'bounced',
    begins: /^Delivery has failed to these recipients or (?:groups|distribution lists):/,
    recipient: /^(?:[^<>@()]+[(<](?:mailto:)?|\s*)([^\s<>@,;():]+@[^\s<>@,;():]+)[)>]?(?:<mailto:[^<>]*>)?\s*$/,
    ends: /^(?:Original message headers|Message Headers):/i,
    samples: [
      {
        text: `Delivery has failed to these recipients or groups:

Bob Example (bob@example.org)<mailto:bob@example.org>
The email address you entered couldn't be found. Please check the recipient's
email address and try to resend the message.

Diagnostic information for administrators:

Generating server: EX01.example.org

#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##

Original message headers:

Received: from relay.acme.example by EX01.example.org
Message-ID: <7@acme.example>
`,
        reads: [
          {
            ...{ recipient: 'bob@example.org', class: 'hard', enhanced: '5.1.1' },
            diagnostic: '550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##',
          },
        ],
      },
    ],
  },
  {
    server: 'Gmail',
    kind: 'bounced',
    begins: /^Delivery to the following recipients? failed permanently:/,
    recipient: alone,
    ends: copy,
    samples: [
      {
        text: `Delivery to the following recipient failed permanently:

     bob@example.org

Technical details of permanent failure:
Google tried to deliver your message, but it was rejected by the server for the recipient domain example.org by mx.example.org. [192.0.2.25].

The error that the other server returned was:
550 5.7.1 Message blocked by policy: listed as a source of spam

----- Original message -----

Message-ID: <7@acme.example>
`,
        reads: [
          {
            ...{ recipient: 'bob@example.org', class: 'policy', enhanced: '5.7.1' },
            diagnostic: '550 5.7.1 Message blocked by policy: listed as a source of spam',
          },
        ],
      },
    ],
  },
  {
    server: 'Gmail',
    kind: 'bounced',
    begins: /^Your message wasn['’]t delivered to [^\s@]+@[^\s@]+ because/,
    recipient: /^Your message wasn['’]t delivered to ([^\s@]+@[^\s@]+) because/,
    ends: copy,
    samples: [
      {
        text: `** Address not found **

Your message wasn't delivered to bob@example.org because the address couldn't be found, or is unable to receive mail.

The response from the remote server was:

550 5.1.1 The email account that you tried to reach does not exist.
`,
        reads: [
          {
            ...{ recipient: 'bob@example.org', class: 'hard', enhanced: '5.1.1' },
            diagnostic: '550 5.1.1 The email account that you tried to reach does not exist.',
          },
        ],
      },
    ],
  },
  {
    server: 'Sendmail',
    kind: 'bounced',
    begins: /^\s*-{3,} The following addresses had permanent fatal errors -{3,}/,
    recipient: alone,
    ends: /^\s*-{3,} (?:Transcript of session follows|Original message follows|Message header follows)/,
    samples: [
      {
        text: `The original message was received at Mon, 4 Mar 2024 09:58:11 +0100
from relay.acme.example [192.0.2.7]

   ----- The following addresses had permanent fatal errors -----
<bob@example.org>
    (reason: 552 5.2.2 Mailbox full)

   ----- Transcript of session follows -----
... while talking to mx.example.org.:
`,
        reads: [
          {
            ...{ recipient: 'bob@example.org', class: 'soft', enhanced: '5.2.2' },
            diagnostic: '552 5.2.2 Mailbox full)',
          },
        ],
      },
    ],
  },
  {
    server: 'Postfix',
    kind: 'bounced',
    begins: /^This is the (?:Postfix program|mail system) at host /,
    recipient: /^<([^\s<>@]+@[^\s<>@]+)>(?: \(expanded from <[^<>]*>\))?:/,
    ends: copy,
    samples: [
      {
        text: `This is the mail system at host relay.acme.example.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

                   The mail system

<bob@example.org>: host mx.example.org[192.0.2.25] said: 550 5.1.1
    <bob@example.org>: Recipient address rejected: User unknown (in reply to
    RCPT TO command)
`,
        reads: [
          {
            ...{ recipient: 'bob@example.org', class: 'hard', enhanced: '5.1.1' },
            diagnostic:
              '550 5.1.1 <bob@example.org>: Recipient address rejected: User unknown (in reply to RCPT TO command)',
          },
        ],
      },
    ],
  },
  {
    server: 'OpenSMTPD',
    kind: 'bounced',
    begins: /^\s*the following list of recipients:$/,
    recipient: /^([^\s<>@,;:]+@[^\s<>@,;:]+): (?=[45]\d\d[ -])/,
    ends: /^\s*Below is a copy of the original message/,
    samples: [
      {
        text: `    Hi!

    This is the MAILER-DAEMON, please DO NOT REPLY to this email.

    An error has occurred while attempting to deliver a message for
    the following list of recipients:

bob@example.org: 550 5.1.1 <bob@example.org>... User Unknown
eve@example.net: 550 5.7.26 <eve@example.net>: Recipient address rejected: Multiple authentication checks failed

    Below is a copy of the original message:

Message-ID: <7@acme.example>
`,
        reads: [
          {
            ...{ recipient: 'bob@example.org', class: 'hard', enhanced: '5.1.1' },
            diagnostic: '550 5.1.1 <bob@example.org>... User Unknown',
          },
          {
            ...{ recipient: 'eve@example.net', class: 'policy', enhanced: '5.7.26' },
            diagnostic:
              '550 5.7.26 <eve@example.net>: Recipient address rejected: Multiple authentication checks failed',
          },
        ],
      },
    ],
  },
  {
    server: 'T-Online',
    kind: 'bounced',
    begins: /^\|-+ Failed addresses follow: -+\|$/,
    recipient: alone,
    ends: /^\|-+ Message text follows: -+\|$/,
    samples: [
      {
        text: `|------------------------- Message log follows: -------------------------|
 no valid recipients were found for this message
|------------------------- Failed addresses follow: ---------------------|
 <bob@t-online.de>
   552 5.2.2 <bob@t-online.de> Quota exceeded (mailbox for user is full)
|------------------------- Message text follows: ------------------------|
Message-ID: <7@acme.example>
`,
        reads: [
          {
            ...{ recipient: 'bob@t-online.de', class: 'soft', enhanced: '5.2.2' },
            diagnostic: '552 5.2.2 <bob@t-online.de> Quota exceeded (mailbox for user is full)',
          },
        ],
      },
    ],
  },
  {
    server: 'GMX',
    kind: 'bounced',
    begins: /^failed:$/,
    recipient: /^"([^\s"@]+@[^\s"@]+)":$/,
    ends: /^--- The header of the original message is following/,
    samples: [
      {
        text: `This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of
its recipients. This is a permanent error. The following address
failed:

"bob@example.org":
SMTP error from remote server after RCPT command:
host: mx.example.org
5.2.2 <bob@example.org>... Mailbox Full

--- The header of the original message is following. ---

Message-ID: <7@acme.example>
`,
        reads: [
          {
            ...{ recipient: 'bob@example.org', class: 'soft', enhanced: '5.2.2' },
            diagnostic:
              'SMTP error from remote server after RCPT command: host: mx.example.org 5.2.2 <bob@example.org>... Mailbox Full',
          },
        ],
      },
    ],
  },
  {
    // As Exchange 2000 writes too.
    server: 'hMailServer',
    kind: 'bounced',
    begins: /^The following recipient\(s\) could not be reached:$/,
    recipient: /^\s*['<]?([^\s<>@,;']+@[^\s<>@,;']+?)['>]?(?: on \d.*)?$/,
    ends: /^hMailServer$/,
    samples: [
      {
        text: `Your message did not reach some or all of the intended recipients.

   Sent: Mon, 4 Mar 2024 08:00:00 +0000
   Subject: Invoice 7

The following recipient(s) could not be reached:

bob@example.org
   Error Type: SMTP
   Remote server (192.0.2.25) issued an error.
   hMailServer sent: RCPT TO:<bob@example.org>
   Remote server replied: 550 5.1.1 no such user here

eve@example.net
   Error Type: SMTP
   Remote server (192.0.2.26) issued an error.
   hMailServer sent: RCPT TO:<eve@example.net>
   Remote server replied: 552 5.2.2 over quota

hMailServer
`,
        reads: [
          {
            ...{ recipient: 'bob@example.org', class: 'hard', enhanced: '5.1.1' },
            diagnostic: '550 5.1.1 no such user here',
          },
          {
            ...{ recipient: 'eve@example.net', class: 'soft', enhanced: '5.2.2' },
            diagnostic: '552 5.2.2 over quota',
          },
        ],
      },
      {
        text: `Your message did not reach some or all of the intended recipients.

      Subject: Invoice 7
      Sent:    3/4/2024 8:00 AM

The following recipient(s) could not be reached:

      'bob@example.org' on 3/4/2024 8:01 AM
            The e-mail account does not exist at the organization this message was sent to.
            <mx.example.org #5.1.1>
`,
        reads: [
          {
            ...{ recipient: 'bob@example.org', class: 'hard', enhanced: '5.1.1' },
            diagnostic:
              'The e-mail account does not exist at the organization this message was sent to. <mx.example.org #5.1.1>',
          },
        ],
      },
    ],
  },
  {
    server: 'SmarterMail',
    kind: 'bounced',
    begins: /^Could not deliver message to the following recipient\(s\):$/,
    recipient: /^Failed Recipient: <?([^\s<>@,;]+@[^\s<>@,;]+?)>?\s*$/,
    ends: /^\s*-- The header and top \d+ lines of the message follow/,
    samples: [
      {
        text: `Could not deliver message to the following recipient(s):

Failed Recipient: bob@example.org
Reason: Remote host said: 550 5.1.1 The email account that you tried to reach does not exist. Please try
5.1.1 double-checking the recipient's email address for typos

   -- The header and top 20 lines of the message follows --

Message-ID: <7@acme.example>
`,
        reads: [
          {
            ...{ recipient: 'bob@example.org', class: 'hard', enhanced: '5.1.1' },
            diagnostic:
              "550 5.1.1 The email account that you tried to reach does not exist. Please try 5.1.1 double-checking the recipient's email address for typos",
          },
        ],
      },
    ],
  },
];
