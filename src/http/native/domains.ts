/** The sender domains a tenant may use. While it has none it may use any. */

import * as z from 'zod';
import { IepError } from '../../core/errors.ts';
import { normalizeDomain } from '../../intake/address.ts';
import type { AppDeps } from '../deps.ts';
import { json, noContent } from '../reply.ts';
import { jsonBody, type Route, tenantRoute } from '../route.ts';
import { domainShape, listOf } from '../shapes.ts';

const domainBody = z.strictObject({
  domain: z.string().transform((value, context): string => {
    const domain = value.startsWith('[') ? undefined : normalizeDomain(value.trim());
    if (domain?.includes('.')) return domain;
    context.addIssue({ code: 'custom', message: 'is not a domain such as "example.com"' });
    return z.NEVER;
  }),
});

export function domainRoutes({ store, directory, clock, newId }: AppDeps): readonly Route[] {
  return [
    tenantRoute(['admin'], {
      method: 'GET',
      path: '/v1/domains',
      summary: 'List the sender domains',
      answers: { 200: { description: 'All of them', schema: listOf(domainShape) } },
      handle: ({ tenant }) => json({ items: tenant.senderDomains.map((domain) => ({ domain })) }),
    }),
    tenantRoute(['admin'], {
      method: 'POST',
      path: '/v1/domains',
      summary: 'Allow a sender domain',
      body: jsonBody(domainBody),
      answers: { 201: { description: 'The domain', schema: domainShape } },
      async handle({ tenant, body }) {
        await store.addSenderDomain({ tenantId: tenant.id, domain: body.domain, id: newId(), now: clock.now() });
        directory.forget();
        return json({ domain: body.domain }, 201);
      },
    }),
    tenantRoute(['admin'], {
      method: 'DELETE',
      path: '/v1/domains/:domain',
      summary: 'No longer allow a sender domain',
      answers: { 204: { description: 'It is gone' } },
      async handle({ tenant, param }) {
        const domain = normalizeDomain(param('domain'));
        const wasThere = domain !== undefined && (await store.removeSenderDomain({ tenantId: tenant.id, domain }));
        if (!wasThere) throw new IepError('not_found', 'That is not a sender domain of this tenant');
        directory.forget();
        return noContent();
      },
    }),
  ];
}
