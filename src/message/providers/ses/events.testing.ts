/**
 * What SES tells of mail, as documented; made by hand from
 * https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-examples.html and
 * https://docs.aws.amazon.com/ses/latest/dg/notification-examples.html, read 2026-11-30.
 */

export const SES_ID = '010701abc-0a1b2c3d-0000-4000-8000-000000000000-000000';
export const IEP_ID = '0193f2f0-0000-7000-8000-000000000001';
const AT = '2026-11-30T11:59:00.000Z';

export const mail = {
  ...{ timestamp: '2026-11-30T11:58:00.000Z', source: 'a@example.com', sendingAccountId: '123456789012' },
  ...{ messageId: SES_ID, destination: ['ann@example.com'], headersTruncated: false },
  headers: [
    { name: 'From', value: 'a@example.com' },
    { name: 'Message-ID', value: '<1@example.com>' },
  ],
  tags: { 'ses:configuration-set': ['iep'], 'iep-message': [IEP_ID], 'iep-tenant': ['t'] },
};

const event = <Told extends object>(eventType: string, told: Told, changes: object = {}) => ({
  ...{ eventType, mail: { ...mail, ...changes } },
  ...told,
});
const bouncing = (bounceType: string, bounceSubType: string, recipient: object) => ({
  bounce: {
    ...{ bounceType, bounceSubType, timestamp: AT, feedbackId: '0107-1-000000', reportingMTA: 'dsn; mta.example.com' },
    bouncedRecipients: [{ emailAddress: 'ann@example.com', ...recipient }],
  },
});
const unknownUser = { action: 'failed', status: '5.1.1', diagnosticCode: 'smtp; 550 5.1.1 user unknown' };

export const sesEvents = {
  send: event('Send', { send: {} }),
  delivery: event('Delivery', {
    delivery: {
      ...{ timestamp: AT, processingTimeMillis: 11_893, recipients: ['ann@example.com'] },
      ...{ smtpResponse: '250 2.6.0 Message received', reportingMTA: 'mta.example.com' },
    },
  }),
  delay: event('DeliveryDelay', {
    deliveryDelay: {
      ...{ timestamp: AT, delayType: 'TransientCommunicationFailure', expirationTime: AT },
      delayedRecipients: [
        {
          ...{ emailAddress: 'ann@example.com', status: '4.4.1' },
          diagnosticCode: 'smtp; 421 4.4.1 Unable to connect to remote host',
        },
      ],
    },
  }),
  bounce: event('Bounce', bouncing('Permanent', 'General', unknownUser)),
  bounceOf: (bounceType: string, bounceSubType: string, recipient: object = {}) =>
    event('Bounce', bouncing(bounceType, bounceSubType, recipient)),
  complaint: event('Complaint', {
    complaint: {
      ...{ complainedRecipients: [{ emailAddress: 'ann@example.com' }], timestamp: AT },
      ...{ feedbackId: '0107-2-000000', userAgent: 'AnyCompany Feedback Loop (V0.01)', complaintFeedbackType: 'abuse' },
    },
  }),
  complaintOf: (changes: object) =>
    event('Complaint', {
      complaint: { complainedRecipients: [{ emailAddress: 'ann@example.com' }], timestamp: AT, ...changes },
    }),
  open: event('Open', {
    open: { ipAddress: '192.0.2.1', timestamp: AT, userAgent: 'Mozilla/5.0 (iPhone) Mobile/14G60' },
  }),
  openOfTwo: event(
    'Open',
    { open: { ipAddress: '192.0.2.1', timestamp: AT, userAgent: 'Mozilla/5.0 (iPhone) Mobile/14G60' } },
    { destination: ['ann@example.com', 'ben@example.com'] },
  ),
  click: event('Click', {
    click: {
      ...{ ipAddress: '192.0.2.1', link: 'https://example.com/a?b=1', linkTags: {}, timestamp: AT },
      userAgent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/60.0.3112.90 Safari/537.36',
    },
  }),
  reject: event('Reject', { reject: { reason: 'Bad content' } }),
  renderingFailure: event('Rendering Failure', {
    failure: { errorMessage: "Attribute 'name' is not present in the rendering data.", templateName: 'T' },
  }),
  subscription: (unsubscribeAll: boolean) =>
    event('Subscription', {
      subscription: {
        ...{ contactList: 'all', timestamp: AT, source: 'UnsubscribeHeader' },
        newTopicPreferences: { unsubscribeAll, topicSubscriptionStatus: [] },
      },
    }),
  /** Of an identity whose notifications are on, without a configuration set: no tags, no headers. */
  olderBounce: {
    notificationType: 'Bounce',
    ...bouncing('Permanent', 'General', unknownUser),
    mail: { timestamp: mail.timestamp, source: mail.source, messageId: SES_ID, destination: mail.destination },
  },
} as const;
