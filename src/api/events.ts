/** The event log as it grows: what `iep tail` and a caller's own worker follow. */

import * as z from 'zod';
import { IepError } from '../core/errors.ts';
import { foldAddress } from '../core/fold.ts';
import { invalid } from '../core/invalid.ts';
import { createLimiter } from '../core/limiter.ts';
import { eventTypes, type LoggedEvent } from '../core/message.ts';
import { timeField } from '../core/time-field.ts';
import type { Auth } from './authorize.ts';
import type { AppDeps } from './deps.ts';
import { type EventStreamInput, openEventStream } from './event-stream.ts';
import { filterAddress, filterText } from './filter-text.ts';
import { eventStream } from './reply.ts';
import { type Call, type ForTenantOrAll, type Route, tenantOrAllRoute } from './route.ts';

/** Each looks at the store after every commit. */
const MAX_STREAMS = { atOnce: 200, ofOne: 20 };

const known: readonly string[] = eventTypes;

const typeList = z
  .string()
  .transform((value, context) => {
    const types = value.split(',').map((type) => type.trim());
    const wrong = types.find((type) => !known.includes(type));
    if (wrong === undefined) return new Set(types);
    context.addIssue({
      code: 'custom',
      message: `"${wrong}" is not an event; the events are ${eventTypes.join(', ')}`,
    });
    return z.NEVER;
  })
  .describe(`One or more of ${eventTypes.join(', ')}, with commas between`);

const query = z.strictObject({
  type: typeList.optional(),
  messageId: filterText.optional(),
  recipient: filterAddress.optional().describe('Address or @domain'),
  gist: z
    .stringbool()
    .optional()
    .describe(
      '`true`: only that something happened, as the event `news`, at most every two seconds; for a page that asks anew then',
    ),
  after: z
    .string()
    .optional()
    .describe('Begin after this event; 0 for the whole log. Left out: only what happens from now on'),
  since: timeField.optional().describe('Begin with the first event at or after this time'),
});

export function eventRoutes(deps: AppDeps, auth: Auth): readonly Route[] {
  const streams = createLimiter(MAX_STREAMS);
  return [
    tenantOrAllRoute(['read'], {
      method: 'GET',
      path: '/v1/events/stream',
      summary: 'Events as they happen, as server-sent events; of all tenants where the operator names none',
      query,
      headers: { 'last-event-id': 'Begin after this event; browsers send it when they reconnect' },
      answers: { 200: { description: 'The stream', type: 'text/event-stream' } },
      async handle(call) {
        await requireMessage(call, deps);
        const start = await startOf(call, deps);
        const leave = streams.take(call.tenant?.id ?? '');
        if (leave === undefined) {
          throw new IepError('rate_limited', 'Too many event streams are open', { retryAfterMs: 10_000 });
        }
        const { stopping, disconnect } = call.request;
        return eventStream(
          openEventStream({
            store: deps.store,
            clock: deps.clock,
            tenantId: call.tenant?.id,
            ...start,
            wants: matcher(call.query),
            isGist: call.query.gist === true,
            stillValid: () => auth.stillValid(call.request),
            stopping,
            disconnect,
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

/** Nothing ever happens to a message that is unknown: a follower would wait for ever. */
async function requireMessage(
  { query: { messageId }, tenant }: { query: { messageId?: string | undefined } } & Pick<ForTenantOrAll, 'tenant'>,
  { store }: Pick<AppDeps, 'store'>,
): Promise<void> {
  if (messageId === undefined) return;
  const owner = await store.tenants.ownerOf({ kind: 'message', id: messageId });
  const isTheirs = owner !== undefined && (tenant === undefined || tenant.id === owner);
  if (!isTheirs) throw new IepError('not_found', `No message has the id ${messageId}`);
}

type Start = Pick<EventStreamInput, 'after' | 'since'>;

async function startOf(call: Call<z.output<typeof query>>, { store }: AppDeps): Promise<Start> {
  const lastId = call.header('last-event-id');
  const given = lastId ?? call.query.after;
  if (given !== undefined) {
    // After a restore the log may end before it; a follower who waits there would miss all that comes until then.
    const after = await store.events.knownPosition(given);
    if (after !== undefined) return { after };
    throw invalid([{ path: lastId === undefined ? 'after' : 'Last-Event-ID', message: 'must be the id of an event' }]);
  }
  const { position: end } = await store.events.end();
  const { since: at } = call.query;
  if (at === undefined) return { after: end };
  // Events of before that time lie among the others: they were written later than they happened.
  return { after: await store.events.positionBefore(at, call.gone), since: { at, until: end } };
}

function matcher(filter: z.output<typeof query>): (event: LoggedEvent) => boolean {
  const wanted = filter.recipient && foldAddress(filter.recipient);
  const isWanted = (recipient: string) => {
    const address = foldAddress(recipient);
    return wanted?.startsWith('@') ? address.endsWith(wanted) : address === wanted;
  };
  return (event) =>
    (filter.type === undefined || filter.type.has(event.type)) &&
    (filter.messageId === undefined || filter.messageId === event.messageId) &&
    (wanted === undefined || (event.recipient !== undefined && isWanted(event.recipient)));
}
