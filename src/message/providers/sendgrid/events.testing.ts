/**
 * What SendGrid posts, by the examples of https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event, read 2026-11-30,
 * and of callbacks that were seen (anymail/django-anymail 8c40cc4, tests/test_sendgrid_webhooks.py); and how they are signed.
 */

import { createSign, generateKeyPairSync } from 'node:crypto';
import { NOW, type PostedCallback } from '../callbacks/callback.testing.ts';

export const keys = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
/** As SendGrid shows it. */
export const PUBLIC_KEY = keys.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
export const MESSAGE = '01990000-0000-7000-8000-000000000002';

export function sendgridEvent(event: string, more: object = {}) {
  return {
    ...{ email: 'example@test.com', timestamp: NOW / 1_000 - 9, event, category: ['cat facts'] },
    ...{ 'smtp-id': '<14c5d75ce93.dfd.64b469@ismtpd-555>', sg_event_id: `${event}-ZGVsaXZlcmVkLTA` },
    ...{ sg_message_id: '14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0', iep_message: MESSAGE, ...more },
  };
}

export const hardBounce = {
  ...{ type: 'bounce', status: '5.1.1', ip: '168.1.1.1', tls: 1, bounce_classification: 'Invalid Address' },
  reason: '550 5.1.1 The email account that you tried to reach does not exist.',
};

/** A callback that SendGrid's library is tested with: sendgrid/sendgrid-nodejs 8cbfaeb, packages/eventwebhook (MIT). */
export const published = {
  publicKey:
    'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==',
  headers: {
    'x-twilio-email-event-webhook-signature':
      'MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM=',
    'x-twilio-email-event-webhook-timestamp': '1600112502',
  },
  body: `${JSON.stringify([
    {
      email: 'hello@world.com',
      event: 'dropped',
      reason: 'Bounced Address',
      sg_event_id: 'ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA',
      sg_message_id: 'LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0',
      'smtp-id': '<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>',
      timestamp: 1_600_112_492,
    },
  ])}\r\n`,
} as const;

export function signedBySendgrid(events: unknown, { at = NOW, privateKey = keys.privateKey } = {}): PostedCallback {
  const body = typeof events === 'string' ? events : JSON.stringify(events);
  const timestamp = String(Math.floor(at / 1_000));
  const signature = createSign('sha256')
    .update(timestamp + body)
    .sign(privateKey, 'base64');
  return {
    body,
    headers: {
      'x-twilio-email-event-webhook-signature': signature,
      'x-twilio-email-event-webhook-timestamp': timestamp,
    },
  };
}
