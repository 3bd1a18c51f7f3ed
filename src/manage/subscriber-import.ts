/** Many subscribers at once: each is added, or changed where it says something else; what it leaves out stays. */

import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { parseBody } from '../core/check-input.ts';
import { type FieldError, IepError } from '../core/errors.ts';
import { schemaWords } from '../core/schema-words.ts';
import type { StorePart, StoreWrite } from '../db/verbs/store.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import {
  merged,
  newSubscriber,
  type SubscriberFields,
  type SubscriberWriting,
  saidOf,
  subscriberFields,
  subscriberId,
} from './subscriber-fields.ts';

export interface SubscriberRow {
  /** `line 3`. */
  readonly where: string;
  readonly said?: Readonly<Record<string, unknown>>;
  readonly fault?: string;
}

export interface SubscribersImported {
  readonly added: number;
  readonly changed: number;
  readonly unchanged: number;
  /** Lines that are wrong. */
  readonly refused: number;
  readonly errors: readonly FieldError[];
}

/** Written in one commit, so that an import lets others in between. */
const AT_ONCE = 250;
/** Wrong lines that are told of; more are only counted. */
const MAX_ERRORS = 1_000;

interface ImportDeps extends SubscriberWriting {
  readonly store: StorePart<'subscribers.of' | 'together'>;
}

interface Read {
  readonly id: string;
  readonly where: string;
  readonly said: Readonly<Record<string, unknown>>;
}

export function createSubscriberImport(deps: ImportDeps) {
  const { store, vault, clock } = deps;
  const schema = z.strictObject(subscriberFields(deps.webhooks.refusalOf));

  return async (
    { tenant, rows, dryRun }: { tenant: Pick<Tenant, 'id'>; rows: Iterable<SubscriberRow>; dryRun: boolean },
    signal: AbortSignal,
  ): Promise<SubscribersImported> => {
    const counts = { added: 0, changed: 0, unchanged: 0, refused: 0 };
    const errors: FieldError[] = [];

    function refuse(where: string, faults: readonly string[]): void {
      counts.refused += 1;
      if (errors.length < MAX_ERRORS) errors.push({ path: where, message: faults.join('; ') });
    }

    /** One id may stand in several lines. */
    async function write(rows: readonly SubscriberRow[]): Promise<void> {
      const some = rows.map(readRow);
      const ids = [...new Set(some.flatMap((one) => ('id' in one ? [one.id] : [])))];
      const there = await store.subscribers.of({ tenantId: tenant.id, ids });
      const known = new Map(there.map((one) => [one.id, saidOf(one, vault)]));
      const writes = new Map<string, StoreWrite>();
      for (const one of some) {
        if ('fault' in one) {
          refuse(one.where, [one.fault]);
          continue;
        }
        const { id, where, said } = one;
        const before = known.get(id);
        const fields = checked(where, merged(before ?? {}, said));
        if (fields === undefined) continue;
        const change = before === undefined ? 'added' : isDeepStrictEqual(before, fields) ? 'unchanged' : 'changed';
        counts[change] += 1;
        known.set(id, fields);
        if (change === 'unchanged') continue;
        const input = newSubscriber({ tenantId: tenant.id, id, fields, now: clock.now() }, deps);
        writes.set(id, { verb: 'subscribers.put', input });
      }
      if (!dryRun && writes.size > 0) await store.together([...writes.values()], signal);
    }

    function checked(where: string, said: Readonly<Record<string, unknown>>): SubscriberFields | undefined {
      try {
        return withoutUndefined(parseBody(schema, said)) as SubscriberFields;
      } catch (error) {
        if (!(error instanceof IepError)) throw error;
        return void refuse(
          where,
          (error.errors ?? []).map(({ path, message }) => `${path} ${message}`),
        );
      }
    }

    let some: SubscriberRow[] = [];
    for (const row of rows) {
      some.push(row);
      if (some.length < AT_ONCE) continue;
      await write(some);
      signal.throwIfAborted();
      some = [];
    }
    await write(some);
    return { ...counts, errors };
  };
}

function readRow({ where, said, fault }: SubscriberRow): Read | { readonly where: string; readonly fault: string } {
  if (said === undefined) return { where, fault: fault ?? 'is not a subscriber' };
  const { id, ...rest } = said;
  const { data, error } = subscriberId.safeParse(id, { error: schemaWords });
  if (error !== undefined) return { where, fault: `id ${error.issues[0]?.message}` };
  return { id: data, where, said: rest };
}

function withoutUndefined(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
