import { expect, it } from 'vitest';
import { IEP_ID, mail, SES_ID, sesEvents } from './events.testing.ts';
import { eventsIn } from './events.ts';

const NOW = Date.parse('2026-11-30T12:00:00Z');
const AT = Date.parse('2026-11-30T11:59:00Z');
const only = (event: unknown) => {
  const { feedback, unknown } = eventsIn(event, NOW);
  expect([feedback.length, unknown]).toEqual([1, 0]);
  return feedback[0];
};

it.each([
  ['delivery', sesEvents.delivery, 'delivered', {}],
  [
    'delay',
    sesEvents.delay,
    'delivery_delayed',
    { code: 421, enhanced: '4.4.1', diagnostic: '421 4.4.1 Unable to connect to remote host' },
  ],
  [
    'bounce',
    sesEvents.bounce,
    'bounced',
    { class: 'hard', code: 550, enhanced: '5.1.1', diagnostic: '550 5.1.1 user unknown' },
  ],
  ['complaint', sesEvents.complaint, 'complained', { feedbackType: 'abuse' }],
  ['open', sesEvents.open, 'opened', { userAgent: 'Mozilla/5.0 (iPhone) Mobile/14G60', actor: 'human' }],
  ['click', sesEvents.click, 'clicked', { url: 'https://example.com/a?b=1', actor: 'human' }],
  ['unsubscription', sesEvents.subscription(true), 'unsubscribed', {}],
] as const)('reads a %s', (_what, event, kind, data) => {
  expect(only(event)).toMatchObject({
    ...{ kind, at: AT, recipient: 'ann@example.com', data, eventId: expect.any(String) },
    about: { messageId: IEP_ID, providerMessageId: SES_ID, messageIdHeader: '<1@example.com>' },
  });
});

it('takes a virus for a fault of the content, at the time of the mail', () => {
  expect(only(sesEvents.reject)).toMatchObject({
    ...{ kind: 'bounced', at: Date.parse(mail.timestamp), recipient: 'ann@example.com' },
    data: { class: 'policy', diagnostic: 'Bad content' },
  });
});

it('finds the message of an older notification by the id of SES', () => {
  expect(only(sesEvents.olderBounce)).toMatchObject({
    ...{ kind: 'bounced', recipient: 'ann@example.com', data: { class: 'hard' } },
    about: { providerMessageId: SES_ID },
  });
});

it('finds the message of a mail by the header that the NATS door put into it', () => {
  const { tags: _, ...untagged } = mail;
  const headers = [...mail.headers, { name: 'X-LFX-TRACKING-ID', value: `${IEP_ID}/spring/2` }];
  const event = { ...sesEvents.open, mail: { ...untagged, headers } };
  expect(only(event)).toMatchObject({ about: { messageId: IEP_ID, providerMessageId: SES_ID } });
});

it.each([
  ['Permanent', 'General', {}, 'hard'],
  ['Permanent', 'NoEmail', {}, 'hard'],
  ['Permanent', 'Suppressed', {}, 'vendor-suppressed'],
  ['Permanent', 'OnAccountSuppressionList', {}, 'vendor-suppressed'],
  ['Permanent', 'UnsubscribedRecipient', {}, 'vendor-suppressed'],
  ['Permanent', 'General', { status: '5.7.1', diagnosticCode: 'smtp; 550 5.7.1 blocked' }, 'policy'],
  ['Permanent', 'General', { status: '5.2.2', diagnosticCode: 'smtp; 552 5.2.2 mailbox full' }, 'soft'],
  ['Transient', 'General', {}, 'soft'],
  ['Transient', 'General', { status: '5.1.1', diagnosticCode: 'smtp; 550 5.1.1 user unknown' }, 'soft'],
  [
    'Transient',
    'General',
    {
      status: '4.4.7',
      diagnosticCode:
        'smtp; 554 4.4.7 Message expired: unable to deliver in 840 minutes.<421 4.4.0 Unable to lookup DNS for typo.example>',
    },
    'hard',
  ],
  [
    'Transient',
    'General',
    {
      status: '4.4.7',
      diagnosticCode: 'smtp; 554 4.4.7 Message expired: unable to deliver in 840 minutes.<421 4.4.0 x>',
    },
    'soft',
  ],
  ['Transient', 'MailboxFull', {}, 'soft'],
  ['Transient', 'MessageTooLarge', {}, 'policy'],
  ['Transient', 'ContentRejected', {}, 'policy'],
  ['Transient', 'AttachmentRejected', {}, 'policy'],
  ['Transient', 'CustomTimeoutExceeded', {}, 'soft'],
  ['Undetermined', 'Undetermined', {}, 'soft'],
  ['Undetermined', 'Undetermined', { diagnosticCode: 'smtp; 554 5.7.1 spam' }, 'policy'],
])('%s %s %j is %s', (type, subType, recipient, reason) => {
  expect(only(sesEvents.bounceOf(type, subType, recipient))?.data.class).toBe(reason);
});

it('tells complaints apart that are none', () => {
  expect(eventsIn(sesEvents.complaintOf({ complaintFeedbackType: 'not-spam' }), NOW)).toEqual({
    feedback: [],
    unknown: 1,
  });
  expect(only(sesEvents.complaintOf({ complaintSubType: 'OnAccountSuppressionList' }))).toMatchObject({
    ...{ kind: 'bounced', data: { class: 'vendor-suppressed' } },
  });
});

it('names nobody where the mail went to several and it may have been any of them', () => {
  expect(only(sesEvents.openOfTwo)?.recipient).toBeUndefined();
});

it('holds a complaint against nobody where SES lists several who may have complained', () => {
  const complainedRecipients = ['ann@example.com', 'ben@example.com'].map((emailAddress) => ({ emailAddress }));
  expect(only(sesEvents.complaintOf({ complainedRecipients }))).not.toHaveProperty('recipient');
  expect(only(sesEvents.complaint)).toMatchObject({ kind: 'complained', recipient: 'ann@example.com' });
  const refused = eventsIn(
    sesEvents.complaintOf({ complainedRecipients, complaintSubType: 'OnAccountSuppressionList' }),
    NOW,
  );
  expect(refused.feedback.map(({ recipient }) => recipient)).toEqual(['ann@example.com', 'ben@example.com']);
});

it('has each of the recipients of an event, with one id', () => {
  const bounce = {
    ...sesEvents.bounce.bounce,
    bouncedRecipients: [{ emailAddress: 'ann@example.com' }, { emailAddress: 'Ben <ben@example.com>' }],
  };
  const { feedback } = eventsIn({ ...sesEvents.bounce, bounce }, NOW);
  expect(feedback.map(({ recipient }) => recipient)).toEqual(['ann@example.com', 'ben@example.com']);
  expect(feedback[0]?.eventId).toBe(feedback[1]?.eventId);
});

it('gives one id to what is told twice, and others to what is not', () => {
  const id = (event: unknown) => only(event)?.eventId;
  expect(id(structuredClone(sesEvents.click))).toBe(id(sesEvents.click));
  expect(id(sesEvents.olderBounce)).toBe(id(sesEvents.bounce));
  const later = { ...sesEvents.click, click: { ...sesEvents.click.click, link: 'https://example.com/b' } };
  expect(id(later)).not.toBe(id(sesEvents.click));
});

it.each([
  ['Send', sesEvents.send],
  ['Rendering Failure', sesEvents.renderingFailure],
  ['another subscription', sesEvents.subscription(false)],
  ['a kind that is new', { eventType: 'Dance', mail }],
  ['the name of a member of all objects', { eventType: 'constructor', mail }],
  ['no object', 7],
  ['null', null],
  ['a list', []],
])('counts what means nothing here: %s', (_what, event) => {
  expect(eventsIn(event, NOW)).toEqual({ feedback: [], unknown: 1 });
});

it('reads what strangers may have written of members, without a fault', () => {
  for (const odd of [null, 7, 'text', [], {}, [null], [[]], { length: 3 }]) {
    for (const member of ['bounce', 'mail', 'click', 'complaint', 'delivery']) {
      for (const type of ['Bounce', 'Click', 'Complaint', 'Delivery', 'Open', 'Subscription', 'Reject'])
        expect(() => eventsIn({ eventType: type, mail, [member]: odd }, NOW)).not.toThrow();
    }
  }
});
