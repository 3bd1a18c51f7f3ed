/** The event log as it grows: what `iep tail` and a caller's own worker follow. */

import * as z from 'zod';
import { normalizeAddress } from '../../core/address.ts';
import { IepError } from '../../core/errors.ts';
import { eventTypes, type MessageEvent } from '../../core/message.ts';
import { createPlaces } from '../../core/places.ts';
import { invalid } from '../../intake/parse-body.ts';
import type { Auth } from '../auth.ts';
import type { AppDeps } from '../deps.ts';
import { openEventStream } from '../event-stream.ts';
import { eventStream } from '../reply.ts';
import { type Route, tenantOrAllRoute } from '../route.ts';
import { timeField } from '../time.ts';

/** Each looks at the store after every commit. */
const MAX_STREAMS = { total: 200, ofOne: 20 };

const known: readonly string[] = eventTypes;
const POSITION = /^\d{1,15}$/;

const typeList = z
  .string()
  .transform((value, context) => {
    const types = value.split(',').map((type) => type.trim());
    const wrong = types.find((type) => !known.includes(type));
    if (wrong === undefined) return new Set(types);
    context.addIssue({ code: 'custom', message: `"${wrong}" is no event; there are ${eventTypes.join(', ')}` });
    return z.NEVER;
  })
  .describe(`One or more of ${eventTypes.join(', ')}, with commas between`);

const query = z.strictObject({
  type: typeList.optional(),
  messageId: z.string().max(100).optional(),
  recipient: z.string().max(320).optional(),
  after: z
    .string()
    .regex(POSITION, 'must be the id of an event')
    .optional()
    .describe('Begin after this event; 0 for the whole log. Left out: only what happens from now on'),
  since: timeField.optional().describe('Begin with the first event at or after this time'),
});

export function eventRoutes(deps: AppDeps, auth: Auth): readonly Route[] {
  const places = createPlaces(MAX_STREAMS);
  return [
    tenantOrAllRoute(['read'], {
      method: 'GET',
      path: '/v1/events/stream',
      summary: 'Events as they happen, as server-sent events; of all tenants where the operator names none',
      query,
      headers: { 'last-event-id': 'Begin after this event; browsers send it when they reconnect' },
      answers: { 200: { description: 'The stream', type: 'text/event-stream' } },
      async handle(call) {
        const after = await startOf(call.header('last-event-id') ?? call.query.after, call.query.since, deps);
        const leave = places.take(call.tenant?.id ?? '');
        if (leave === undefined) {
          throw new IepError('rate_limited', 'Too many event streams are open', { retryAfterMs: 10_000 });
        }
        const { env } = call.context;
        return eventStream(
          openEventStream({
            store: deps.store,
            clock: deps.clock,
            tenantId: call.tenant?.id,
            after,
            wants: matcher(call.query),
            stillValid: () => auth.stillValid(call.context),
            stopping: env?.stopping,
            disconnect: env?.outgoing === undefined ? undefined : () => env.outgoing?.destroy(),
            onEnd({ reason, told, error }) {
              leave();
              const line = { requestId: call.requestId, reason, told };
              if (error === undefined) deps.log.info(line, 'event stream ended');
              else deps.log.error({ ...line, error }, 'event stream ended');
            },
          }),
        );
      },
    }),
  ];
}

async function startOf(given: string | undefined, since: number | undefined, { store }: AppDeps): Promise<number> {
  if (given === undefined) return since === undefined ? store.lastEventPosition() : store.eventPositionBefore(since);
  if (!POSITION.test(given)) throw invalid([{ path: 'Last-Event-ID', message: 'must be the id of an event' }]);
  // After a restore the log may end before it; who waits there would miss all that comes until then.
  return Math.min(Number(given), await store.lastEventPosition());
}

function matcher(filter: z.output<typeof query>): (event: MessageEvent) => boolean {
  const recipient = filter.recipient && (normalizeAddress(filter.recipient) ?? filter.recipient).toLowerCase();
  return (event) =>
    (filter.type === undefined || filter.type.has(event.type)) &&
    (filter.messageId === undefined || filter.messageId === event.messageId) &&
    (recipient === undefined || recipient === event.recipient?.toLowerCase());
}
