/** What servers say of our account, which is for people to put right. */

import { anyOf, type BounceRule, notNow, refusedAccount, throttled } from './rule.ts';

export const accountRules: readonly BounceRule[] = [
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
    means: notNow,
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
    // Said of the sender alone (origin.ts).
    unless: /\bsender name\b/i,
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
  {
    // An account that may only be tried out, or a sending domain that the account is for and that has no records in DNS.
    samples: [
      '550 5.7.1 Domain example.com is not allowed to send: The domain is unverified and requires DNS configuration.',
      '554 Sandbox subdomains are for test purposes only. Please add your own domain or add the address to authorized recipients in Account Settings.',
      '554 Free accounts are for test purposes only. Please upgrade or add the address to authorized recipients in Account Settings.',
      '550 You can only send testing emails to your own email address (ann@example.com).',
      '550 5.7.1 While your account is pending approval, all recipient addresses must share the same domain as the ‘From’ address.',
      '450 The associated domain with your API key is not verified. Please, create a new API key with full access or with a verified domain.',
    ],
    stages: ['mail', 'rcpt', 'data'],
    code: /^[45]/,
    text: anyOf(
      /\bdomain [a-z0-9.-]{1,253} is not allowed to send:|\b(?:accounts|subdomains) are for test purposes only/,
      /only send testing emails to your own|account is pending approval|\bdomain with your api key is not verified/,
    ),
    means: refusedAccount,
  },
];
