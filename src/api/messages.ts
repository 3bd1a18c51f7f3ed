/** Messages: the main door, and what became of them. */

import { Readable } from 'node:stream';
import * as z from 'zod';
import { parseBody } from '../core/check-input.ts';
import { IepError } from '../core/errors.ts';
import { inPieces } from '../core/in-pieces.ts';
import { invalid } from '../core/invalid.ts';
import type { Submission } from '../core/message.ts';
import { timeField } from '../core/time-field.ts';
import type { BulkWork } from '../manage/move-many.ts';
import { scheduleFault } from '../message/intake/schedule.ts';
import { acceptedAnswers, acceptOne } from './accept-one.ts';
import type { AppDeps } from './deps.ts';
import { filterFields, toFilter } from './filter.ts';
import { findContent, messageId, ownBytes, rawMessage } from './message-content.ts';
import { exportMessages } from './message-file.ts';
import { bulkCursorField, cursorField, limitField, offsetField } from './paging.ts';
import { asRefusal, problemOf } from './problem.ts';
import { rateHeaders } from './rate-headers.ts';
import { readSubmission } from './read-submission.ts';
import { json, noContent, ofType } from './reply.ts';
import {
  type BodySpec,
  type Call,
  type ForTenant,
  jsonBody,
  type Route,
  tenantAction,
  tenantOrAllRoute,
  tenantRoute,
} from './route.ts';
import {
  batchShape,
  cancelledShape,
  contentShape,
  historyShape,
  listOf,
  messageShape,
  movedShape,
  pageOf,
  retriedShape,
  rowShape,
} from './shapes.ts';
import { submissionBody } from './submission-schema.ts';
import type { SenderDefault } from './to-submission.ts';
import { acceptedView, contentView, historyView, messageView, rowView } from './views.ts';

const MAX_BATCH = 1_000;
/** Messages that one call of a bulk retry or cancel finds, and names in its answer. */
const MAX_BULK = 10_000;

/** Messages read at once for a file. */
const EXPORT_PAGE = 500;

const example = {
  from: { email: 'noreply@example.com', name: 'Example' },
  to: ['user@example.org'],
  subject: 'Reset your password',
  htmlBody: '<p>Hello {{name}}, <a href="{{url}}">reset</a></p>',
  variables: { name: 'Saif', url: 'https://example.com/reset' },
  idempotencyKey: 'reset-123',
};

export function messageRoutes(deps: AppDeps, door: Submission['door']): readonly Route[] {
  return [sendOneRoute(deps, door), sendBatch(deps, door), ...showing(deps), ...moving(deps)];
}

// ---------------------------------------------------------------------------------------------------------- sending

/** Checked by the intake, which also reads it: the schema stands here for the documentation. */
const oneBody: BodySpec<unknown> = {
  type: 'application/json',
  schema: submissionBody,
  example,
  required: true,
  read: (input) => input,
};

export function sendOneRoute(deps: AppDeps, door: Submission['door']): Route {
  return tenantRoute(['send'], {
    method: 'POST',
    path: '/v1/messages',
    summary: 'Send a message',
    body: oneBody,
    headers: { 'idempotency-key': 'The same as the field idempotencyKey' },
    answers: acceptedAnswers,
    async handle(call) {
      const submission = readSubmission(
        withIdempotencyKey(call.body, call.header('idempotency-key')),
        door,
        senderOf(call),
      );
      return acceptOne(deps, call, submission);
    },
  });
}

/** Who mail is from that does not say. */
function senderOf({ tenant }: ForTenant): SenderDefault {
  return { mailbox: tenant.settings.defaultFrom, tenant: tenant.slug };
}

/** The header and the field are two names of one thing. */
export function withIdempotencyKey(body: unknown, header: string | undefined): unknown {
  if (header === undefined || typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  // Serializers write null for what is absent.
  const field = ('idempotencyKey' in body ? body.idempotencyKey : undefined) ?? header;
  if (field !== header) {
    throw invalid([{ path: 'idempotencyKey', message: 'differs from the Idempotency-Key header; give one of them' }]);
  }
  return { ...body, idempotencyKey: header };
}

const batchItems = z.array(z.unknown()).min(1).max(MAX_BATCH);
const documentedBatch = z.strictObject({ messages: z.array(submissionBody).min(1).max(MAX_BATCH) });

const batchBody: BodySpec<readonly unknown[]> = {
  type: 'application/json',
  schema: z.union([documentedBatch, documentedBatch.shape.messages]),
  example: { messages: [example] },
  required: true,
  read: (input) =>
    Array.isArray(input)
      ? parseBody(batchItems, input)
      : parseBody(z.strictObject({ messages: batchItems }), input).messages,
};

function sendBatch(deps: AppDeps, door: Submission['door']): Route {
  return tenantRoute(['send'], {
    method: 'POST',
    path: '/v1/messages/batch',
    summary: `Send up to ${MAX_BATCH} messages in one commit`,
    body: batchBody,
    answers: { 202: { description: 'An answer for each, in order', schema: batchShape } },
    async handle(call) {
      if (call.header('idempotency-key') !== undefined) {
        throw invalid([{ path: '', message: 'takes no Idempotency-Key header; give each message an idempotencyKey' }]);
      }
      const { traceparent } = call;
      const submissions = await inPieces(call.body, (item) =>
        orRefusal(() => ({ ...readSubmission(item, door, senderOf(call)), ...(traceparent && { traceparent }) })),
      );
      const answers = await deps.acceptAll(call.tenant, submissions, call.gone);
      let refused = 0;
      const items = answers.map((answer) => {
        if (answer instanceof IepError) {
          refused += 1;
          return { error: problemOf(answer) };
        }
        return acceptedView(answer);
      });
      const accepted = items.length - refused;
      call.note({ accepted, refused });
      return json({ accepted, refused, items }, 202, rateHeaders(answers.findLast(({ rates }) => rates)?.rates));
    },
  });
}

function orRefusal<T>(work: () => T): T | IepError {
  try {
    return work();
  } catch (error) {
    const refusal = asRefusal(error);
    if (refusal.code === 'internal') throw error;
    return refusal;
  }
}

// ---------------------------------------------------------------------------------------------------------- showing

function showing(deps: AppDeps): readonly Route[] {
  return [
    tenantOrAllRoute(['read'], {
      method: 'GET',
      path: '/v1/messages',
      summary: 'List messages, newest first',
      query: z.strictObject({ ...filterFields, limit: limitField, offset: offsetField, cursor: cursorField }),
      answers: { 200: { description: 'A page', schema: pageOf(rowShape) } },
      async handle({ tenant, query, gone }) {
        const { limit, offset, cursor, ...filter } = query;
        if (offset !== undefined && cursor !== undefined) {
          throw invalid([{ path: 'offset', message: 'cannot be given with a cursor, which says where to begin' }]);
        }
        const page = await deps.store.messages.list(
          {
            ...(tenant !== undefined && { tenantId: tenant.id }),
            filter: toFilter(filter),
            limit,
            ...(offset !== undefined && { offset }),
            ...(cursor !== undefined && { cursor }),
          },
          gone,
        );
        return json({ items: page.items.map(rowView), cursor: page.cursor ?? null });
      },
    }),
    tenantOrAllRoute(['read'], {
      method: 'GET',
      path: '/v1/messages/export',
      summary: 'All messages that the filters of the list match as CSV, newest first',
      query: z.strictObject(filterFields),
      answers: { 200: { description: 'The list', type: 'text/csv' } },
      handle: ({ tenant, query, gone }) =>
        exportMessages((cursor) =>
          deps.store.messages.list(
            {
              ...(tenant !== undefined && { tenantId: tenant.id }),
              ...{ filter: toFilter(query), limit: EXPORT_PAGE },
              ...(cursor !== undefined && { cursor }),
            },
            gone,
          ),
        ),
    }),
    tenantRoute(['read'], {
      method: 'GET',
      path: '/v1/messages/:id',
      summary: 'One message with its recipients, attempts and events',
      answers: { 200: { description: 'The message', schema: messageShape } },
      handle: async (call) => json(messageView(await findMessage(deps, call))),
    }),
    tenantRoute(['read'], {
      method: 'GET',
      path: '/v1/messages/:id/events',
      summary: 'The history of a message',
      answers: { 200: { description: 'Its events, oldest first', schema: listOf(historyShape) } },
      handle: async (call) => json({ items: (await findMessage(deps, call)).events.map(historyView) }),
    }),
    tenantRoute(['read'], {
      method: 'GET',
      path: '/v1/messages/:id/content',
      summary: 'What was submitted, and what was rendered of it',
      answers: { 200: { description: 'The content', schema: contentShape } },
      handle: async (call) =>
        json(contentView(await findContent(deps, { tenant: call.tenant, messageId: messageId(call) }))),
    }),
    tenantRoute(['read'], {
      method: 'GET',
      path: '/v1/messages/:id/raw',
      summary: 'The RFC 5322 message as it was or will be sent',
      answers: { 200: { description: 'The message', type: 'message/rfc822' } },
      async handle(call) {
        const mime = await rawMessage(deps, { tenant: call.tenant, messageId: messageId(call) });
        const body = mime instanceof Readable ? (Readable.toWeb(mime) as ReadableStream<Uint8Array>) : ownBytes(mime);
        return ofType({ type: 'message/rfc822', body, filename: `${call.param('id')}.eml` });
      },
    }),
  ];
}

async function findMessage(deps: AppDeps, call: Call & ForTenant) {
  const found = await deps.store.messages.get({ tenantId: call.tenant.id, messageId: messageId(call) });
  if (found === undefined) throw new IepError('not_found', 'No message has this id');
  return found;
}

// ----------------------------------------------------------------------------------------------------------- moving

const onlyDead = z.strictObject({
  dead: z.stringbool().optional().describe('`true`: refused with 409 where the message is not a dead letter'),
});

const rescheduleBody = z.strictObject({
  scheduledAt: timeField.nullable().describe('Not before this time; past or null: now.'),
});

const bulkBody = z.strictObject({ ...filterFields, dryRun: z.boolean().default(false), cursor: bulkCursorField });

function moving(deps: AppDeps): readonly Route[] {
  return [
    tenantRoute(['send'], {
      method: 'POST',
      path: '/v1/messages/:id/retry',
      summary: 'Try a message again: attempts start from zero, the content stays',
      query: onlyDead,
      answers: { 200: { description: 'Its status now', schema: movedShape } },
      async handle(call) {
        const id = messageId(call);
        const { tenant, gone } = call;
        const { dead = false } = call.query;
        const status = await deps.manage.messages.retry({ tenant, messageId: id, onlyDead: dead }, gone);
        return json({ messageId: id, status });
      },
    }),
    tenantRoute(['send'], {
      method: 'POST',
      path: '/v1/messages/:id/cancel',
      summary: 'Cancel a message, until an attempt is under way',
      answers: { 200: { description: 'Its status now', schema: movedShape } },
      async handle(call) {
        const id = messageId(call);
        const status = await deps.manage.messages.cancel({ tenant: call.tenant, messageId: id }, call.gone);
        return json({ messageId: id, status });
      },
    }),
    tenantAction('message.delete', {
      method: 'DELETE',
      path: '/v1/messages/:id',
      summary: 'Delete a message that owes nothing any more, such as a dead letter, with all that is kept of it',
      query: onlyDead,
      answers: { 204: { description: 'It is gone' } },
      async handle(call) {
        const id = messageId(call);
        const { caller, tenant, gone } = call;
        const { dead = false } = call.query;
        await deps.manage.messages.delete(caller, { tenant, messageId: id, onlyDead: dead }, gone);
        return noContent();
      },
    }),
    tenantRoute(['send'], {
      method: 'POST',
      path: '/v1/messages/:id/reschedule',
      summary: 'Give a scheduled message another time',
      body: jsonBody(rescheduleBody),
      answers: { 200: { description: 'Its status now', schema: movedShape } },
      async handle(call) {
        const id = messageId(call);
        const now = deps.clock.now();
        const scheduledAt = call.body.scheduledAt ?? now;
        const fault = scheduleFault(scheduledAt, now);
        if (fault !== undefined) throw invalid([{ path: 'scheduledAt', message: fault }]);
        const { tenant, gone } = call;
        const status = await deps.manage.messages.reschedule({ tenant, messageId: id, scheduledAt }, gone);
        return json({ messageId: id, status });
      },
    }),
    tenantRoute(['send'], {
      method: 'POST',
      path: '/v1/messages/retry',
      summary: `Retry what the filters of the list match, up to ${MAX_BULK} messages a call`,
      body: jsonBody(bulkBody),
      answers: {
        200: { description: 'What matched, what was retried of it, and where to go on', schema: retriedShape },
      },
      async handle({ tenant, body, note, gone }) {
        const { moved: retried, ...done } = await deps.manage.messages.retryMany(bulkOf(tenant.id, body), gone);
        note({ matched: done.matched, retried });
        return json({ ...done, retried });
      },
    }),
    tenantRoute(['send'], {
      method: 'POST',
      path: '/v1/messages/cancel',
      summary: `Cancel what the filters of the list match and no attempt is under way of, up to ${MAX_BULK} messages a call`,
      body: jsonBody(bulkBody),
      answers: {
        200: { description: 'What matched, what was cancelled of it, and where to go on', schema: cancelledShape },
      },
      async handle({ tenant, body, note, gone }) {
        const { moved: cancelled, ...done } = await deps.manage.messages.cancelMany(bulkOf(tenant.id, body), gone);
        note({ matched: done.matched, cancelled });
        return json({ ...done, cancelled });
      },
    }),
  ];
}

function bulkOf(tenantId: string, { dryRun, cursor, ...filter }: z.output<typeof bulkBody>): BulkWork {
  return {
    ...{ tenantId, filter: toFilter(filter), limit: MAX_BULK, dryRun },
    ...(cursor !== undefined && { cursor }),
  };
}
