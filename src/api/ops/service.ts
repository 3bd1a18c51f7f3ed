/** Seed 004's service: SMTP settings, tests of channels, the worker, health. */

import * as z from 'zod';
import { parseBody } from '../../core/check-input.ts';
import { IepError } from '../../core/errors.ts';
import { webhookUrl } from '../../manage/fields.ts';
import type { TenantSmtp } from '../../manage/smtp-settings.ts';
import { channelSettings, type PostSettings } from '../../notify/channels/types.ts';
import type { AppDeps } from '../deps.ts';
import { json } from '../reply.ts';
import {
  jsonBody,
  operatorAction,
  publicRoute,
  type Route,
  tenantAction,
  tenantOrAllRoute,
  tenantRoute,
} from '../route.ts';
import { opsAddress } from './notifications.ts';
import { opsTestShape, opsTestView } from './views.ts';

const PATH = '/api/v1/notification';

const smtpFields = {
  smtp_server: z
    .string()
    .min(1)
    .max(253)
    .regex(/^[^\s\p{Cc}/@]+$/u, 'must be the name or address of a server'),
  smtp_port: z.int().min(1).max(65_535).default(587),
  username: z.string().min(1).max(255).nullish(),
  use_tls: z.boolean().default(true).describe('STARTTLS'),
  use_ssl: z.boolean().default(false).describe('TLS from the first byte'),
  from_email: opsAddress.describe('Becomes the default sender of the tenant'),
  from_name: z.string().min(1).max(255).nullish(),
};
const smtpBody = z.object({ ...smtpFields, password: z.string().min(1).max(1_000).nullish() });
const smtpShape = z.strictObject({
  ...{ smtp_server: z.string(), smtp_port: z.int(), username: z.string().nullable() },
  ...{ use_tls: z.boolean(), use_ssl: z.boolean(), from_email: z.string(), from_name: z.string().nullable() },
  is_active: z.boolean(),
});

export function opsServiceRoutes(deps: AppDeps): readonly Route[] {
  return [...smtpRoutes(deps), ...testRoutes(deps), ...workerRoutes(deps), opsHealthRoute(deps)];
}

function smtpRoutes({ manage: { smtpSettings } }: AppDeps): readonly Route[] {
  return [
    tenantRoute(['admin'], {
      method: 'GET',
      path: `${PATH}/smtp/settings`,
      summary: 'OpsConductor: the SMTP settings of the tenant, without the password',
      answers: { 200: { description: 'The settings', schema: smtpShape } },
      async handle({ tenant }) {
        const found = await smtpSettings.get(tenant);
        if (found === undefined) throw new IepError('not_found', 'The tenant has no SMTP settings.');
        return json(smtpView(found));
      },
    }),
    tenantAction('smtp-settings.set', {
      method: 'POST',
      path: `${PATH}/smtp/settings`,
      summary: 'OpsConductor: have the notifications of the tenant go out by this server',
      body: { ...jsonBody(smtpBody), isPrivate: true },
      answers: { 200: { description: 'The settings', schema: smtpShape } },
      async handle({ caller, principal, tenant, body }) {
        const settings = settingsOf(body);
        await smtpSettings.set(caller, { tenant, settings, isOperator: principal.kind === 'operator' });
        return json(smtpView(settings));
      },
    }),
    tenantAction('smtp-settings.test', {
      method: 'POST',
      path: `${PATH}/smtp/test`,
      summary: 'OpsConductor: send a small mail by the SMTP settings, at once',
      body: jsonBody(z.object({ recipient_email: opsAddress })),
      answers: { 200: { description: 'What came of it', schema: opsTestShape } },
      async handle({ caller, tenant, body: { recipient_email: to } }) {
        const { ok, detail, sent } = await smtpSettings.test(caller, { tenant, to });
        const success = ok && (sent === undefined || sent.outcome === 'delivered');
        return json({ success, message: sent?.reply ?? detail });
      },
    }),
  ];
}

function settingsOf(body: z.output<typeof smtpBody>): TenantSmtp {
  const { smtp_server: server, smtp_port: port, username, password, use_tls: starttls, use_ssl: ssl } = body;
  return {
    ...{ server, port, tls: ssl ? 'implicit' : starttls ? 'required' : 'opportunistic', fromEmail: body.from_email },
    ...{ username: username ?? undefined, password: password ?? undefined, fromName: body.from_name ?? undefined },
  };
}

function smtpView({ server, port, username, tls, fromEmail, fromName }: Omit<TenantSmtp, 'password'>) {
  return {
    ...{ smtp_server: server, smtp_port: port, username: username ?? null },
    ...{ use_tls: tls === 'required', use_ssl: tls === 'implicit', is_active: true },
    ...{ from_email: fromEmail, from_name: fromName ?? null },
  };
}

function testRoutes({ manage: { channels }, webhooks }: AppDeps): readonly Route[] {
  const url = webhookUrl(webhooks.refusalOf);
  const settings = channelSettings(url);
  const body = jsonBody(z.object({ webhook_url: url }));
  return (['slack', 'teams', 'webhook'] as const).map((type) =>
    tenantAction('channel.test', {
      method: 'POST',
      path: `${PATH}/test/${type}`,
      summary: `OpsConductor: post a test to a URL of ${type === 'webhook' ? 'a webhook' : type}`,
      body: { ...body, isPrivate: true },
      answers: { 200: { description: 'What came of it', schema: opsTestShape } },
      async handle({ caller, tenant, body: { webhook_url: leadsTo }, gone }) {
        const where = type === 'webhook' ? { url: leadsTo } : { webhookUrl: leadsTo };
        const to = parseBody(settings, { type, ...where }) as PostSettings;
        return json(opsTestView(await channels.testTo(caller, { tenant, settings: to }, gone)));
      },
    }),
  );
}

const workerShape = z.strictObject({
  status: z.enum(['running', 'stopped']),
  pending: z.int().describe('Messages that wait'),
  processing: z.int(),
});
const leverShape = z.strictObject({ status: z.enum(['running', 'stopped']) });

function workerRoutes({ store, clock, manage }: AppDeps): readonly Route[] {
  const lever = (verb: 'start' | 'stop', how: 'resume' | 'pause'): Route =>
    operatorAction(`queue.${how}`, {
      method: 'POST',
      path: `${PATH}/worker/${verb}`,
      summary: `OpsConductor: ${how} the queue of everybody`,
      answers: { 200: { description: 'How it stands now', schema: leverShape } },
      async handle({ caller }) {
        const { allPaused } = await manage.queue[how](caller, {});
        return json({ status: allPaused ? ('stopped' as const) : ('running' as const) });
      },
    });
  return [
    tenantOrAllRoute(['read'], {
      method: 'GET',
      path: '/api/v1/worker/status',
      summary: 'OpsConductor: whether mail goes, and how much waits',
      answers: { 200: { description: 'The status', schema: workerShape } },
      async handle({ tenant, gone }) {
        const asked = { now: clock.now(), ...(tenant && { tenantId: tenant.id }) };
        const { paused, rows } = await store.outbox.queue(asked, gone);
        const isStopped = paused || tenant?.paused === true;
        const sum = (of: 'waiting' | 'leased') => rows.reduce((all, row) => all + row[of], 0);
        return json({
          status: isStopped ? ('stopped' as const) : ('running' as const),
          ...{ pending: sum('waiting'), processing: sum('leased') },
        });
      },
    }),
    lever('start', 'resume'),
    lever('stop', 'pause'),
  ];
}

const healthShape = z.strictObject({
  status: z.enum(['healthy', 'unhealthy']),
  service: z.literal('notification-service'),
  version: z.string(),
});

function opsHealthRoute({ ready, version }: AppDeps): Route {
  return publicRoute({
    method: 'GET',
    path: `${PATH}/health`,
    summary: 'OpsConductor: whether notifications are taken',
    answers: {
      200: { description: 'Healthy', schema: healthShape },
      503: { description: 'Not healthy', schema: healthShape },
    },
    async handle() {
      const { ok } = await ready();
      const status = ok ? ('healthy' as const) : ('unhealthy' as const);
      return json({ status, service: 'notification-service', ...version }, ok ? 200 : 503);
    },
  });
}
