/** Definitions as resources: topics, notification types … */

import { parseBody } from '../../../core/check-input.ts';
import type { NewId } from '../../../core/ids.ts';
import { invalid } from '../../../core/invalid.ts';
import type { Vault } from '../../../core/vault.ts';
import type { Definition, DefinitionFields } from '../../../db/verbs/definitions.ts';
import type { StorePart } from '../../../db/verbs/store.ts';
import { definitionName } from '../../definitions/fields.ts';
import type { DefinitionKind } from '../../definitions/kind.ts';
import { keptFields, maskedFields, meantFields, wholeFields } from '../../definitions/secret-fields.ts';
import type { Owner, Present, ResourceKind, Spec } from '../kind.ts';
import { ownTenant } from '../owner.ts';

export interface DefinitionResourceDeps {
  readonly store: StorePart<'definitions.list' | 'definitions.get'>;
  readonly vault: Vault;
  readonly newId: NewId;
}

export function definitionResource(definitionKind: DefinitionKind, deps: DefinitionResourceDeps): ResourceKind {
  const { store, vault, newId } = deps;
  const { kind, action, secrets, spec: schema, max, resource } = definitionKind;

  function presentOf(one: Definition): Present & { name: string } {
    const { name, createdAt } = one;
    return { ref: name, name, spec: wholeFields(vault, one), source: 'command', createdAt };
  }

  const about = (owner: Owner, name: string, verb: string) => ({
    ...{ ref: name, action: `${action}.${verb}`, target: name, note: { tenant: ownTenant(owner).slug } },
  });

  return {
    ...{ apiVersion: 'iep/v1', kind: resource.kind, plural: resource.plural, of: 'tenant', isOperators: false },
    summary: resource.summary,
    schema: schema as ResourceKind['schema'],
    secretsOf: () => secrets,
    async list(owner) {
      if (owner.isNew) return { items: [] };
      return { items: (await store.definitions.list({ tenantId: ownTenant(owner).id, kind })).map(presentOf) };
    },
    async find(owner, name) {
      const found = owner.isNew
        ? undefined
        : await store.definitions.get({ tenantId: ownTenant(owner).id, kind, name });
      return found && presentOf(found);
    },
    meant(spec, present) {
      if (present === undefined || secrets.length === 0) return spec;
      const whole = present.spec as DefinitionFields;
      return meantFields(spec as DefinitionFields, { shown: maskedFields(whole, secrets), whole });
    },
    async add({ owner, name, spec, run }) {
      const { error } = definitionName.safeParse(name);
      if (error !== undefined) throw invalid([{ path: 'metadata.name', message: error.issues[0]?.message ?? '' }]);
      const { id: tenantId } = ownTenant(owner);
      const made = definitionKind.made?.(spec) ?? {};
      const id = newId();
      const kept = keptFields(vault, { id, secrets, fields: { ...spec, ...made } });
      return {
        ...about(owner, name, 'add'),
        ...(Object.keys(made).length > 0 && { secret: made }),
        writes: [{ verb: 'definitions.add', input: { tenantId, kind, name, id, ...kept, max, now: run.now } }],
      };
    },
    async set({ owner, present: { ref: name, spec }, changes, run }) {
      const { id: tenantId } = ownTenant(owner);
      const before = await store.definitions.get({ tenantId, kind, name });
      const fields = parseBody(schema, said({ ...spec, ...Object.fromEntries(changes) }));
      const kept = keptFields(vault, { id: before?.id ?? '', secrets, fields });
      return {
        ...about(owner, name, 'set'),
        writes: [{ verb: 'definitions.set', input: { tenantId, kind, name, ...kept, now: run.now } }],
      };
    },
    async remove({ owner, present: { ref: name } }) {
      const { id: tenantId } = ownTenant(owner);
      return {
        ...about(owner, name, 'remove'),
        writes: [{ verb: 'definitions.remove', input: { tenantId, kind, name } }],
      };
    },
  };
}

function said(spec: Spec): Spec {
  return Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== undefined));
}
