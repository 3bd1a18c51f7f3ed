/** `get_email_status`: what became of one email, or of all of a group, as seed 002 writes it down. */

import { isId } from '../core/ids.ts';
import type { LoggedEvent, Status } from '../core/message.ts';
import { rfc3339 } from '../core/rfc3339.ts';
import type { GroupRecord } from '../db/verbs/groups.ts';
import type { StorePart } from '../db/verbs/store.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import { INVALID_PAYLOAD, type NatsAnswer, readPayload } from './payload.ts';
import type { Handler } from './requests.ts';

export interface StatusDeps {
  readonly store: StorePart<'messages.get' | 'groups.records' | 'groups.counts'>;
  readonly tenant: () => Promise<Tenant | undefined>;
}

export const NOT_FOUND = 'not found';
export const INTERNAL = 'internal error';
/** Recipients read in one piece. */
const PAGE = 500;
/** More than any answer has room for. */
const MOST_RECORDS = 20_000;

export function getEmailStatus({ store, tenant: tenantOf }: StatusDeps): Handler {
  async function ofEmail(tenantId: string, emailId: string): Promise<NatsAnswer> {
    const found = isId(emailId) ? await store.messages.get({ tenantId, messageId: emailId }) : undefined;
    if (found === undefined) return { error: NOT_FOUND };
    const { id, groupId = '', subject, createdAt, sentAt, events, recipients } = found;
    const [first] = recipients;
    return recordOf({
      ...{ id, groupId, subject, to: first?.email ?? '', status: first?.status ?? found.status },
      sentAt: sentAt ?? createdAt,
      deliveredAt: events.find(({ type }) => type === 'delivered')?.at,
      opens: opensIn(events),
    });
  }

  async function ofGroup(tenantId: string, groupId: string): Promise<NatsAnswer> {
    if ((await store.groups.counts({ tenantId, groupId })) === undefined) return { error: NOT_FOUND };
    const records: object[] = [];
    for (let cursor: string | undefined; records.length < MOST_RECORDS; ) {
      const at = cursor === undefined ? {} : { cursor };
      const page = await store.groups.records({ tenantId, groupId, limit: PAGE, ...at });
      for (const one of page.items) records.push(await ofRecipient(tenantId, groupId, one));
      cursor = page.cursor;
      if (cursor === undefined) return records;
    }
    return { error: INTERNAL };
  }

  async function ofRecipient(tenantId: string, groupId: string, one: GroupRecord): Promise<object> {
    const { messageId, recipient, subject, status, createdAt, sentAt = createdAt, deliveredAt } = one;
    // Single opens stand in the history alone.
    const detail = one.opens > 0 ? await store.messages.get({ tenantId, messageId }) : undefined;
    const theirs = detail?.events.filter((event) => event.recipient === undefined || event.recipient === recipient);
    return recordOf({
      ...{ id: messageId, groupId, subject, to: recipient, status, sentAt, deliveredAt },
      opens: opensIn(theirs ?? []),
    });
  }

  return {
    subject: 'get_email_status',
    failed: INTERNAL,
    async handle({ data }) {
      const payload = readPayload(data, ['email_id', 'group_id']);
      if (payload === undefined) return { error: INVALID_PAYLOAD };
      const { email_id: emailId, group_id: groupId } = payload;
      if (emailId !== '' && groupId !== '') return { error: 'only one of email_id or group_id may be set' };
      if (emailId === '' && groupId === '') return { error: 'email_id or group_id is required' };
      const tenant = await tenantOf();
      if (tenant === undefined) return { error: NOT_FOUND };
      return emailId === '' ? ofGroup(tenant.id, groupId) : ofEmail(tenant.id, emailId);
    },
  };
}

interface Known {
  readonly id: string;
  readonly groupId: string;
  readonly to: string;
  readonly subject: string;
  readonly status: Status;
  readonly sentAt: number;
  readonly deliveredAt: number | undefined;
  readonly opens: readonly { readonly id: string; readonly at: number }[];
}

/** By people, as far as known: what programs open says nothing of a reader. */
function opensIn(events: readonly LoggedEvent[]): Known['opens'] {
  return events
    .filter(({ type, data }) => type === 'opened' && data.actor !== 'machine')
    .map(({ position, at }) => ({ id: position, at }));
}

const FAILED: readonly Status[] = ['failed', 'bounced', 'complained'];

function recordOf({ id, groupId, to, subject, status, sentAt, deliveredAt, opens }: Known): object {
  const lastOpen = Math.max(...opens.map(({ at }) => at));
  return {
    email_id: id,
    group_id: groupId,
    ...{ to, subject, sent_at: rfc3339(sentAt) },
    delivered: deliveredAt !== undefined,
    ...(deliveredAt !== undefined && { delivered_at: rfc3339(deliveredAt) }),
    opened: opens.length > 0,
    ...(opens.length > 0 && {
      opened_at_list: opens.map((open) => ({ event_id: open.id, opened_at: rfc3339(open.at) })),
      last_opened_at: rfc3339(lastOpen),
    }),
    failed: FAILED.includes(status),
  };
}
