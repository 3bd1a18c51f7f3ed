/** Subscribers: whom a tenant writes to, by ids of its own, and what they want to be told. */

import * as z from 'zod';
import { parseBody } from '../core/check-input.ts';
import { IepError } from '../core/errors.ts';
import type { Preferences } from '../core/preferences.ts';
import type { KeptPreferences } from '../db/verbs/preferences.ts';
import type { StorePart } from '../db/verbs/store.ts';
import type { Subscriber } from '../db/verbs/subscribers.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import type { Audit } from './audit/audit.ts';
import type { AuditNote, Caller } from './audit/caller.ts';
import { createErasure, type ErasureDeps } from './erasure.ts';
import {
  merged,
  newSubscriber,
  type SubscriberFields,
  type SubscriberWriting,
  saidOf,
  subscriberFields,
} from './subscriber-fields.ts';
import { createSubscriberImport, type SubscriberRow, type SubscribersImported } from './subscriber-import.ts';

type Owner = Pick<Tenant, 'id' | 'slug'>;
interface Named {
  readonly tenant: Owner;
  readonly id: string;
}

export interface SubscriberDesk {
  /** Refuses with `not_found`, as what follows. */
  get(tenant: Owner, id: string): Promise<Subscriber>;
  /** Refuses with `conflict` where one of that id is there. */
  add(caller: Caller, input: Named & { readonly fields: SubscriberFields }): Promise<Subscriber>;
  /** Changes what is given; null takes a field, or a channel, away. */
  set(caller: Caller, input: Named & { readonly changes: Readonly<Record<string, unknown>> }): Promise<Subscriber>;
  /** What a line leaves out stays as it is; lines that are wrong are told and left out. */
  import(
    caller: Caller,
    input: { readonly tenant: Owner; readonly rows: Iterable<SubscriberRow>; readonly dryRun: boolean },
    signal: AbortSignal,
  ): Promise<SubscribersImported>;
  /** With preferences and topics; with `erase` also its mail and notifications, which refuses with `conflict` while mail is under way. */
  remove(caller: Caller, input: Named & { readonly erase: boolean }, signal: AbortSignal): Promise<void>;
  /** Undefined of who has said nothing. */
  preferences(tenant: Owner, id: string): Promise<KeptPreferences | undefined>;
  setPreferences(caller: Caller, input: Named & { readonly preferences: Preferences }): Promise<KeptPreferences>;
}

export interface SubscriberDeskDeps extends SubscriberWriting {
  readonly store: ErasureDeps['store'] &
    StorePart<
      | 'subscribers.of'
      | 'together'
      | 'subscribers.add'
      | 'subscribers.put'
      | 'subscribers.remove'
      | 'preferences.of'
      | 'preferences.set'
    >;
  readonly audit: Pick<Audit, 'act'>;
}

export function createSubscriberDesk(deps: SubscriberDeskDeps): SubscriberDesk {
  const { store, audit, vault, clock } = deps;
  const schema = z.strictObject(subscriberFields(deps.webhooks.refusalOf));

  const importRows = createSubscriberImport(deps);
  const eraseAll = createErasure(deps);

  const written = ({ tenant, id }: Named, fields: SubscriberFields) =>
    newSubscriber({ tenantId: tenant.id, id, fields, now: clock.now() }, deps);

  async function get(tenant: Owner, id: string): Promise<Subscriber> {
    const [found] = await store.subscribers.of({ tenantId: tenant.id, ids: [id] });
    if (found === undefined) throw isMissing();
    return found;
  }

  /** Of who it is about the audit log keeps the id: the rest may have to be erased one day. */
  function actOn<T>(
    caller: Caller,
    action: string,
    { tenant, id }: Named,
    work: (note: (more: AuditNote) => void) => Promise<T>,
  ): Promise<T> {
    return audit.act(caller, { action, tenant: tenant.slug, target: id }, work);
  }

  return {
    get,
    add: (caller, { fields, ...named }) =>
      actOn(caller, 'subscriber.add', named, (note) => {
        note({ after: { fields: namesOf(fields) } });
        return store.subscribers.add(written(named, fields));
      }),
    async set(caller, { changes, ...named }) {
      const before = saidOf(await get(named.tenant, named.id), vault);
      const fields = parseBody(schema, merged(before, changes)) as SubscriberFields;
      return actOn(caller, 'subscriber.set', named, (note) => {
        note({ after: { fields: namesOf(changes) } });
        return store.subscribers.put(written(named, fields));
      });
    },
    remove: (caller, { erase, ...named }, signal) =>
      actOn(caller, 'subscriber.remove', named, async (note) => {
        const one = await get(named.tenant, named.id);
        // It goes last, so that an erasure that was interrupted can be asked for again.
        if (erase) note({ after: { erased: await eraseAll(one, signal) } });
        await store.subscribers.remove({ tenantId: one.tenantId, id: one.id });
      }),
    import: (caller, { tenant, rows, dryRun }, signal) =>
      audit.act(caller, { action: 'subscriber.import', tenant: tenant.slug }, async (note) => {
        const { errors, ...counts } = await importRows({ tenant, rows, dryRun }, signal);
        note({ after: { ...counts, dryRun } });
        return { ...counts, errors };
      }),
    async preferences(tenant, id) {
      await get(tenant, id);
      const found = await store.preferences.of({ tenantId: tenant.id, ids: [id] });
      return Object.hasOwn(found, id) ? found[id] : undefined;
    },
    setPreferences: (caller, { preferences, ...named }) =>
      actOn(caller, 'preferences.set', named, () =>
        store.preferences.set({ tenantId: named.tenant.id, id: named.id, preferences, now: clock.now() }),
      ),
  };
}

function isMissing(): IepError {
  return new IepError('not_found', 'No subscriber has this id.');
}

function namesOf(fields: object): readonly string[] {
  return Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [name]));
}
