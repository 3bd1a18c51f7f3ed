/** Webhooks as resources. A secret that is made is told once, by the run that makes it. */

import * as z from 'zod';
import { IepError } from '../../../core/errors.ts';
import type { NewId } from '../../../core/ids.ts';
import type { Vault } from '../../../core/vault.ts';
import type { StorePart } from '../../../db/verbs/store.ts';
import type { WebhookEndpoint } from '../../../db/verbs/webhooks.ts';
import { secretContext } from '../../../webhooks/post.ts';
import { newSecret } from '../../../webhooks/signing.ts';
import { webhookDescription, webhookEvents, webhookSecret, webhookUrl } from '../../fields.ts';
import { MAX_ENDPOINTS, OVERLAP_MS, type WebhookDesk } from '../../webhooks.ts';
import type { Owner, Present, ResourceKind } from '../kind.ts';
import { ownTenant } from '../owner.ts';

export function webhookKind(deps: {
  readonly store: StorePart<'webhooks.list' | 'webhooks.get'>;
  readonly vault: Vault;
  readonly newId: NewId;
  readonly webhooks: Pick<WebhookDesk, 'refusalOf'>;
}): ResourceKind {
  const { store, vault, newId } = deps;
  const schema = z.strictObject({
    url: webhookUrl(deps.webhooks.refusalOf),
    events: webhookEvents.default(['*']),
    description: webhookDescription.optional(),
    active: z.boolean().optional(),
    secret: webhookSecret.optional(),
  });

  function presentOf(endpoint: WebhookEndpoint): Present {
    const { id, url, events, description, active, createdAt } = endpoint;
    const secret = vault.open(endpoint.secret, secretContext(id));
    return {
      ...{ ref: id, source: 'command', createdAt },
      spec: { url, events, ...(description !== undefined && { description }), active, secret },
      ...(endpoint.off !== undefined && { status: { off: endpoint.off.reason } }),
    };
  }

  async function all(owner: Owner): Promise<readonly Present[]> {
    const { id: tenantId } = ownTenant(owner);
    return owner.isNew ? [] : (await store.webhooks.list({ tenantId })).map(presentOf);
  }

  return {
    ...{ apiVersion: 'iep/v1', kind: 'Webhook', plural: 'webhooks', of: 'tenant', isOperators: false },
    summary: 'A URL that events are posted to',
    schema,
    secretsOf: () => ['secret'],
    list: async (owner) => ({ items: await all(owner) }),
    find: async (owner, ref) => (await all(owner)).find((one) => one.ref === ref),
    async add({ owner, spec, run: { now } }) {
      const { id: tenantId, slug } = ownTenant(owner);
      const { url, events, description, active = true, secret: own } = schema.parse(spec);
      const id = newId();
      const secret = own ?? newSecret();
      const off = { verb: 'webhooks.set', input: { tenantId, webhookId: id, active, now } } as const;
      return {
        ...{ ref: id, action: 'webhook.add', target: id, note: { tenant: slug }, follows: ['wake'] },
        ...(own === undefined && { secret: { secret } }),
        writes: [
          {
            verb: 'webhooks.add',
            input: {
              ...{ id, tenantId, url, events, secret: vault.seal(secret, secretContext(id)), max: MAX_ENDPOINTS, now },
              ...(description !== undefined && { description }),
            },
          },
          ...(active ? [] : [off]),
        ],
      };
    },
    async set({ owner, present: { ref: webhookId }, changes, run: { now } }) {
      const { id: tenantId, slug } = ownTenant(owner);
      const before = await store.webhooks.get({ tenantId, webhookId });
      if (before === undefined) throw new IepError('not_found', 'No webhook has this id.');
      const change = Object.fromEntries(changes) as Partial<Pick<WebhookEndpoint, 'url' | 'events' | 'active'>> & {
        secret?: string;
      };
      const { secret, url, events } = change;
      return {
        ...{ ref: webhookId, action: 'webhook.set', target: webhookId, note: { tenant: slug }, follows: ['wake'] },
        writes: [
          {
            verb: 'webhooks.set',
            input: {
              ...{ tenantId, webhookId, now },
              ...(url !== undefined && { url }),
              ...(events !== undefined && { events }),
              ...(changes.has('description') && { description: String(changes.get('description') ?? '') }),
              ...(changes.has('active') && { active: change.active !== false }),
              ...(secret !== undefined && {
                secret: vault.seal(secret, secretContext(webhookId)),
                previous: { secret: before.secret, until: now + OVERLAP_MS },
              }),
            },
          },
        ],
      };
    },
    async remove({ owner, present: { ref: webhookId } }) {
      const { id: tenantId, slug } = ownTenant(owner);
      return {
        ...{ ref: webhookId, action: 'webhook.remove', target: webhookId, note: { tenant: slug }, follows: ['wake'] },
        writes: [{ verb: 'webhooks.remove', input: { tenantId, webhookId } }],
      };
    },
  };
}
