/** Triggers, and the events that set them off. */

import * as z from 'zod';
import { parseBody } from '../core/check-input.ts';
import { IepError } from '../core/errors.ts';
import { invalid } from '../core/invalid.ts';
import type { Submission } from '../core/message.ts';
import type { StoredTrigger } from '../db/verbs/triggers.ts';
import { definitionName } from '../manage/definitions/fields.ts';
import { toTrigger, triggerFields, triggerSpec } from '../manage/trigger-fields.ts';
import type { EventOutcome } from '../manage/triggers.ts';
import type { AppDeps } from './deps.ts';
import { binaryEvent, eventBody, readEvent } from './incoming-events.ts';
import { ofEach } from './of-each.ts';
import { patchOf } from './patch-body.ts';
import { asRefusal, problemOf } from './problem.ts';
import { json, noContent } from './reply.ts';
import { jsonBody, type Route, tenantAction, tenantOrAllRoute, tenantRoute } from './route.ts';
import { eventsTakenShape, eventTakenShape, listOf, triggerShape, triggerTestShape } from './shapes.ts';

const PATH = '/v1/triggers';
const MAX_EVENTS = 1_000;

const newTrigger = z.strictObject({ name: definitionName, ...triggerFields });
export function triggerRoutes(
  { manage: { triggers }, directory }: AppDeps,
  door: Submission['door'],
): readonly Route[] {
  return [
    tenantOrAllRoute(['read', 'admin'], {
      method: 'GET',
      path: PATH,
      summary: 'List the triggers',
      answers: { 200: { description: 'All of them, by tenant and name', schema: listOf(triggerShape) } },
      async handle({ tenant }) {
        const meant = tenant === undefined ? await directory.all() : [tenant];
        return json({
          items: await ofEach(meant, async (one) => (await triggers.list(one)).map((it) => view(it, one))),
        });
      },
    }),
    tenantAction('trigger.add', {
      method: 'POST',
      path: PATH,
      summary: 'Have events of a type send mail',
      body: jsonBody(newTrigger),
      answers: { 201: { description: 'The trigger', schema: triggerShape } },
      async handle({ caller, tenant, body: { name, ...said } }) {
        const trigger = toTrigger(name, parseBody(triggerSpec, written(said)));
        return json(view(await triggers.add(caller, { tenant, trigger }), tenant), 201);
      },
    }),
    tenantRoute(['read', 'admin'], {
      method: 'GET',
      path: `${PATH}/:name`,
      summary: 'One trigger',
      answers: { 200: { description: 'The trigger', schema: triggerShape } },
      handle: async ({ tenant, param }) => json(view(await triggers.get(tenant, param('name')), tenant)),
    }),
    tenantAction('trigger.set', {
      method: 'PATCH',
      path: `${PATH}/:name`,
      summary: 'Change what is given of a trigger; null takes a field away',
      body: jsonBody(patchOf(triggerFields)),
      answers: { 200: { description: 'The trigger', schema: triggerShape } },
      async handle({ caller, tenant, param, body }) {
        const { name, createdAt: _, updatedAt: _at, ...before } = await triggers.get(tenant, param('name'));
        const merged = Object.entries({ ...before, ...body }).filter(
          ([, value]) => value !== null && value !== undefined,
        );
        const trigger = toTrigger(name, parseBody(triggerSpec, Object.fromEntries(merged)));
        return json(view(await triggers.set(caller, { tenant, name, trigger }), tenant));
      },
    }),
    tenantAction('trigger.remove', {
      method: 'DELETE',
      path: `${PATH}/:name`,
      summary: 'Remove a trigger',
      answers: { 204: { description: 'It is gone' } },
      async handle({ caller, tenant, param }) {
        await triggers.remove(caller, { tenant, name: param('name') });
        return noContent();
      },
    }),
    tenantRoute(['read', 'admin'], {
      method: 'POST',
      path: `${PATH}/:name/test`,
      summary: 'What an event would send, and why not; nothing is sent',
      body: jsonBody(eventBody),
      answers: { 200: { description: 'What would happen', schema: triggerTestShape } },
      async handle({ tenant, param, body }) {
        const trigger = await triggers.get(tenant, param('name'));
        return json(await triggers.test({ tenant, trigger, event: readEvent(body) }));
      },
    }),
    tenantRoute(['send'], {
      method: 'POST',
      path: '/v1/events',
      summary: `Tell of an event, or of up to ${MAX_EVENTS}: triggers that fit send mail, and rules that fit make notifications`,
      headers: { 'ce-specversion': 'Of a CloudEvent whose attributes are in headers, and whose data is the body' },
      body: {
        type: 'application/json',
        takes: /json$/,
        // A CloudEvent in headers may have no data.
        required: false,
        schema: z.union([eventBody, z.array(eventBody).max(MAX_EVENTS)]),
        example: { type: 'user.invited', id: 'invite-17', data: { email: 'user@example.com', name: 'Jo' } },
        read: (input: unknown) => input,
      },
      answers: {
        202: {
          description: 'It is kept, with what came of it; of a list, an answer each',
          schema: z.union([eventTakenShape, eventsTakenShape]),
        },
      },
      async handle({ tenant, body, header, note }) {
        const binary = binaryEvent(header, body);
        if (binary !== undefined || !Array.isArray(body)) {
          const [outcome] = await triggers.take(tenant, [readEvent(binary ?? body)], door);
          if (outcome === undefined) throw new Error('an event was not answered');
          if (outcome instanceof IepError) throw outcome;
          note({ event: outcome.eventId, triggered: outcome.triggered.length, notified: outcome.notified.length });
          return json(outcomeView(outcome), 202);
        }
        if (body.length === 0 || body.length > MAX_EVENTS) {
          throw invalid([{ path: '', message: `must have 1 to ${MAX_EVENTS} events` }]);
        }
        const outcomes = await triggers.take(tenant, body.map(eventOrRefusal), door);
        note({ events: outcomes.length });
        return json(
          { items: outcomes.map((one) => (one instanceof IepError ? { error: problemOf(one) } : outcomeView(one))) },
          202,
        );
      },
    }),
  ];
}

/** What a schema has read already, as it was written. */
function written(said: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}

function eventOrRefusal(input: unknown) {
  try {
    return readEvent(input);
  } catch (error) {
    const refusal = asRefusal(error);
    if (refusal.code === 'internal') throw error;
    return refusal;
  }
}

function outcomeView({ eventId, duplicate, triggered, notified, acknowledged, skipped }: EventOutcome) {
  return {
    ...{ eventId, duplicate, triggered },
    ...(notified.length > 0 && { notified }),
    ...(acknowledged.length > 0 && { acknowledged }),
    skipped,
  };
}

function view({ createdAt, updatedAt, ...trigger }: StoredTrigger, { slug }: { slug: string }) {
  return {
    ...{ tenant: slug, when: null, to: null, subscribers: null, variables: null, priority: null, ...trigger },
    ...{ createdAt: new Date(createdAt).toISOString(), updatedAt: new Date(updatedAt).toISOString() },
  };
}
