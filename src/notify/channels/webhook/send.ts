/** How a webhook is posted to: signed as IEP's own are. */

import { sign } from '../../../webhooks/signing.ts';
import type { PostAnswer, PostOutcome, PostRequest, Try } from '../channel.ts';
import { deferredBy } from '../wait.ts';
import type { WebhookSettings } from './settings.ts';

export function webhookRequest({ url, secret }: WebhookSettings, body: string, { id, at }: Try): PostRequest {
  return {
    url,
    headers: {
      'content-type': 'application/json',
      ...(secret === undefined ? { 'webhook-id': id } : sign({ id, at, body }, [secret])),
    },
  };
}

/** Answers that will not change for the same post; whatever else is said may be put right at the other side. */
const FOR_GOOD: Readonly<Record<number, string>> = {
  400: 'it takes no such body',
  410: 'it is gone',
  413: 'the body is too large for it',
  415: 'it takes no JSON',
  422: 'it takes no such body',
};

export function webhookOutcome(heard: PostAnswer): PostOutcome {
  const { status } = heard;
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  const why = FOR_GOOD[status];
  if (why !== undefined) return { kind: 'rejected', reason: `The webhook refused it: ${why} (HTTP ${status})` };
  if (status >= 300 && status < 400) {
    return { kind: 'rejected', reason: `The webhook leads elsewhere (HTTP ${status}), which is not followed` };
  }
  return deferredBy(heard, 'The webhook') ?? { kind: 'deferred', reason: `The webhook refused it: HTTP ${status}` };
}
