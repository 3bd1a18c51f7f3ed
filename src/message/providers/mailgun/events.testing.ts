/**
 * What Mailgun posts, by the examples of https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/webhook-payloads and of
 * its OpenAPI document (mailgun/mailgun-mcp-server 78d610f), read 2026-11-30; and how a callback of it is signed.
 */

import { createHmac } from 'node:crypto';
import { NOW, type PostedCallback } from '../callbacks/callback.testing.ts';

export const SIGNING_KEY = 'key-that-only-Mailgun-knows';
export const MESSAGE = '01990000-0000-7000-8000-000000000004';

export function mailgunEvent(event: string, more: object = {}) {
  return {
    ...{ event, id: 'DACSsAdVSeGpLid7TN03WA', timestamp: NOW / 1_000 - 8.846_875, 'log-level': 'info' },
    ...{ recipient: 'alice@example.com', 'recipient-domain': 'example.com', tags: ['my_tag_1'] },
    'user-variables': { 'iep-message': MESSAGE },
    message: {
      headers: { to: 'Alice <alice@example.com>', 'message-id': '20130503182626.18666.16540@sandbox.example' },
    },
    ...more,
  };
}

export const hardBounce = {
  ...{ severity: 'permanent', reason: 'bounce' },
  'delivery-status': {
    ...{ 'attempt-no': 1, code: 550, description: '', tls: true, 'mx-host': 'aspmx.l.example.com' },
    message: '5.1.1 The email account that you tried to reach does not exist.\n5.1.1 Please check it.',
  },
};

export function signedByMailgun(
  event: unknown,
  { at = NOW, token = 'c5d08fa0a3b0a4e0d1d8bca65c1a6aa0e1b3e1a1f3b6b2d9c7', key = SIGNING_KEY } = {},
): PostedCallback {
  const timestamp = String(Math.floor(at / 1_000));
  const signature = createHmac('sha256', key)
    .update(timestamp + token)
    .digest('hex');
  return { body: JSON.stringify({ signature: { timestamp, token, signature }, 'event-data': event }) };
}
