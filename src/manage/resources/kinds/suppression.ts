/** Entries of a suppression list as resources. The name is the address, unless `email` says it. */

import * as z from 'zod';
import { invalid } from '../../../core/invalid.ts';
import { EXPIRED, readEntryAddress, showEntryAddress } from '../../../core/suppression-entry.ts';
import type { StorePart } from '../../../db/verbs/store.ts';
import type { NewSuppression, Suppression } from '../../../db/verbs/suppressions.ts';
import { suppressedAddress, suppressionFields } from '../../fields.ts';
import type { Owner, Present, ResourceKind, Run, Spec, Step } from '../kind.ts';
import { ownTenant } from '../owner.ts';
import { timeText } from '../time-text.ts';

const schema = z.strictObject({
  ...suppressionFields,
  email: suppressedAddress.optional().describe('Left out: metadata.name'),
  expiresAt: timeText.optional().describe('Mailed again from then on; in the future. Left out: never'),
});

export function suppressionKind(deps: {
  readonly store: StorePart<'suppressions.list' | 'suppressions.of'>;
  readonly now: () => number;
  readonly maxSuppressions: () => number;
}): ResourceKind {
  const { store, now, maxSuppressions } = deps;

  /** An entry that is there is taken away first, so that what is left out does not stay. */
  function step(action: 'suppression.add', { owner, email, spec, run }: Put): Step {
    const { id: tenantId, slug } = ownTenant(owner);
    const { reason, note, expiresAt } = schema.parse(spec);
    if (expiresAt !== undefined && Date.parse(expiresAt) <= run.now) {
      throw invalid([{ path: 'spec.expiresAt', message: EXPIRED }]);
    }
    const entry: NewSuppression = {
      ...{ email, createdAt: run.now, reason: reason ?? 'manual' },
      ...(note !== undefined && { note }),
      ...(expiresAt !== undefined && { expiresAt: Date.parse(expiresAt) }),
    };
    return {
      ...{ ref: email, action, target: showEntryAddress(email), note: { tenant: slug } },
      writes: [
        { verb: 'suppressions.remove', input: { tenantId, email } },
        { verb: 'suppressions.add', input: { tenantId, entries: [entry], max: maxSuppressions() } },
      ],
    };
  }

  return {
    ...{ apiVersion: 'iep/v1', kind: 'Suppression', plural: 'suppressions', of: 'tenant', isOperators: false },
    summary: 'An address that a tenant does not mail',
    schema,
    async list(owner, { limit, cursor }) {
      const { id: tenantId } = ownTenant(owner);
      const page = await store.suppressions.list({
        tenantId,
        now: now(),
        limit,
        ...(cursor !== undefined && { cursor }),
      });
      return { items: page.items.map(presentOf), ...(page.cursor !== undefined && { cursor: page.cursor }) };
    },
    async find(owner, ref) {
      const { id: tenantId } = ownTenant(owner);
      if (owner.isNew) return undefined;
      const [entry] = await store.suppressions.of({ tenantId, emails: [ref], now: now() });
      return entry && presentOf(entry);
    },
    refOf: ({ name, spec }) => String(spec.email ?? readEntryAddress(name) ?? name),
    async add({ owner, name, spec, run }) {
      const email = typeof spec.email === 'string' ? spec.email : readEntryAddress(name);
      if (email === undefined) {
        throw invalid([{ path: 'spec.email', message: 'is required where metadata.name is not an address' }]);
      }
      return step('suppression.add', { owner, email, spec, run });
    },
    set: async ({ owner, present: { ref: email }, spec, run }) => step('suppression.add', { owner, email, spec, run }),
    async remove({ owner, present: { ref: email } }) {
      const { id: tenantId, slug } = ownTenant(owner);
      return {
        ...{ ref: email, action: 'suppression.remove', target: showEntryAddress(email), note: { tenant: slug } },
        writes: [{ verb: 'suppressions.remove', input: { tenantId, email } }],
      };
    },
  };
}

interface Put {
  readonly owner: Owner;
  readonly email: string;
  readonly spec: Spec;
  readonly run: Run;
}

function presentOf({ email, reason, note, expiresAt, createdAt }: Suppression): Present & { name: string } {
  return {
    ...{ ref: email, name: showEntryAddress(email), source: 'command', createdAt },
    spec: {
      ...{ email, reason },
      ...(note !== undefined && { note }),
      ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt).toISOString() }),
    },
  };
}
