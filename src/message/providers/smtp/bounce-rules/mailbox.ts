/** What servers say of the mailbox, by the enhanced code. */

import { anyOf, type BounceRule, rejected, toRecipient } from './rule.ts';

export const mailboxRules: readonly BounceRule[] = [
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
];
