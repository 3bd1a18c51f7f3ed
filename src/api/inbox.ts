/** The inbox: what `capture` providers keep, for people and tests to look at, release and delete. */

import * as z from 'zod';
import { IepError } from '../core/errors.ts';
import { isId } from '../core/ids.ts';
import { readMailbox } from '../core/mailbox-list.ts';
import { rfc3339 } from '../core/rfc3339.ts';
import type { InboxFilter, InboxRow } from '../db/verbs/inbox.ts';
import { acceptedAnswers } from './accept-one.ts';
import type { AppDeps } from './deps.ts';
import { filterText } from './filter-text.ts';
import { createInboxWait } from './inbox-wait.ts';
import { cursorField, limitField } from './paging.ts';
import { json } from './reply.ts';
import { jsonBody, type Route, tenantAction, tenantOrAllRoute } from './route.ts';
import { deletedShape, inboxRowShape, pageOf } from './shapes.ts';
import { spanField } from './time.ts';
import { acceptedView } from './views.ts';

/** Less than a call of this API may take. */
const MAX_WAIT_SECONDS = 25;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };

const waitField = z
  .string()
  .transform((text, context): number => {
    const [, number, unit = 's'] = /^(\d{1,6})(ms|s|m)?$/.exec(text) ?? [];
    const ms = Number(number) * (UNIT_MS[unit] ?? Number.NaN);
    if (ms <= MAX_WAIT_SECONDS * 1_000) return ms;
    context.addIssue({ code: 'custom', message: `must be a time such as 10s, of at most ${MAX_WAIT_SECONDS}s` });
    return z.NEVER;
  })
  .describe(`Waits this long until something matches, such as 10s; at most ${MAX_WAIT_SECONDS}s`);

const address = filterText.transform((text, context): string => {
  const mailbox = readMailbox(text);
  if (mailbox !== undefined) return mailbox.email;
  context.addIssue({ code: 'custom', message: 'must be an address' });
  return z.NEVER;
});

const filterFields = {
  to: address.optional().describe('A recipient: a whole address, in any case'),
  subject: filterText.optional().describe('A part of the subject, in any case'),
  since: spanField.optional().describe('Kept since then'),
};

const releaseBody = z.strictObject({ provider: z.string().min(1).max(100) });

export function inboxRoutes(deps: AppDeps): readonly Route[] {
  const { store, manage } = deps;
  const wait = createInboxWait(deps);
  return [
    tenantOrAllRoute(['read'], {
      method: 'GET',
      path: '/v1/inbox/messages',
      summary: 'What `capture` providers keep, newest first; with `wait`, as soon as something matches',
      query: z.strictObject({ ...filterFields, wait: waitField.optional(), limit: limitField, cursor: cursorField }),
      answers: { 200: { description: 'A page; empty where nothing matches', schema: pageOf(inboxRowShape) } },
      async handle({ tenant, query, gone, request }) {
        const { limit, cursor, wait: forMs = 0 } = query;
        const whose = tenant === undefined ? {} : { tenantId: tenant.id };
        const input = { ...whose, filter: toFilter(query), limit, ...(cursor !== undefined && { cursor }) };
        const page = await wait.until({
          ...{ ...whose, forMs, ends: [gone, request.stopping] },
          look: () => store.inbox.list(input, gone),
        });
        return json({ items: page.items.map(inboxView), cursor: page.cursor ?? null });
      },
    }),
    tenantAction('inbox.delete', {
      method: 'DELETE',
      path: '/v1/inbox/messages',
      summary: 'Delete what the filters match of the inbox, with all that is kept of it',
      query: z.strictObject(filterFields),
      answers: { 200: { description: 'How many', schema: deletedShape } },
      async handle({ caller, tenant, query, gone }) {
        return json({ deleted: await manage.inbox.clear(caller, { tenant, filter: toFilter(query) }, gone) });
      },
    }),
    tenantAction('inbox.release', {
      method: 'POST',
      path: '/v1/inbox/messages/:id/release',
      summary:
        'Send a message of the inbox to its recipients by a real provider, as a new message; once to each provider',
      body: jsonBody(releaseBody),
      isDangerous: true,
      answers: acceptedAnswers,
      async handle({ caller, tenant, body: { provider }, param, note, gone }) {
        const messageId = param('id');
        if (!isId(messageId)) throw new IepError('not_found', 'The inbox has no message of this id');
        const accepted = await manage.inbox.release(caller, { tenant, messageId, provider }, gone);
        note({ messageId: accepted.messageId, duplicate: accepted.duplicate });
        return json(acceptedView(accepted), accepted.duplicate ? 200 : 202);
      },
    }),
  ];
}

function toFilter({ to, subject, since }: z.output<z.ZodObject<typeof filterFields>>): InboxFilter {
  return {
    ...(to !== undefined && { to }),
    ...(subject !== undefined && { subject }),
    ...(since !== undefined && { since: since.startsAt }),
  };
}

function inboxView(row: InboxRow): z.output<typeof inboxRowShape> {
  const { tenantSlug: tenant, ...shown } = row;
  return { ...shown, tenant, from: { ...row.from }, to: [...row.to], receivedAt: rfc3339(row.receivedAt) };
}
