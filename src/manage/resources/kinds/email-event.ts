/** What happened to e-mails, as resources. Those of IEP are read; what another system saw is taken in as feedback. */

import * as z from 'zod';
import { isOfTenant } from '../../../core/audit-entry.ts';
import { IepError } from '../../../core/errors.ts';
import { isId } from '../../../core/ids.ts';
import { invalid } from '../../../core/invalid.ts';
import { isRecord } from '../../../core/is-record.ts';
import type { Json } from '../../../core/message.ts';
import type { FeedbackEvent } from '../../../db/verbs/feedback.ts';
import type { MessageDetail } from '../../../db/verbs/messages.ts';
import type { StorePart } from '../../../db/verbs/store.ts';
import { emailEvent, stateOfAction } from '../email-status.ts';
import type { Present, ResourceKind } from '../kind.ts';
import { ownTenant } from '../owner.ts';

const text = z.string().max(2_000);
const schema = z.strictObject({
  regarding: z.looseObject({ kind: z.literal('Email'), name: z.string(), namespace: z.string().optional() }),
  reason: text,
  message: text,
  source: z.looseObject({ component: z.string().max(255) }),
  type: z.enum(['Normal', 'Warning']),
  action: text,
});
const fields = Object.keys(schema.shape);

const kindOf: Readonly<Record<string, FeedbackEvent>> = {
  'email.delivered': 'delivered',
  'email.delivery_delayed': 'delivery_delayed',
  'email.complained': 'complained',
  'email.bounced': 'bounced',
  'email.opened': 'opened',
  'email.clicked': 'clicked',
};

export function emailEventKind({
  store,
}: {
  readonly store: StorePart<'messages.get' | 'messages.list' | 'resources.of' | 'resources.ofMessages'>;
}): ResourceKind {
  async function nameOf(tenantId: string, { id }: MessageDetail): Promise<string> {
    const [row] = await store.resources.ofMessages({ tenantId, kind: 'Email', messageIds: [id] });
    return row?.name ?? id;
  }

  return {
    ...{ apiVersion: 'email.miloapis.com/v1alpha1', otherVersions: ['v1'], kind: 'EmailEvent', plural: 'emailevents' },
    ...{ of: 'tenant', isOperators: false, isFlat: true },
    summary: 'What happened to an e-mail',
    schema,
    specOf: (document) => Object.fromEntries(Object.entries(document).filter(([name]) => fields.includes(name))),
    // It belongs to whose the e-mail is.
    namespaceOf: ({ regarding }) =>
      isRecord(regarding) && typeof regarding.namespace === 'string' ? regarding.namespace : undefined,
    async list(owner, { limit, cursor }) {
      const { id: tenantId, slug } = ownTenant(owner);
      const page = await store.messages.list({
        tenantId,
        filter: {},
        limit: Math.min(limit, 50),
        ...(cursor !== undefined && { cursor }),
      });
      const items: (Present & { name: string })[] = [];
      for (const { id } of page.items) {
        const message = await store.messages.get({ tenantId, messageId: id });
        if (message !== undefined) items.push(...presentsOf(message, { name: await nameOf(tenantId, message), slug }));
      }
      return { items, ...(page.cursor !== undefined && { cursor: page.cursor }) };
    },
    async find(owner, ref) {
      const { id: tenantId, slug } = ownTenant(owner);
      if (owner.isNew) return undefined;
      const [applied] = await store.resources.of({ tenantId, kind: 'EmailEvent', names: [ref] });
      if (applied !== undefined && isRecord(applied.said))
        return { ref, spec: applied.said, source: 'command', createdAt: applied.createdAt };
      const [, messageId = '', sequence] = /^(.+)\.(\d+)$/.exec(ref) ?? [];
      const message = isId(messageId) ? await store.messages.get({ tenantId, messageId }) : undefined;
      if (message === undefined) return undefined;
      return presentsOf(message, { name: await nameOf(tenantId, message), slug }).find(
        (one) => one.ref === `${messageId}.${sequence}`,
      );
    },
    keepsSpec: true,
    async add({ owner, name, spec, run }) {
      const { id: tenantId, slug } = ownTenant(owner);
      if (isOfTenant(run.caller.actor))
        throw new IepError('forbidden', 'Only the operator says what happened to e-mails');
      const { regarding, action, message: said } = schema.parse(spec);
      const state = stateOfAction(action);
      if (state === undefined)
        throw invalid([{ path: 'action', message: 'must be EmailDelivered, EmailBounced or the like' }]);
      const [email] = owner.isNew ? [] : await store.resources.of({ tenantId, kind: 'Email', names: [regarding.name] });
      const beside = run.mail.get(`${tenantId}/${regarding.name}`);
      const messageId = email?.ref ?? beside;
      if (messageId === undefined)
        throw invalid([{ path: 'regarding.name', message: `no Email of ${slug} has this name` }]);
      const kind = kindOf[state];
      const feedback = kind && {
        ...{ kind, at: timeIn(said, run.now), eventId: `EmailEvent ${slug}/${name}`, about: { messageId } },
        data: { message: said, ...(kind === 'bounced' && { class: 'hard' }) } as { [name: string]: Json },
        ...recipientIn(said),
      };
      return {
        ...{ ref: name, action: 'feedback.import', target: name, note: { tenant: slug } },
        writes:
          feedback === undefined
            ? []
            : [{ verb: 'feedback.record', input: { feedback: [feedback], door: 'import', now: run.now } }],
      };
    },
    set: ({ present }) =>
      Promise.reject(new IepError('conflict', `What ${present.ref} says has happened, and is not changed`)),
  };
}

function presentsOf(
  message: MessageDetail,
  { name, slug }: { name: string; slug: string },
): (Present & { name: string })[] {
  return message.events.flatMap((event) => {
    const said = emailEvent(event);
    if (said === undefined) return [];
    const regarding = {
      apiVersion: 'email.miloapis.com/v1alpha1',
      kind: 'Email',
      name,
      namespace: slug,
      uid: message.id,
    };
    const ref = `${message.id}.${event.sequence}`;
    return [{ ref, name: ref, source: 'command' as const, createdAt: event.at, spec: { regarding, ...said } }];
  });
}

const TIME = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z/;

/** When it happened: now, where nothing is said that has been. */
function timeIn(message: string, now: number): number {
  const [time = ''] = TIME.exec(message) ?? [];
  const at = Date.parse(time);
  return at <= now ? at : now;
}

/** `Message delivered to john@example.com at …`. */
function recipientIn(message: string): { recipient?: string } {
  const word = message.split(/\s+/).find((one) => one.includes('@'));
  return word === undefined ? {} : { recipient: word.replace(/[<>,;]/g, '') };
}
