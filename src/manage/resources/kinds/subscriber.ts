/** Subscribers as resources. The name is the id, which is the caller's. */

import * as z from 'zod';
import { parseBody } from '../../../core/check-input.ts';
import type { NewId } from '../../../core/ids.ts';
import { maskedChannels, meantChannels, type SubscriberChannels } from '../../../core/subscriber-channels.ts';
import type { Vault } from '../../../core/vault.ts';
import type { StorePart } from '../../../db/verbs/store.ts';
import type { Subscriber } from '../../../db/verbs/subscribers.ts';
import { newSubscriber, type SubscriberFields, saidOf, subscriberFields } from '../../subscriber-fields.ts';
import type { WebhookDesk } from '../../webhooks.ts';
import type { Owner, Present, ResourceKind, Run, Spec, Step } from '../kind.ts';
import { ownTenant } from '../owner.ts';

export interface SubscriberResourceDeps {
  readonly store: StorePart<'subscribers.list' | 'subscribers.of'>;
  readonly vault: Vault;
  readonly newId: NewId;
  readonly webhooks: Pick<WebhookDesk, 'refusalOf'>;
}

export function subscriberKind(deps: SubscriberResourceDeps): ResourceKind {
  const { store, vault } = deps;
  const schema = z.strictObject(subscriberFields(deps.webhooks.refusalOf));

  function step({ owner, id, spec, run }: { owner: Owner; id: string; spec: Spec; run: Run }): Step {
    const { id: tenantId, slug } = ownTenant(owner);
    const said = Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== undefined));
    const fields = parseBody(schema, said) as SubscriberFields;
    return {
      ...{ ref: id, action: 'subscriber.set', target: id, note: { tenant: slug } },
      writes: [{ verb: 'subscribers.put', input: newSubscriber({ tenantId, id, fields, now: run.now }, deps) }],
    };
  }

  function presentOf(one: Subscriber): Present & { name: string } {
    const { id, createdAt } = one;
    return { ref: id, name: id, spec: { ...saidOf(one, vault) }, source: 'command', createdAt };
  }

  return {
    ...{ apiVersion: 'iep/v1', kind: 'Subscriber', plural: 'subscribers', of: 'tenant', isOperators: false },
    summary: 'Somebody whom a tenant writes to, by an id of its own; metadata.name is the id',
    schema: schema as ResourceKind['schema'],
    shown: ({ channels, ...spec }) => ({
      ...spec,
      ...(channels !== undefined && { channels: maskedChannels(channels as SubscriberChannels) }),
    }),
    meant(spec, present) {
      const said = present === undefined ? spec : withoutEmpty(spec, present.spec);
      const before = present?.spec.channels as SubscriberChannels | undefined;
      if (said.channels === undefined || before === undefined) return said;
      return { ...said, channels: meantChannels(said.channels as SubscriberChannels, before) };
    },
    async list(owner, page) {
      const { items, cursor } = await store.subscribers.list({ tenantId: ownTenant(owner).id, ...page });
      return { items: items.map(presentOf), ...(cursor !== undefined && { cursor }) };
    },
    async find(owner, ref) {
      if (owner.isNew) return undefined;
      const [found] = await store.subscribers.of({ tenantId: ownTenant(owner).id, ids: [ref] });
      return found && presentOf(found);
    },
    add: async ({ owner, name, spec, run }) => step({ owner, id: name, spec, run }),
    set: async ({ owner, present, changes, run }) =>
      step({ owner, id: present.ref, spec: { ...present.spec, ...Object.fromEntries(changes) }, run }),
    async remove({ owner, present: { ref: id } }) {
      const { id: tenantId, slug } = ownTenant(owner);
      return {
        ...{ ref: id, action: 'subscriber.remove', target: id, note: { tenant: slug } },
        writes: [{ verb: 'subscribers.remove', input: { tenantId, id } }],
      };
    },
  };
}

/** To say that nobody is in a topic, or has a channel, who is in none and has none changes nothing. */
function withoutEmpty(spec: Spec, present: Spec): Spec {
  const isEmpty = (value: unknown) => typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  return Object.fromEntries(
    Object.entries(spec).filter(([name, value]) => present[name] !== undefined || !isEmpty(value)),
  );
}
