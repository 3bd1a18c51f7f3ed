/** E-mails as resources: applied once, then as they are. The name is the idempotency key of the message. */

import * as z from 'zod';
import { IepError } from '../../../core/errors.ts';
import { isId } from '../../../core/ids.ts';
import { invalid } from '../../../core/invalid.ts';
import { isRecord } from '../../../core/is-record.ts';
import { readMailbox } from '../../../core/mailbox-list.ts';
import { type Json, lanes, type Mailbox, type Submission } from '../../../core/message.ts';
import { senderOwners } from '../../../core/sender-owners.ts';
import { TEMPLATE_NAME } from '../../../core/template.ts';
import type { MessageRow } from '../../../db/verbs/messages.ts';
import type { AppliedResource } from '../../../db/verbs/resources.ts';
import type { StorePart } from '../../../db/verbs/store.ts';
import type { Accept } from '../../../message/intake/accept.ts';
import { emailStatus } from '../email-status.ts';
import type { Owner, Present, ResourceKind, Run, Spec } from '../kind.ts';
import { ownTenant } from '../owner.ts';
import { plannedTemplate, type SeenTemplates } from '../planned-templates.ts';
import { timeText } from '../time-text.ts';

const addresses = z.array(z.string().min(1).max(998)).max(1_000);
const schema = z.strictObject({
  templateRef: z.strictObject({ name: z.string().regex(TEMPLATE_NAME, 'is not the name of a template') }),
  userRef: z
    .strictObject({ name: z.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(1_000)]) })
    .optional()
    .describe('Ids of subscribers, one or a list'),
  to: addresses.default([]),
  cc: addresses.default([]),
  bcc: addresses.default([]),
  variables: z
    .array(z.strictObject({ name: z.string().min(1).max(128), value: z.unknown() }))
    .max(200)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'names one of them twice')
    .default([]),
  priority: z.enum(lanes).optional(),
  scheduledAt: timeText.optional(),
});

export interface EmailKindDeps {
  readonly store: StorePart<'messages.get' | 'messages.list' | 'resources.ofMessages' | 'subscribers.of'> &
    SeenTemplates;
  readonly draw: Accept['draw'];
  readonly write: Accept['write'];
}

export function emailKind({ store, draw, write }: EmailKindDeps): ResourceKind {
  const ofRuns = new WeakMap<Run, ReadonlyMap<string, { email?: string; name?: string }>>();

  /** Those that the run makes or changes, by tenant and id. */
  function subscribersIn(run: Run) {
    const found =
      ofRuns.get(run) ??
      new Map(
        run.plans
          .filter(({ kind }) => kind === 'Subscriber')
          .map(({ owner, name, spec }): [string, { email?: string; name?: string }] => [
            `${owner.tenant?.id}/${name}`,
            spec,
          ]),
      );
    ofRuns.set(run, found);
    return found;
  }

  async function subscribersOf(owner: Owner, ids: readonly string[], run: Run): Promise<readonly Mailbox[]> {
    const { id: tenantId } = ownTenant(owner);
    const found = owner.isNew ? [] : await store.subscribers.of({ tenantId, ids });
    const known = new Map<string, { email?: string; name?: string }>(found.map((one) => [one.id, one]));
    const beside = subscribersIn(run);
    return ids.map((id) => {
      const one = beside.get(`${tenantId}/${id}`) ?? known.get(id);
      if (one?.email !== undefined) return { email: one.email, ...(one.name !== undefined && { name: one.name }) };
      const message = one === undefined ? `no subscriber ${id} is there` : `the subscriber ${id} has no address`;
      throw invalid([{ path: 'spec.userRef.name', message }]);
    });
  }

  async function submissionOf(
    owner: Owner,
    name: string,
    { spec, run }: { spec: Spec; run: Run },
  ): Promise<Submission> {
    const { defaultFrom: from } = ownTenant(owner).settings;
    if (from === undefined)
      throw new IepError('conflict', 'The tenant has no default sender, whom its e-mails are from');
    const { templateRef, userRef, to, cc, bcc, variables, priority, scheduledAt } = schema.parse(spec);
    const ids = userRef === undefined ? [] : [userRef.name].flat();
    const named = [...(await subscribersOf(owner, ids, run)), ...mailboxes('to', to)];
    if (named.length + cc.length + bcc.length === 0) {
      throw invalid([{ path: 'spec.userRef', message: 'or `to` says to whom it is' }]);
    }
    return {
      ...{
        door: 'http',
        from: { email: from.email, ...(from.name !== undefined && { name: from.name }) },
        to: named,
        subject: '',
      },
      ...(cc.length > 0 && { cc: mailboxes('cc', cc) }),
      ...(bcc.length > 0 && { bcc: mailboxes('bcc', bcc) }),
      content: {
        kind: 'parts',
        template: { name: templateRef.name },
        variables: Object.fromEntries(variables.map((one) => [one.name, (one.value ?? null) as Json])),
      },
      ...(priority !== undefined && { lane: priority }),
      ...(scheduledAt !== undefined && { scheduledAt: Date.parse(scheduledAt) }),
      idempotencyKey: name,
    };
  }

  return {
    ...{ apiVersion: 'email.miloapis.com/v1alpha1', kind: 'Email', plural: 'emails', of: 'tenant', isOperators: false },
    summary: 'An e-mail, made with a template and sent once; metadata.name is its idempotency key',
    schema,
    calls: { template: 'templateRef.name' },
    keepsSpec: true,
    async list(owner, page) {
      const tenant = ownTenant(owner);
      const found = await store.messages.list({ tenantId: tenant.id, filter: {}, ...page });
      const ids = found.items.map(({ id }) => id);
      const rows = new Map(
        (await store.resources.ofMessages({ tenantId: tenant.id, kind: 'Email', messageIds: ids })).map((row) => [
          row.ref,
          row,
        ]),
      );
      const items = found.items.map((row) => presentOf(row, rows.get(row.id)));
      return { items, ...(found.cursor !== undefined && { cursor: found.cursor }) };
    },
    async find(owner, ref) {
      const { id: tenantId } = ownTenant(owner);
      if (owner.isNew || !isId(ref)) return undefined;
      const message = await store.messages.get({ tenantId, messageId: ref });
      if (message === undefined) return undefined;
      const [row] = await store.resources.ofMessages({ tenantId, kind: 'Email', messageIds: [ref] });
      return { ...presentOf(message, row), status: emailStatus(message) };
    },
    async add({ owner, name, spec, run }) {
      const { id: tenantId, slug } = ownTenant(owner);
      const tenant = run.tenants.find((one) => one.id === tenantId);
      if (tenant === undefined) throw new IepError('conflict', `The tenant ${slug} goes in the same run`);
      const submission = await submissionOf({ ...owner, tenant }, name, { spec, run });
      const { name: named } = schema.parse(spec).templateRef;
      const template = await plannedTemplate(store, named, { owner, run });
      if (template === undefined && owner.isNew) {
        throw invalid([
          { path: 'spec.templateRef.name', message: `no template of this run or of all tenants is ${named}` },
        ]);
      }
      const message = await draw(tenant, submission, { template, ownersOf: senderOwners(run.tenants) });
      const { id } = message.message;
      run.mail.set(`${tenant.id}/${name}`, id);
      return {
        ...{ ref: id, action: 'email.add', target: name, note: { tenant: tenant.slug, after: { messageId: id } } },
        mail: { tenant, message },
        writes: [write(tenant, [message])],
      };
    },
    set: ({ present }) =>
      Promise.reject(
        new IepError(
          'conflict',
          `The e-mail is message ${present.ref} already and cannot be changed: give it another name`,
        ),
      ),
  };
}

function mailboxes(field: string, texts: readonly string[]): readonly Mailbox[] {
  return texts.map((text, index) => {
    const mailbox = readMailbox(text);
    if (mailbox === undefined)
      throw invalid([{ path: `spec.${field}.${index}`, message: 'must be an address such as "user@example.com"' }]);
    return mailbox;
  });
}

/** One that was not applied is said as far as it can be. */
function presentOf(row: MessageRow, applied: AppliedResource | undefined): Present & { name: string } {
  const { id, template, to, cc, bcc, lane, createdAt, status } = row;
  const spec = { ...(template !== undefined && { templateRef: { name: template } }), to, cc, bcc, priority: lane };
  return {
    ...{ ref: id, name: applied?.name ?? id, createdAt, source: applied === undefined ? 'command' : 'apply' },
    ...(applied !== undefined && { labels: applied.labels }),
    spec: isRecord(applied?.said) ? applied.said : spec,
    status: { phase: status.charAt(0).toUpperCase() + status.slice(1), messageId: id },
  };
}
