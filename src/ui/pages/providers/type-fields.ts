/**
 * The fields of the form for a new provider: the settings by which mail leaves at once, by type. A test holds them to what the
 * types take; all other settings go as JSON.
 */

/** The name of each setting, and how it is typed in. */
export const typeFields: Readonly<
  Record<string, readonly (readonly [name: string, kind: 'text' | 'secret' | 'number'])[]>
> = {
  smtp: [
    ['host', 'text'],
    ['port', 'number'],
    ['username', 'text'],
    ['password', 'secret'],
  ],
  ses: [
    ['region', 'text'],
    ['accessKeyId', 'text'],
    ['secretAccessKey', 'secret'],
  ],
  sendgrid: [['apiKey', 'secret']],
  mailgun: [
    ['domain', 'text'],
    ['apiKey', 'secret'],
  ],
  postmark: [['serverToken', 'secret']],
  resend: [['apiKey', 'secret']],
  graph: [
    ['directoryId', 'text'],
    ['clientId', 'text'],
    ['clientSecret', 'secret'],
    ['mailbox', 'text'],
  ],
  capture: [],
  null: [],
};
