/** The webhooks of a tenant: its endpoints, what was posted to them, and sending it again. */

import * as z from 'zod';
import { IepError } from '../core/errors.ts';
import { timeField } from '../core/time-field.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import { deliveryStatuses } from '../db/verbs/webhooks.ts';
import { webhookDescription, webhookEvents, webhookSecret, webhookUrl } from '../manage/fields.ts';
import type { AppDeps } from './deps.ts';
import { filterText } from './filter-text.ts';
import { ofEach } from './of-each.ts';
import { cursorField, limitField, positionCursorField } from './paging.ts';
import { json, noContent } from './reply.ts';
import { jsonBody, type Route, tenantAction, tenantOrAllRoute, tenantRoute } from './route.ts';
import { listOf, pageOf } from './shapes.ts';
import {
  deliveryDetailShape,
  deliveryDetailView,
  deliveryShape,
  deliveryView,
  newWebhookShape,
  replayedShape,
  testedShape,
  testedView,
  webhookShape,
  webhookView,
} from './webhook-views.ts';

const PATH = '/v1/webhooks';
const DEFAULT_OVERLAP_SECONDS = 24 * 3_600;
const MAX_OVERLAP_SECONDS = 30 * 24 * 3_600;

export function webhookRoutes({ store, webhooks, directory }: AppDeps): readonly Route[] {
  const url = webhookUrl(webhooks.refusalOf);
  return [
    tenantOrAllRoute(['admin'], {
      method: 'GET',
      path: PATH,
      summary: 'List the webhooks',
      answers: { 200: { description: 'All of them, oldest first, by tenant', schema: listOf(webhookShape) } },
      async handle({ tenant }) {
        const of = async (one: Tenant) =>
          (await store.webhooks.list({ tenantId: one.id })).map((endpoint) => webhookView(endpoint, one));
        return json({ items: await ofEach(tenant === undefined ? await directory.all() : [tenant], of) });
      },
    }),
    tenantAction('webhook.add', {
      method: 'POST',
      path: PATH,
      summary: 'Have events posted to a URL, from now on',
      body: jsonBody(
        z.strictObject({
          url,
          events: webhookEvents.default(['*']),
          description: webhookDescription.optional(),
          secret: webhookSecret.optional(),
        }),
      ),
      answers: { 201: { description: 'The webhook, its secret shown this once', schema: newWebhookShape } },
      async handle({ caller, tenant, body, note }) {
        const { endpoint, secret } = await webhooks.add(caller, { tenant, ...body });
        note({ webhookId: endpoint.id });
        return json({ ...webhookView(endpoint, tenant), secret }, 201);
      },
    }),
    tenantRoute(['admin'], {
      method: 'GET',
      path: `${PATH}/:id`,
      summary: 'Get a webhook',
      answers: { 200: { description: 'The webhook', schema: webhookShape } },
      async handle({ tenant, param }) {
        const found = await store.webhooks.get({ tenantId: tenant.id, webhookId: param('id') });
        if (found === undefined) throw noWebhook();
        return json(webhookView(found, tenant));
      },
    }),
    tenantAction('webhook.set', {
      method: 'PUT',
      path: `${PATH}/:id`,
      summary: 'Change a webhook, or turn it off and on; what is left out stays',
      body: jsonBody(
        z.strictObject({
          url: url.optional(),
          events: webhookEvents.optional(),
          description: webhookDescription.optional().describe('Empty: none'),
          active: z.boolean().optional(),
          secret: webhookSecret.optional().describe('A new one; the old one signs too for a day. `rotate` makes one'),
        }),
      ),
      answers: { 200: { description: 'The webhook', schema: webhookShape } },
      handle: async ({ caller, tenant, param, body }) =>
        json(webhookView(await webhooks.set(caller, { tenant, webhookId: param('id'), ...body }), tenant)),
    }),
    tenantAction('webhook.remove', {
      method: 'DELETE',
      path: `${PATH}/:id`,
      summary: 'Remove a webhook and what was posted to it',
      answers: { 204: { description: 'It is gone' } },
      async handle({ caller, tenant, param }) {
        await webhooks.remove(caller, { tenant, webhookId: param('id') });
        return noContent();
      },
    }),
    tenantAction('webhook.rotate', {
      method: 'POST',
      path: `${PATH}/:id/rotate`,
      summary: 'Give a webhook a new secret; the old one signs too for a while',
      body: jsonBody(
        z.strictObject({
          overlapSeconds: z.number().min(0).max(MAX_OVERLAP_SECONDS).default(DEFAULT_OVERLAP_SECONDS),
          secret: webhookSecret.optional(),
        }),
        { required: false },
      ),
      answers: { 200: { description: 'The webhook, its new secret shown this once', schema: newWebhookShape } },
      async handle({ caller, tenant, param, body: { overlapSeconds, secret: own } }) {
        const rotation = { tenant, webhookId: param('id'), overlapMs: overlapSeconds * 1_000, secret: own };
        const { endpoint, secret } = await webhooks.rotate(caller, rotation);
        return json({ ...webhookView(endpoint, tenant), secret });
      },
    }),
    tenantAction('webhook.test', {
      method: 'POST',
      path: `${PATH}/:id/test`,
      summary: 'Post a sample at once and answer what came back',
      answers: { 200: { description: 'What was sent, and what came of it', schema: testedShape } },
      async handle({ caller, tenant, param }) {
        const { posted, body } = await webhooks.test(caller, { tenant, webhookId: param('id') });
        return json(testedView(posted, body));
      },
    }),
    ...deliveryRoutes({ store, webhooks }),
  ];
}

function deliveryRoutes({ store, webhooks }: Pick<AppDeps, 'store' | 'webhooks'>): readonly Route[] {
  return [
    tenantRoute(['admin'], {
      method: 'GET',
      path: `${PATH}/:id/deliveries`,
      summary: 'List what was posted to a webhook, or waits to be',
      query: z.strictObject({
        status: z.enum(deliveryStatuses).optional(),
        messageId: filterText.optional(),
        limit: limitField,
        cursor: positionCursorField,
      }),
      answers: { 200: { description: 'A page, newest event first', schema: pageOf(deliveryShape) } },
      async handle({ tenant, param, query, gone }) {
        const { status, messageId, limit, cursor } = query;
        const page = await store.webhooks.deliveries(
          {
            tenantId: tenant.id,
            webhookId: param('id'),
            limit,
            ...(status !== undefined && { status }),
            ...(messageId !== undefined && { messageId }),
            ...(cursor !== undefined && { cursor }),
          },
          gone,
        );
        return json({ items: page.items.map(deliveryView), cursor: page.cursor ?? null });
      },
    }),
    tenantRoute(['admin'], {
      method: 'GET',
      path: `${PATH}/:id/deliveries/:did`,
      summary: 'Get a delivery with every request and answer',
      answers: { 200: { description: 'The delivery', schema: deliveryDetailShape } },
      async handle({ tenant, param }) {
        const ids = { tenantId: tenant.id, webhookId: param('id'), deliveryId: param('did') };
        const found = await store.webhooks.delivery(ids);
        if (found === undefined) throw new IepError('not_found', 'No delivery has this id');
        return json(deliveryDetailView(found));
      },
    }),
    tenantAction('delivery.replay', {
      method: 'POST',
      path: `${PATH}/:id/deliveries/:did/replay`,
      summary: 'Send a delivery again, under the same `webhook-id`',
      answers: { 202: { description: 'The delivery, due now', schema: deliveryShape } },
      async handle({ caller, tenant, param }) {
        const named = { tenant, webhookId: param('id'), deliveryId: param('did') };
        return json(deliveryView(await webhooks.replayOne(caller, named)), 202);
      },
    }),
    tenantAction('webhook.replay', {
      method: 'POST',
      path: `${PATH}/:id/replay`,
      summary: 'Send again what happened in a time or to a message, or what was missed while the webhook was off',
      body: jsonBody(
        z
          .strictObject({
            from: timeField.optional(),
            to: timeField.optional(),
            messageId: filterText.optional(),
            missed: z.boolean().default(false).describe('Only what was never delivered'),
            dryRun: z.boolean().default(false).describe('Only count'),
            cursor: cursorField,
          })
          .refine(
            ({ from, messageId, missed }) => from !== undefined || messageId !== undefined || missed,
            'Say what to send again: from, messageId or missed',
          ),
      ),
      answers: { 200: { description: 'How many in this part of the log', schema: replayedShape } },
      async handle({ caller, tenant, param, body, gone }) {
        const { from, to, messageId, missed, dryRun, cursor } = body;
        const done = await webhooks.replay(
          caller,
          {
            ...{ tenant, webhookId: param('id'), missed, dryRun },
            ...(from !== undefined && { from }),
            ...(to !== undefined && { until: to }),
            ...(messageId !== undefined && { messageId }),
            ...(cursor !== undefined && { cursor }),
          },
          gone,
        );
        return json({ matched: done.matched, dryRun, cursor: done.cursor ?? null });
      },
    }),
  ];
}

function noWebhook(): IepError {
  return new IepError('not_found', 'No webhook has this id');
}
