/** The sender domains of a tenant, with what to publish in DNS for them. A domain is one tenant's unless the operator shares it. */

import * as z from 'zod';
import { IepError } from '../core/errors.ts';
import { readDomain, senderDomain } from '../manage/fields.ts';
import type { AppDeps } from './deps.ts';
import { checkView, domainReportView, domainView } from './domain-views.ts';
import { ofEach } from './of-each.ts';
import { limitField } from './paging.ts';
import { json, noContent } from './reply.ts';
import { jsonBody, type Route, tenantAction, tenantOrAllRoute, tenantRoute } from './route.ts';
import { domainCheckShape, domainReportShape, domainsShape, domainVerifiedShape, listOf } from './shapes.ts';

const domainBody = z.strictObject({
  domain: senderDomain,
  shared: z.boolean().default(false).describe('Let several tenants send from it; the operator’s to say'),
});

const rotateBody = z.strictObject({
  activate: z.boolean().default(false).describe('Sign with the next keys at once, without waiting for their records'),
  force: z.boolean().default(false).describe('Replace keys that were retired only lately'),
});

export function domainRoutes({
  domains,
  manage,
  directory,
}: Pick<AppDeps, 'domains' | 'manage' | 'directory'>): readonly Route[] {
  return [
    tenantOrAllRoute(['admin'], {
      method: 'GET',
      path: '/v1/domains',
      summary: 'List the sender domains',
      answers: { 200: { description: 'All of them, by tenant', schema: domainsShape } },
      async handle({ tenant }) {
        const meant = tenant === undefined ? await directory.all() : [tenant];
        const items = await ofEach(meant, async ({ id }) => (await domains.list(id)).map(domainView));
        const [only, second] = meant;
        return json({ items, anySender: second === undefined ? only?.settings.anySender === true : null });
      },
    }),
    tenantAction('domain.add', {
      method: 'POST',
      path: '/v1/domains',
      summary: 'Allow a sender domain, and make its DKIM keys',
      body: jsonBody(domainBody),
      answers: { 201: { description: 'The domain, with the DNS records to publish', schema: domainReportShape } },
      handle: async ({ caller, tenant, body }) =>
        json(domainReportView(await manage.domains.add(caller, { tenant, ...body })), 201),
    }),
    tenantRoute(['admin'], {
      method: 'GET',
      path: '/v1/domains/:domain',
      summary: 'One sender domain, with the DNS records to publish',
      answers: { 200: { description: 'The domain', schema: domainReportShape } },
      handle: async ({ tenant, param }) =>
        json(domainReportView(await domains.report({ tenantId: tenant.id, domain: domainIn(param) }))),
    }),
    tenantAction('domain.verify', {
      method: 'POST',
      path: '/v1/domains/:domain/verify',
      summary: 'Look for its records in DNS, and remember what was found',
      answers: { 200: { description: 'The domain, and what was found of each record', schema: domainVerifiedShape } },
      async handle({ caller, tenant, param, note }) {
        const { check, ...report } = await manage.domains.verify(caller, { tenant, domain: domainIn(param) });
        note({ domain: report.domain, verified: report.verified });
        return json({ ...domainReportView(report), check: checkView(check) });
      },
    }),
    tenantRoute(['admin'], {
      method: 'GET',
      path: '/v1/domains/:domain/history',
      summary: 'What was found in DNS before',
      query: z.strictObject({ limit: limitField }),
      answers: { 200: { description: 'Newest first', schema: listOf(domainCheckShape) } },
      async handle({ tenant, param, query }) {
        const checks = await domains.history({ tenantId: tenant.id, domain: domainIn(param) }, query.limit);
        return json({ items: checks.map(checkView) });
      },
    }),
    tenantAction('domain.rotate', {
      method: 'POST',
      path: '/v1/domains/:domain/rotate',
      summary: 'Make the next DKIM keys; they sign once their record is seen',
      body: jsonBody(rotateBody, { required: false }),
      answers: { 200: { description: 'The domain, with the DNS records to publish', schema: domainReportShape } },
      handle: async ({ caller, tenant, param, body }) =>
        json(domainReportView(await manage.domains.rotate(caller, { tenant, domain: domainIn(param), ...body }))),
    }),
    tenantAction('domain.remove', {
      isDangerous: true,
      method: 'DELETE',
      path: '/v1/domains/:domain',
      summary: 'No longer allow a sender domain; its DKIM keys are gone for good',
      answers: { 204: { description: 'It is gone' } },
      async handle({ caller, tenant, param }) {
        await manage.domains.remove(caller, { tenant, domain: domainIn(param) });
        return noContent();
      },
    }),
  ];
}

function domainIn(param: (name: string) => string): string {
  const domain = readDomain(param('domain'));
  if (domain === undefined) throw new IepError('not_found', 'That is not a sender domain of this tenant');
  return domain;
}
