/** The status of a message, for the user of this machine who handed it in and knows its id. No other mail is shown. */

import * as z from 'zod';
import { IepError } from '../core/errors.ts';
import { isId } from '../core/ids.ts';
import { statuses } from '../core/message.ts';
import type { AppDeps } from './deps.ts';
import { json } from './reply.ts';
import { type Route, tenantRoute } from './route.ts';
import { textOrNull } from './shapes.ts';

const submittedShape = z.strictObject({
  messageId: z.string(),
  status: z.enum(statuses),
  dead: z.boolean(),
  lastError: textOrNull,
  recipients: z.array(z.strictObject({ email: z.string(), status: z.enum(statuses), reply: textOrNull })),
});

export function submittedRoute({ store }: AppDeps): Route {
  return tenantRoute(['send'], {
    method: 'GET',
    path: '/v1/messages/:id',
    summary: 'The status of a message that was handed in here',
    answers: { 200: { description: 'The status', schema: submittedShape } },
    async handle({ tenant, param, note }) {
      const messageId = param('id');
      const found = isId(messageId) ? await store.messages.get({ tenantId: tenant.id, messageId }) : undefined;
      if (found?.door !== 'socket') throw new IepError('not_found', 'No message has this id');
      note({ messageId });
      const { status, dead, lastError = null } = found;
      const recipients = found.recipients.map(({ email, status, reply = null }) => ({ email, status, reply }));
      return json({ messageId, status, dead, lastError, recipients });
    },
  });
}
