/**
 * What the columns of suppression files are called, and what stands in them, as data: our own files and those that SendGrid,
 * Mailgun, Postmark and Amazon SES give. Names are compared in small letters, letters and digits alone.
 */

import type { SuppressionReason } from '../db/verbs/suppressions.ts';

export type Meaning = 'email' | 'reason' | 'status' | 'note' | 'expiresAt' | 'createdAt' | 'origin';

const MEANINGS: Readonly<Record<Meaning, readonly string[]>> = {
  email: ['email', 'emailaddress', 'address', 'recipient', 'recipientemail', 'recipientaddress', 'mail', 'destination'],
  // SendGrid's `reason` is what a server said, and Mailgun's `error`; `status` and `code` are its codes.
  reason: ['reason', 'suppressionreason', 'type', 'suppressiontype', 'bouncetype', 'category'],
  status: ['status', 'code', 'errorcode', 'smtpcode', 'enhancedcode'],
  note: ['note', 'notes', 'comment', 'description', 'error', 'details', 'message', 'diagnosticcode', 'response'],
  expiresAt: ['expiresat', 'expires', 'expiry', 'expiration', 'until'],
  createdAt: [
    ...['createdat', 'created', 'createddate', 'date', 'timestamp', 'time', 'lastupdatetime', 'lastupdatedtime'],
    ...['addedat', 'added', 'bouncedat', 'updatedat', 'suppressedat'],
  ],
  origin: ['origin'],
};

export function meaningOf(column: string): Meaning | undefined {
  const name = plainName(column);
  const found = Object.entries(MEANINGS).find(([, names]) => names.includes(name));
  return found?.[0] as Meaning | undefined;
}

export function plainName(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]/g, '');
}

const REASONS: Readonly<Record<SuppressionReason, readonly string[]>> = {
  complaint: [
    'complaint',
    'complained',
    'spamcomplaint',
    'spamreport',
    'spamreports',
    'spam',
    'abuse',
    'spamnotification',
  ],
  hard_bounce: [
    ...['hardbounce', 'bounce', 'bounced', 'bounces', 'hard', 'permanent', 'permanentbounce', 'permanentfailure'],
    ...['invalid', 'invalidemail', 'bademailaddress', 'undeliverable', 'failed', 'suppressbounce', 'unknownuser'],
  ],
  unsubscribe: [
    ...['unsubscribe', 'unsubscribed', 'unsubscribes', 'globalunsubscribe', 'groupunsubscribe', 'optout', 'optedout'],
    ...['listunsubscribe', 'suppressunsubscribe'],
  ],
  manual: [
    'manual',
    'manualsuppression',
    'manuallydeactivated',
    'manuallyadded',
    'blocklist',
    'blacklist',
    'denylist',
    'rejectlist',
  ],
};

/** What is only so for a while, and so no reason to suppress. */
const PASSING = [
  'softbounce',
  'soft',
  'transient',
  'temporary',
  'block',
  'blocked',
  'blocks',
  'deferred',
  'mailboxfull',
];

export function suppressionReasonOf(text: string): SuppressionReason | 'passing' | undefined {
  const name = plainName(text);
  if (PASSING.includes(name)) return 'passing';
  const found = Object.entries(REASONS).find(([, names]) => names.includes(name));
  return found?.[0] as SuppressionReason | undefined;
}

/** An SMTP code or an enhanced one at the beginning of what a server said. */
const CODE = /^\W{0,3}(?:smtp;\s{0,3})?([245])(?:\d\d|\.\d{1,3}\.\d{1,3})(?!\d)/i;

/** What the code in `5.1.1` or `550 no such user` says of an address. */
export function reasonOfCode(text: string): 'hard_bounce' | 'passing' | undefined {
  const [, kind] = CODE.exec(text) ?? [];
  if (kind === undefined) return undefined;
  return kind === '5' ? 'hard_bounce' : 'passing';
}

/** Files that say by their columns alone what they list, each with the names of all its columns in order of letters. */
const LISTS: Readonly<Record<string, SuppressionReason>> = {
  // SendGrid: spam reports, invalid addresses, global unsubscribes.
  'created email ip': 'complaint',
  'created email reason': 'hard_bounce',
  'created email': 'unsubscribe',
  // Mailgun: bounces, unsubscribes, complaints.
  'address code createdat error': 'hard_bounce',
  'address createdat tags': 'unsubscribe',
  'address createdat': 'complaint',
};

export function reasonOfColumns(columns: readonly string[]): SuppressionReason | undefined {
  return LISTS[
    columns
      .map(plainName)
      .filter((name) => name !== '')
      .sort()
      .join(' ')
  ];
}
