/**
 * What Resend posts, by its own documents: the webhooks of https://github.com/resend/resend-openapi (fd6f395) and the examples of
 * https://resend.com/docs/webhooks/event-types, read 2026-11-30; and how a callback of it is signed.
 */

import { Webhook } from 'svix';
import { NOW, type PostedCallback } from '../callbacks/callback.testing.ts';

export const SECRET = `whsec_${Buffer.from('a secret that only Resend knows').toString('base64')}`;
export const MESSAGE = '01990000-0000-7000-8000-000000000001';

export function resendEvent(type: string, data: object = {}) {
  return {
    ...{ type, created_at: '2026-11-30T11:59:58.126Z' },
    data: {
      ...{ broadcast_id: '8b146471-e88e-4322-86af-016cd36fd216', created_at: '2026-11-30T11:59:57.894719+00:00' },
      ...{ email_id: '56761188-7520-42d8-8898-ff6fc54ce618', from: 'Acme <onboarding@resend.dev>' },
      ...{ to: ['delivered@resend.dev'], subject: 'Sending this example' },
      tags: { iep_message: MESSAGE },
      ...data,
    },
  };
}

export const hardBounce = {
  bounce: {
    diagnosticCode: ['smtp; 550 5.1.1 <delivered@resend.dev>: user unknown'],
    message: "The recipient's email provider sent a hard bounce message.",
    ...{ subType: 'General', type: 'Permanent' },
  },
};

/** As Svix's own library signs it. */
export function signedBySvix(
  event: unknown,
  { id = 'msg_p5jXN8AQM9LWM0D4loKWxJek', at = NOW, secret = SECRET } = {},
): PostedCallback {
  const body = typeof event === 'string' ? event : JSON.stringify(event);
  const signature = new Webhook(secret).sign(id, new Date(at), body);
  const timestamp = String(Math.floor(at / 1_000));
  return { body, headers: { 'svix-id': id, 'svix-timestamp': timestamp, 'svix-signature': signature } };
}
