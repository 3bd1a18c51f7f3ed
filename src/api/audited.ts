/** What the audit log keeps of a call that is an action. */

import type { Person, Principal } from '../access/principal.ts';
import type { AuditActor } from '../core/audit-entry.ts';
import { type AuditedAction, entryOf } from '../manage/audit/audit.ts';
import type { Caller } from '../manage/audit/caller.ts';

/** What is known of a call by the time it is answered. */
export interface HeardCall {
  readonly action: string;
  readonly params: Readonly<Record<string, string>>;
  /** Of which the caller is told by `asked`. */
  readonly asked: {
    params?: Readonly<Record<string, string>>;
    query?: Readonly<Record<string, string>>;
    body?: unknown;
  };
  principal?: Principal;
  /** Absent where nobody is known to have called: a stranger must not be able to fill the disk. That is only logged. */
  caller?: Caller;
  tenant?: string;
}

export function heardOf(call: {
  action: string;
  params: Readonly<Record<string, string>>;
  query: Readonly<Record<string, string>>;
}): HeardCall {
  const { action, params, query } = call;
  return {
    ...{ action, params },
    asked: {
      ...(Object.keys(params).length > 0 && { params }),
      ...(Object.keys(query).length > 0 && { query }),
    },
  };
}

/** Of a call that was refused before it came to its action. */
export function refusedCall(heard: HeardCall & { caller: Caller }, outcome: string): AuditedAction {
  const { action, principal, caller, params } = heard;
  const target = Object.values(params).join('/');
  const own = principal?.kind === 'tenant' ? principal.tenant.slug : tenantOf(heard.asked.body);
  return entryOf(caller, { action, outcome, tenant: heard.tenant ?? own, ...(target !== '' && { target }) });
}

export function actorOf(principal: Principal, localActor: AuditActor | undefined): AuditActor {
  if ('signedIn' in principal) return personActor(principal);
  const { kind, keyId, keyName } = principal;
  if (keyId !== undefined) return { kind, id: keyId, ...(keyName !== undefined && { name: keyName }) };
  return localActor ?? { kind, id: 'unknown' };
}

/** A member acts as one of its tenant. A user who changes its own account acts as itself. */
function personActor({ kind, signedIn: { user } }: Person): AuditActor {
  return { kind: kind === 'tenant' ? 'member' : 'person', id: user.id, name: user.email };
}

/** An operator's call may name the tenant in its body. */
function tenantOf(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { tenant, slug } = body as Record<string, unknown>;
  return [tenant, slug].find((value) => typeof value === 'string');
}
