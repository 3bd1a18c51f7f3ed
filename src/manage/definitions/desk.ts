/** What is done with definitions of any kind: each is checked as its kind says, and its secrets are sealed. */

import { parseBody } from '../../core/check-input.ts';
import type { Clock } from '../../core/clock.ts';
import { IepError } from '../../core/errors.ts';
import type { NewId } from '../../core/ids.ts';
import type { Vault } from '../../core/vault.ts';
import type { Definition, DefinitionFields } from '../../db/verbs/definitions.ts';
import type { StorePart } from '../../db/verbs/store.ts';
import type { Tenant } from '../../db/verbs/tenants.ts';
import type { Audit } from '../audit/audit.ts';
import type { AuditNote, Caller } from '../audit/caller.ts';
import type { DefinitionKind } from './kind.ts';
import { keptFields, meantFields, wholeFields } from './secret-fields.ts';

type Owner = Pick<Tenant, 'id' | 'slug'>;
interface Named {
  readonly tenant: Owner;
  readonly name: string;
}

/** One that was made, and what was made with it and is shown this once. */
export interface NewDefinition {
  readonly definition: Definition;
  readonly made: Readonly<Record<string, string>>;
}

export interface DefinitionDesk {
  list(tenant: Owner): Promise<readonly Definition[]>;
  /** Refuses with `not_found`, as what follows. */
  get(tenant: Owner, name: string): Promise<Definition>;
  /** Refuses with `invalid_request` where the kind does not take these fields. */
  add(caller: Caller, input: Named & { readonly fields: unknown }): Promise<NewDefinition>;
  /** Changes what is given; null takes a field away. */
  set(caller: Caller, input: Named & { readonly changes: DefinitionFields }): Promise<Definition>;
  remove(caller: Caller, input: Named): Promise<void>;
}

export interface DefinitionDeskDeps {
  readonly store: StorePart<
    'definitions.list' | 'definitions.get' | 'definitions.add' | 'definitions.set' | 'definitions.remove'
  >;
  readonly audit: Pick<Audit, 'act'>;
  readonly vault: Vault;
  readonly clock: Pick<Clock, 'now'>;
  readonly newId: NewId;
}

export function createDefinitionDesk(definitionKind: DefinitionKind, deps: DefinitionDeskDeps): DefinitionDesk {
  const { store, audit, vault, clock, newId } = deps;
  const { kind, noun, secrets, spec, max } = definitionKind;

  const idsOf = ({ tenant, name }: Named) => ({ tenantId: tenant.id, kind, name });
  const isMissing = () => new IepError('not_found', `No ${noun} has this name.`);

  async function get(tenant: Owner, name: string): Promise<Definition> {
    const found = await store.definitions.get(idsOf({ tenant, name }));
    if (found === undefined) throw isMissing();
    return found;
  }

  type Note = (more: AuditNote) => void;

  /** The body of a call with secrets is not kept. */
  function noteShown(note: Note, fields: DefinitionFields): void {
    if (secrets.length > 0) note({ after: fields });
  }

  function actOn<T>(
    caller: Caller,
    verb: string,
    { tenant, name }: Named,
    work: (note: Note) => Promise<T>,
  ): Promise<T> {
    return audit.act(caller, { action: `${definitionKind.action}.${verb}`, tenant: tenant.slug, target: name }, work);
  }

  return {
    list: ({ id: tenantId }) => store.definitions.list({ tenantId, kind }),
    get,
    async add(caller, { fields, ...named }) {
      const said = parseBody(spec, fields);
      const made = definitionKind.made?.(said) ?? {};
      const id = newId();
      const kept = keptFields(vault, { id, secrets, fields: { ...said, ...made } });
      const definition = await actOn(caller, 'add', named, (note) => {
        noteShown(note, kept.fields);
        return store.definitions.add({ ...idsOf(named), id, ...kept, max, now: clock.now() });
      });
      return { definition, made };
    },
    async set(caller, { changes, ...named }) {
      const before = await get(named.tenant, named.name);
      const whole = wholeFields(vault, before);
      const wanted = { ...whole, ...meantFields(changes, { shown: before.fields, whole }) };
      const left = Object.entries(wanted).filter(([, value]) => value !== null && value !== undefined);
      const fields = parseBody(spec, Object.fromEntries(left));
      const kept = keptFields(vault, { id: before.id, secrets, fields });
      return actOn(caller, 'set', named, (note) => {
        noteShown(note, kept.fields);
        return store.definitions.set({ ...idsOf(named), ...kept, now: clock.now() });
      });
    },
    remove: (caller, named) =>
      actOn(caller, 'remove', named, async () => {
        if (!(await store.definitions.remove(idsOf(named)))) throw isMissing();
      }),
  };
}
