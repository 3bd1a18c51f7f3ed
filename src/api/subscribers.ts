/** Subscribers: whom a tenant writes to, and what they want to be told. */

import * as z from 'zod';
import { normalizeAddress } from '../core/address.ts';
import { preferencesSchema } from '../manage/preference-fields.ts';
import type { SubscriberFields } from '../manage/subscriber-fields.ts';
import { subscriberFields, subscriberId } from '../manage/subscriber-fields.ts';
import type { AppDeps } from './deps.ts';
import { bodyText, readBytes } from './file-text.ts';
import { filterText } from './filter-text.ts';
import { cursorField, limitField } from './paging.ts';
import { patchOf } from './patch-body.ts';
import { json, noContent } from './reply.ts';
import { jsonBody, type Route, tenantAction, tenantRoute } from './route.ts';
import { pageOf } from './shapes.ts';
import { subscriberRows } from './subscriber-file.ts';
import {
  preferencesShape,
  preferencesView,
  subscriberShape,
  subscribersImportedShape,
  subscriberView,
} from './subscriber-views.ts';

const PATH = '/v1/subscribers';
const ONE = `${PATH}/:id`;

export function subscriberRoutes({ manage: { subscribers }, store, webhooks }: AppDeps): readonly Route[] {
  const fields = subscriberFields(webhooks.refusalOf);
  return [
    tenantRoute(['read', 'admin'], {
      method: 'GET',
      path: PATH,
      summary: 'List the subscribers, all of them or those of a topic',
      query: z.strictObject({
        topic: filterText.optional().describe('Those who are in it'),
        email: filterText.optional().describe('Those who have this address'),
        limit: limitField,
        cursor: cursorField,
      }),
      answers: {
        200: { description: 'A page, by id; those of a topic as they were made', schema: pageOf(subscriberShape) },
      },
      async handle({ tenant, query: { topic, email, limit, cursor }, gone }) {
        const asked = {
          ...{ tenantId: tenant.id, limit },
          ...(topic !== undefined && { topic }),
          ...(email !== undefined && { email: normalizeAddress(email) ?? email }),
          ...(cursor !== undefined && { cursor }),
        };
        const page = await store.subscribers.list(asked, gone);
        return json({ items: page.items.map((one) => subscriberView(one, tenant)), cursor: page.cursor ?? null });
      },
    }),
    tenantAction('subscriber.add', {
      method: 'POST',
      path: PATH,
      summary: 'Add a subscriber, by an id of your own',
      body: { ...jsonBody(z.strictObject({ id: subscriberId, ...fields })), isPrivate: true },
      answers: { 201: { description: 'The subscriber', schema: subscriberShape } },
      async handle({ caller, tenant, body: { id, ...said } }) {
        const made = await subscribers.add(caller, { tenant, id, fields: said as SubscriberFields });
        return json(subscriberView(made, tenant), 201);
      },
    }),
    tenantAction('subscriber.import', {
      method: 'POST',
      path: `${PATH}/import`,
      summary: 'Add and change the subscribers of a file, and report the lines that are wrong',
      query: z.strictObject({ dryRun: z.stringbool().default(false).describe('Only tell what would come of it') }),
      body: {
        ...{ type: 'text/csv', required: true, isPrivate: true, read: readBytes },
        example: 'id,email,name,locale,topics,data.plan\r\njo,jo@example.com,Jo,de,outages news,pro\r\n',
      },
      answers: { 200: { description: 'How many, and the lines that were refused', schema: subscribersImportedShape } },
      async handle({ caller, tenant, body, query: { dryRun }, header, note, gone }) {
        const rows = subscriberRows(bodyText(body, header('content-type')));
        const { errors, ...counts } = await subscribers.import(caller, { tenant, rows, dryRun }, gone);
        note({ ...counts, dryRun });
        return json({ ...counts, errors, dryRun });
      },
    }),
    tenantRoute(['read', 'admin'], {
      method: 'GET',
      path: ONE,
      summary: 'One subscriber',
      answers: { 200: { description: 'The subscriber', schema: subscriberShape } },
      handle: async ({ tenant, param }) => json(subscriberView(await subscribers.get(tenant, param('id')), tenant)),
    }),
    tenantAction('subscriber.set', {
      method: 'PATCH',
      path: ONE,
      summary: 'Change what is given of a subscriber; null takes a field, or a channel, away',
      body: { ...jsonBody(patchOf(fields)), isPrivate: true },
      answers: { 200: { description: 'The subscriber', schema: subscriberShape } },
      handle: async ({ caller, tenant, param, body }) =>
        json(subscriberView(await subscribers.set(caller, { tenant, id: param('id'), changes: body }), tenant)),
    }),
    tenantAction('subscriber.remove', {
      method: 'DELETE',
      path: ONE,
      summary: 'Remove a subscriber with its preferences',
      query: z.strictObject({
        erase: z
          .stringbool()
          .default(false)
          .describe('Also its mail and notifications; what was counted stays counted'),
      }),
      answers: { 204: { description: 'It is gone' } },
      async handle({ caller, tenant, param, query: { erase }, gone }) {
        await subscribers.remove(caller, { tenant, id: param('id'), erase }, gone);
        return noContent();
      },
    }),
    tenantRoute(['read', 'admin'], {
      method: 'GET',
      path: `${ONE}/preferences`,
      summary: 'What a subscriber wants to be told',
      answers: {
        200: { description: 'The preferences; of who has said nothing, all is wanted', schema: preferencesShape },
      },
      handle: async ({ tenant, param }) => json(preferencesView(await subscribers.preferences(tenant, param('id')))),
    }),
    tenantAction('preferences.set', {
      method: 'PUT',
      path: `${ONE}/preferences`,
      summary: 'Say what a subscriber wants to be told, in place of what was said before',
      body: { ...jsonBody(preferencesSchema), isPrivate: true },
      answers: { 200: { description: 'The preferences', schema: preferencesShape } },
      async handle({ caller, tenant, param, body: preferences }) {
        return json(
          preferencesView(await subscribers.setPreferences(caller, { tenant, id: param('id'), preferences })),
        );
      },
    }),
  ];
}
