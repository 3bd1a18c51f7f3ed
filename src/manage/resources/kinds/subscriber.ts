/** Subscribers as resources. The name is the id, which is the caller's. */

import * as z from 'zod';
import type { StorePart } from '../../../db/verbs/store.ts';
import type { Subscriber } from '../../../db/verbs/subscribers.ts';
import { MAX_SUBSCRIBERS, subscriberFields } from '../../subscribers.ts';
import type { Owner, Present, ResourceKind, Run, Spec, Step } from '../kind.ts';
import { ownTenant } from '../owner.ts';

const schema = z.strictObject(subscriberFields);

export function subscriberKind({
  store,
}: {
  readonly store: StorePart<'subscribers.list' | 'subscribers.of'>;
}): ResourceKind {
  function step({ owner, id, spec, run }: { owner: Owner; id: string; spec: Spec; run: Run }): Step {
    const { id: tenantId, slug } = ownTenant(owner);
    const said = Object.fromEntries(Object.entries(schema.parse(spec)).filter(([, value]) => value !== undefined));
    return {
      ...{ ref: id, action: 'subscriber.set', target: id, note: { tenant: slug } },
      writes: [{ verb: 'subscribers.put', input: { ...said, tenantId, id, max: MAX_SUBSCRIBERS, now: run.now } }],
    };
  }

  return {
    ...{ apiVersion: 'iep/v1', kind: 'Subscriber', plural: 'subscribers', of: 'tenant', isOperators: false },
    summary: 'Somebody whom a tenant writes to, by an id of its own; metadata.name is the id',
    schema,
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

function presentOf({ tenantId: _, id, createdAt, updatedAt: _at, ...spec }: Subscriber): Present & { name: string } {
  return { ref: id, name: id, spec, source: 'command', createdAt };
}
