/** What Postmark posts, by the examples of https://postmarkapp.com/developer/webhooks (Bounce, Delivery, …), read 2026-11-30. */

import type { PostedCallback } from '../callbacks/callback.testing.ts';

export const LOGIN = { user: 'postmark', password: 'a password: with a colon' };
export const MESSAGE = '01990000-0000-7000-8000-000000000003';

const common = {
  ...{ MessageID: '883953f4-6105-42a2-a16a-77a8eac79483', ServerID: 23, MessageStream: 'outbound', Tag: 'welcome' },
  Metadata: { 'iep-message': MESSAGE },
};

export const delivery = {
  ...{ RecordType: 'Delivery', Recipient: 'john@example.com', DeliveredAt: '2026-11-30T06:59:50.2735393-05:00' },
  ...{ Details: 'Test delivery webhook details', ...common },
};

export function bounce(Type: string, more: object = {}) {
  return {
    ...{ RecordType: 'Bounce', ID: 4_323_372_036_854, Type, TypeCode: 1, Name: 'Hard bounce', ...common },
    Description: 'The server was unable to deliver your message (ex: unknown user, mailbox not found).',
    ...{ Details: 'smtp;550 5.1.1 The email account that you tried to reach does not exist.' },
    ...{ Email: 'john@example.com', From: 'sender@example.com', BouncedAt: '2026-11-30T11:59:50Z' },
    ...{ DumpAvailable: true, Inactive: true, CanActivate: true, Subject: 'Test subject', Content: '<…>', ...more },
  };
}

export const complaint = { ...bounce('SpamComplaint'), RecordType: 'SpamComplaint', TypeCode: 512, ID: 42 };

const reading = {
  ...{ FirstOpen: true, ReceivedAt: '2026-11-30T11:59:50Z', Recipient: 'john@example.com', ...common },
  Client: { Name: 'Chrome 35.0.1916.153', Company: 'Google', Family: 'Chrome' },
  OS: { Name: 'OS X 10.7 Lion', Company: 'Apple Computer, Inc.', Family: 'OS X 10' },
  ...{ Platform: 'WebMail', Geo: {} },
  UserAgent: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_7_5) AppleWebKit/537.36',
};
export const open = { RecordType: 'Open', ...reading };
export const click = {
  ...{ RecordType: 'Click', ClickLocation: 'HTML', OriginalLink: 'https://example.com', ...reading },
};

export function subscriptionChange(more: object = {}) {
  return {
    ...{
      RecordType: 'SubscriptionChange',
      ChangedAt: '2026-11-30T11:59:50Z',
      Recipient: 'john@example.com',
      ...common,
    },
    ...{ Origin: 'Recipient', SuppressSending: true, SuppressionReason: 'ManualSuppression', ...more },
  };
}

export function fromPostmark(event: unknown, { user, password } = LOGIN): PostedCallback {
  const credentials = Buffer.from(`${user}:${password}`).toString('base64');
  return {
    body: typeof event === 'string' ? event : JSON.stringify(event),
    headers: { authorization: `Basic ${credentials}` },
  };
}
