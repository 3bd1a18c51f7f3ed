/** What servers say that have no enhanced codes: by their words. */

import { anyOf, type BounceRule, rejected, toRecipient, who } from './rule.ts';

export const plainRules: readonly BounceRule[] = [
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
