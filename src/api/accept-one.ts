/** Accepts one submission and says so: the end of every call that hands in a single message. */

import type { Submission } from '../core/message.ts';
import type { AppDeps } from './deps.ts';
import { rateHeaders } from './rate-headers.ts';
import { json, type Reply } from './reply.ts';
import type { Answer, Call, ForTenant } from './route.ts';
import { acceptedShape } from './shapes.ts';
import { acceptedView } from './views.ts';

export const acceptedAnswers: Readonly<Record<200 | 202, Answer>> = {
  202: {
    description:
      'Accepted: it is on disk, and gets an outcome. RateLimit and RateLimit-Policy say where a tenant with limits stands',
    schema: acceptedShape,
  },
  200: { description: 'This idempotency key was used before; nothing new was accepted', schema: acceptedShape },
};

export async function acceptOne(deps: AppDeps, call: Call & ForTenant, submission: Submission): Promise<Reply> {
  const { traceparent } = call;
  const accepted = await deps.accept(
    call.tenant,
    traceparent === undefined ? submission : { ...submission, traceparent },
    call.gone,
  );
  call.note({ messageId: accepted.messageId, duplicate: accepted.duplicate });
  if (accepted.duplicate) return json(acceptedView(accepted), 200, rateHeaders(accepted.rates));
  return json(acceptedView(accepted), 202, rateHeaders(accepted.rates));
}
