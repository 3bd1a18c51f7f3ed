/** Triggers as resources. */

import { invalid } from '../../../core/invalid.ts';
import type { StorePart } from '../../../db/verbs/store.ts';
import type { StoredTrigger } from '../../../db/verbs/triggers.ts';
import { definitionName } from '../../definitions/fields.ts';
import { toTrigger, triggerSpec } from '../../trigger-fields.ts';
import { MAX_TRIGGERS } from '../../triggers.ts';
import type { Owner, Present, ResourceKind } from '../kind.ts';
import { ownTenant } from '../owner.ts';

export function triggerKind({ store }: { readonly store: StorePart<'triggers.list'> }): ResourceKind {
  async function all(owner: Owner) {
    return owner.isNew ? [] : (await store.triggers.list({ tenantId: ownTenant(owner).id })).map(presentOf);
  }

  return {
    ...{ apiVersion: 'iep/v1', kind: 'Trigger', plural: 'triggers', of: 'tenant', isOperators: false },
    summary: 'Events of a type that send mail',
    schema: triggerSpec,
    list: async (owner) => ({ items: await all(owner) }),
    find: async (owner, ref) => (await all(owner)).find((one) => one.ref === ref),
    async add({ owner, name, spec, run }) {
      if (!definitionName.safeParse(name).success) {
        throw invalid([{ path: 'metadata.name', message: 'must be small letters, digits, `.`, `_` and `-`' }]);
      }
      const { id: tenantId, slug } = ownTenant(owner);
      const trigger = toTrigger(name, triggerSpec.parse(spec));
      return {
        ...{ ref: name, action: 'trigger.add', target: name, note: { tenant: slug } },
        writes: [{ verb: 'triggers.add', input: { tenantId, trigger, max: MAX_TRIGGERS, now: run.now } }],
      };
    },
    async set({ owner, present, changes, run }) {
      const { id: tenantId, slug } = ownTenant(owner);
      const fields = Object.entries({ ...present.spec, ...Object.fromEntries(changes) });
      const said = Object.fromEntries(fields.filter(([, value]) => value !== undefined));
      const trigger = toTrigger(present.ref, triggerSpec.parse(said));
      return {
        ...{ ref: present.ref, action: 'trigger.set', target: present.ref, note: { tenant: slug } },
        writes: [{ verb: 'triggers.set', input: { tenantId, trigger, now: run.now } }],
      };
    },
    async remove({ owner, present: { ref: name } }) {
      const { id: tenantId, slug } = ownTenant(owner);
      return {
        ...{ ref: name, action: 'trigger.remove', target: name, note: { tenant: slug } },
        writes: [{ verb: 'triggers.remove', input: { tenantId, name } }],
      };
    },
  };
}

function presentOf({ name, createdAt, updatedAt: _, ...spec }: StoredTrigger): Present & { name: string } {
  return { ref: name, name, spec, source: 'command', createdAt };
}
