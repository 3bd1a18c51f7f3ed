/** Why a message is as it is: everything that happened, what was said on the wire, and what happens next. */

import { IepError } from '../core/errors.ts';
import { isId } from '../core/ids.ts';
import { openStatuses } from '../core/message.ts';
import type { ProviderState } from '../core/provider-state.ts';
import { rfc3339, rfc3339OrNull } from '../core/rfc3339.ts';
import type { Circumstances, MessageDetail } from '../db/verbs/messages.ts';
import type { Notification } from '../db/verbs/notifications.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import { type Case, explain } from '../manage/explain.ts';
import { timelineText } from '../manage/timeline.ts';
import type { AppDeps } from './deps.ts';
import { json } from './reply.ts';
import { type Route, tenantRoute } from './route.ts';
import { explanationShape } from './shapes.ts';

/** Of a digest, whose items its mail shows. */
const MAX_NOTIFICATIONS = 100;

export function explainRoute({ store, clock, providers }: AppDeps): Route {
  return tenantRoute(['read'], {
    method: 'GET',
    path: '/v1/messages/:id/explain',
    summary: 'What became of a message, or why it has not gone yet and when it is tried next',
    answers: { 200: { description: 'The explanation', schema: explanationShape } },
    async handle({ tenant, param, note }) {
      const messageId = param('id');
      if (!isId(messageId)) throw noSuchMessage();
      note({ messageId });
      const now = clock.now();
      const [message, circumstances, notifications] = await Promise.all([
        store.messages.get({ tenantId: tenant.id, messageId }),
        store.messages.circumstances({ tenantId: tenant.id, messageId, now }),
        store.notifications.ofMessage({ tenantId: tenant.id, messageId, limit: MAX_NOTIFICATIONS }),
      ]);
      if (message === undefined || circumstances === undefined) throw noSuchMessage();
      const route = openStatuses.includes(message.status)
        ? routeFor(
            { id: messageId, provider: circumstances.wantedProvider, unanswered: circumstances.unanswered },
            tenant,
          )
        : [];
      const { isDelivering, leaseMs } = providers;
      const usable = providers.usableBy(tenant.settings);
      const input = { message, circumstances, tenant, route, usable, isDelivering, leaseMs, now };
      return json(view({ ...input, notifications }));
    },
  });

  function routeFor(message: Parameters<typeof providers.routeOf>[0], { settings }: Tenant): Case['route'] {
    return providers.routeOf(message, settings).map((provider) => {
      const state = providers.stateOf(provider);
      return { provider, ...(state && { state }) };
    });
  }
}

function noSuchMessage(): IepError {
  return new IepError('not_found', 'No message has this id');
}

function view(input: Case & { readonly message: MessageDetail; readonly notifications: readonly Notification[] }) {
  const { message, circumstances, notifications, route, usable } = input;
  const { summary, next } = explain(input);
  return {
    messageId: message.id,
    status: message.status,
    summary,
    next: next ? { at: rfc3339OrNull(next.at), reason: next.reason } : null,
    template: message.template ?? null,
    templateVersion: message.templateVersion ?? null,
    notifications: notifications.map(({ id, type }) => ({ notificationId: id, type })),
    recipients: message.recipients.map(({ email, status, reply }) => ({
      email,
      status,
      reply: reply ?? null,
      suppressed: [...circumstances.suppressions, ...circumstances.unsubscribes].some((one) =>
        holdsFor(one.email, email.toLowerCase()),
      ),
    })),
    route: route.map(({ provider, state }) => ({
      provider,
      standing: usable.includes(provider) ? standingOf(state) : 'not for this tenant',
    })),
    attempts: message.attemptLog.map(({ number, provider, startedAt, endedAt, outcome, reply, counted }) => ({
      ...{ number, provider: provider || null, outcome, counted },
      startedAt: rfc3339(startedAt),
      endedAt: rfc3339(endedAt),
      reply: reply ?? null,
      transcript: transcriptOf(circumstances, number) ?? null,
    })),
    timeline: message.events.map((event) => ({
      at: rfc3339(event.at),
      event: event.type,
      text: timelineText(event),
    })),
  };
}

/** An entry of the suppression list is an address, or `@domain` for all of a domain. */
function holdsFor(entry: string, email: string): boolean {
  return entry === email || entry === email.slice(email.lastIndexOf('@'));
}

function transcriptOf({ transcripts }: Circumstances, number: number): string | undefined {
  return transcripts.find((one) => one.number === number)?.transcript;
}

function standingOf(state: ProviderState | undefined): string {
  if (!state) return 'not known here';
  const { breaker, throttledUntil, paused } = state;
  if (paused) return 'paused';
  if (breaker.state === 'open') return 'breaker open';
  if (breaker.state === 'half_open') return 'on trial';
  if (throttledUntil !== undefined) return 'throttled';
  return 'ready';
}
