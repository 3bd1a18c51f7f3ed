/** The providers, for the operator: what there is, how each is doing, and the ones made by command. */

import * as z from 'zod';
import { IepError } from '../core/errors.ts';
import { providerName } from '../core/provider-settings.ts';
import type { AppDeps } from './deps.ts';
import { json, noContent } from './reply.ts';
import { jsonBody, operatorAction, operatorRoute, type Route } from './route.ts';
import { listOf, providerShape, providerTestShape } from './shapes.ts';
import { providerView } from './views.ts';

const PATH = '/v1/admin/providers';

const settings = z.record(z.string(), z.unknown());
const newProvider = z.strictObject({
  name: providerName,
  settings: settings.describe('`type` and what a provider of that type takes in the configuration'),
});
const changedProvider = z.strictObject({
  settings: settings.describe('What is to change, also within a group such as `oauth2`; null takes a setting away'),
});
const removal = z.strictObject({
  force: z.enum(['true', 'false']).default('false').describe('Even while it is in use'),
});
const address = z.email().max(320);
const trial = z.strictObject({
  to: address.optional().describe('Also send a small message there, past queue and breaker'),
  from: address.optional().describe('Sender of that message'),
});

const example = {
  name: 'relay',
  settings: { type: 'smtp', host: 'smtp.example.com', port: 587, username: 'iep', password: '…' },
};

export function providerRoutes({ providers, manage }: AppDeps): readonly Route[] {
  return [
    operatorRoute({
      method: 'GET',
      path: PATH,
      summary: 'List the providers, and how each is doing',
      answers: { 200: { description: 'All of them', schema: listOf(providerShape) } },
      handle: async () => json({ items: (await providers.list()).map(providerView) }),
    }),
    operatorAction('provider.add', {
      method: 'POST',
      path: PATH,
      summary: 'Add a provider; it can be used at once',
      body: { ...jsonBody(newProvider), example },
      answers: { 201: { description: 'The provider', schema: providerShape } },
      async handle({ caller, body, note }) {
        note({ provider: body.name });
        return json(providerView(await manage.providers.add(caller, body)), 201);
      },
    }),
    operatorRoute({
      method: 'GET',
      path: `${PATH}/:name`,
      summary: 'One provider',
      answers: { 200: { description: 'The provider', schema: providerShape } },
      async handle({ param }) {
        const found = (await providers.list()).find((one) => one.name === param('name'));
        if (found === undefined) throw new IepError('not_found', 'No provider has this name');
        return json(providerView(found));
      },
    }),
    operatorAction('provider.set', {
      method: 'PATCH',
      path: `${PATH}/:name`,
      summary: 'Change what is given of a provider that was made by command',
      body: jsonBody(changedProvider),
      answers: { 200: { description: 'The provider', schema: providerShape } },
      async handle({ caller, param, body, note }) {
        note({ provider: param('name') });
        const change = { name: param('name'), settings: body.settings };
        return json(providerView(await manage.providers.set(caller, change)));
      },
    }),
    operatorAction('provider.remove', {
      method: 'DELETE',
      path: `${PATH}/:name`,
      summary: 'Remove a provider that was made by command',
      query: removal,
      answers: { 204: { description: 'It is gone; what is under way there is finished' } },
      async handle({ caller, param, query, note }) {
        note({ provider: param('name') });
        await manage.providers.remove(caller, { name: param('name'), force: query.force === 'true' });
        return noContent();
      },
    }),
    operatorAction('provider.test', {
      method: 'POST',
      path: `${PATH}/:name/test`,
      summary: 'Connect and log in; with `to` also send a small message',
      body: jsonBody(trial, { required: false }),
      answers: { 200: { description: 'What came of it', schema: providerTestShape } },
      async handle({ caller, param, body, note }) {
        const { to, from } = body;
        const result = await manage.providers.test(caller, {
          name: param('name'),
          ...(to !== undefined && { to }),
          ...(from !== undefined && { from }),
        });
        note({ provider: param('name'), ok: result.ok });
        return json({ ok: result.ok, detail: result.detail, sent: result.sent ?? null });
      },
    }),
  ];
}
