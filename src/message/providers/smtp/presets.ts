/** Where well-known services take mail by SMTP submission, as each of them says it. */

import type { GrantDefaults } from '../oauth2/settings.ts';

export interface Preset {
  readonly host: string;
  readonly port: number;
  readonly tls: 'required' | 'implicit';
  /** What a login by token needs there. */
  readonly oauth2?: GrantDefaults;
  /** The page of the service that says so. */
  readonly source: string;
}

export const presets = {
  gmail: {
    ...{ host: 'smtp.gmail.com', port: 587, tls: 'required' },
    oauth2: { tokenEndpoint: 'https://oauth2.googleapis.com/token', scope: 'https://mail.google.com/' },
    source: 'https://developers.google.com/workspace/gmail/imap/imap-smtp',
  },
  office365: {
    ...{ host: 'smtp.office365.com', port: 587, tls: 'required' },
    oauth2: { scope: 'https://outlook.office365.com/.default' },
    source:
      'https://learn.microsoft.com/exchange/mail-flow-best-practices/how-to-set-up-a-multifunction-device-or-application-to-send-email-using-microsoft-365-or-office-365',
  },
  // The region that most accounts begin in; the login of another region needs its host.
  ses: {
    ...{ host: 'email-smtp.us-east-1.amazonaws.com', port: 587, tls: 'required' },
    source: 'https://docs.aws.amazon.com/general/latest/gr/ses.html',
  },
  // Of the United States; accounts of the European Union have smtp.eu.mailgun.org.
  mailgun: {
    ...{ host: 'smtp.mailgun.org', port: 587, tls: 'required' },
    source: 'https://documentation.mailgun.com/docs/mailgun/user-manual/sending-messages/send-smtp',
  },
  sendgrid: {
    ...{ host: 'smtp.sendgrid.net', port: 587, tls: 'required' },
    source: 'https://www.twilio.com/docs/sendgrid/for-developers/sending-email/integrating-with-the-smtp-api',
  },
  // Of transactional streams; broadcasts go to smtp-broadcasts.postmarkapp.com.
  postmark: {
    ...{ host: 'smtp.postmarkapp.com', port: 587, tls: 'required' },
    source: 'https://postmarkapp.com/support/article/811-what-are-the-smtp-details-api-tokens-i-should-be-using',
  },
  resend: {
    ...{ host: 'smtp.resend.com', port: 587, tls: 'required' },
    source: 'https://resend.com/docs/send-with-smtp',
  },
  // Its page calls 465 the port for TLS, and 587 the one without.
  brevo: {
    ...{ host: 'smtp-relay.brevo.com', port: 465, tls: 'implicit' },
    source: 'https://developers.brevo.com/docs/smtp-integration',
  },
  mailjet: {
    ...{ host: 'in-v3.mailjet.com', port: 587, tls: 'required' },
    source: 'https://dev.mailjet.com/smtp-relay/configuration/',
  },
} as const satisfies Readonly<Record<string, Preset>>;

export type PresetName = keyof typeof presets;
export const presetNames = Object.keys(presets) as [PresetName, ...PresetName[]];
