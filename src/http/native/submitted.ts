/** What became of a message, for who handed it in on this machine and knows its id. Of all other mail it says nothing. */

import * as z from 'zod';
import { IepError } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import { statuses } from '../../core/message.ts';
import type { AppDeps } from '../deps.ts';
import { json } from '../reply.ts';
import { type Route, tenantRoute } from '../route.ts';
import { textOrNull } from '../shapes.ts';

const submittedShape = z.strictObject({
  messageId: z.string(),
  status: z.enum(statuses),
  dead: z.boolean(),
  lastError: textOrNull,
});

export function submittedRoute({ store }: AppDeps): Route {
  return tenantRoute(['send'], {
    method: 'GET',
    path: '/v1/messages/:id',
    summary: 'The status of a message that was handed in here',
    answers: { 200: { description: 'The status', schema: submittedShape } },
    async handle({ tenant, param, note }) {
      const messageId = param('id');
      const found = isId(messageId) ? await store.message({ tenantId: tenant.id, messageId }) : undefined;
      if (found?.door !== 'socket') throw new IepError('not_found', 'There is no such message');
      note({ messageId });
      return json({ messageId, status: found.status, dead: found.dead, lastError: found.lastError ?? null });
    },
  });
}
