/** A tenant's suppression list: entries are put on it one by one or as a file has them, and taken off. */

import type { Clock } from '../core/clock.ts';
import { IepError } from '../core/errors.ts';
import { invalid } from '../core/invalid.ts';
import { EXPIRED, showEntryAddress } from '../core/suppression-entry.ts';
import { changed, changeOf, strengthened } from '../db/rules/suppression-merge.ts';
import type { StorePart } from '../db/verbs/store.ts';
import type { NewSuppression, Suppression, SuppressionChange, SuppressionReason } from '../db/verbs/suppressions.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import type { Audit } from './audit/audit.ts';
import type { Caller } from './audit/caller.ts';

type Owner = Pick<Tenant, 'id' | 'slug'>;

export interface SuppressionDesk {
  /** The entry as it is now, and what that changed. What is left out of reason and note stays as it was. */
  add(
    caller: Caller,
    input: {
      tenant: Owner;
      email: string;
      reason?: SuppressionReason | undefined;
      note?: string | undefined;
      expiresAt?: number | undefined;
    },
  ): Promise<{ readonly entry: Suppression; readonly change: SuppressionChange }>;
  remove(caller: Caller, input: { tenant: Owner; email: string }): Promise<void>;
  /** Never weakens an entry. With `dryRun` it only tells what would come of it. */
  import(
    caller: Caller,
    input: { tenant: Owner; entries: readonly NewSuppression[]; dryRun: boolean; now: number },
    signal: AbortSignal,
  ): Promise<Readonly<Record<SuppressionChange, number>>>;
}

export interface SuppressionDeskDeps {
  readonly store: StorePart<'suppressions.add' | 'suppressions.get' | 'suppressions.of' | 'suppressions.remove'>;
  readonly audit: Pick<Audit, 'act'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Entries that the list of a tenant may have. */
  readonly maxSuppressions: () => number;
}

/** Entries written in one commit, so that an import lets others in between. */
const IMPORT_COMMIT = 1_000;

export function createSuppressionDesk({ store, audit, clock, maxSuppressions }: SuppressionDeskDeps): SuppressionDesk {
  interface Import {
    readonly tenantId: string;
    readonly now: number;
  }
  type Put = (entries: readonly NewSuppression[]) => Promise<readonly SuppressionChange[]>;

  function strengthen({ tenantId, now }: Import, signal: AbortSignal): Put {
    return (entries) =>
      store.suppressions.add({ tenantId, entries, strengthenAt: now, max: maxSuppressions() }, signal);
  }

  /** What `strengthen` would come to, an address that stands in several lines included. */
  function foretell({ tenantId, now }: Import, signal: AbortSignal): Put {
    const assumed = new Map<string, Suppression>();
    return async (entries) => {
      const emails = [...new Set(entries.map(({ email }) => email))].filter((email) => !assumed.has(email));
      for (const one of await store.suppressions.of({ tenantId, emails, now }, signal)) assumed.set(one.email, one);
      return entries.map((entry) => {
        const known = assumed.get(entry.email);
        const next = strengthened(known, entry);
        assumed.set(entry.email, next);
        return changeOf(known, next);
      });
    };
  }

  return {
    add: (caller, { tenant, email, reason, note, expiresAt }) =>
      audit.act(caller, actionOn(tenant, 'suppression.add', email), async () => {
        const now = clock.now();
        if (expiresAt !== undefined && expiresAt <= now) throw invalid([{ path: 'expiresAt', message: EXPIRED }]);
        const entry = {
          ...{ email, createdAt: now },
          ...(reason !== undefined && { reason }),
          ...(note !== undefined && { note }),
          ...(expiresAt !== undefined && { expiresAt }),
        };
        const [change = 'unchanged'] = await store.suppressions.add({
          ...{ tenantId: tenant.id, entries: [entry], max: maxSuppressions() },
        });
        // One that was there already keeps the time it was made.
        const kept = await store.suppressions.get({ tenantId: tenant.id, email, now });
        return { entry: kept ?? changed(undefined, entry), change };
      }),
    remove: (caller, { tenant, email }) =>
      audit.act(caller, actionOn(tenant, 'suppression.remove', email), async () => {
        const wasThere = await store.suppressions.remove({ tenantId: tenant.id, email });
        if (!wasThere) throw new IepError('not_found', 'That address is not on the list');
      }),
    import: (caller, { tenant, entries, dryRun, now }, signal) =>
      audit.act(caller, actionOn(tenant, 'suppression.import'), async (note) => {
        const into = { tenantId: tenant.id, now };
        const put = dryRun ? foretell(into, signal) : strengthen(into, signal);
        const counts = { added: 0, changed: 0, unchanged: 0 };
        for (let start = 0; start < entries.length; start += IMPORT_COMMIT) {
          const changes = await put(entries.slice(start, start + IMPORT_COMMIT)).catch(tellingOf(start));
          for (const change of changes) counts[change] += 1;
        }
        note({ after: { ...counts, dryRun } });
        return counts;
      }),
  };
}

function actionOn({ slug }: Owner, action: string, email?: string) {
  return { action, tenant: slug, ...(email !== undefined && { target: showEntryAddress(email) }) };
}

/** What of the file was written before the list was full. */
function tellingOf(written: number): (error: unknown) => never {
  return (error) => {
    const isFull = written > 0 && error instanceof IepError && error.code === 'conflict';
    throw isFull ? new IepError('conflict', `${error.message} The first ${written} of the file were added.`) : error;
  };
}
