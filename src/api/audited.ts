/** What the audit log keeps of a call that is an action. */

import type { Principal } from '../access/principal.ts';
import type { AuditActor } from '../core/audit-entry.ts';
import { type AuditedAction, entryOf } from '../manage/audit/audit.ts';
import type { AuditNote, Caller } from '../manage/audit/caller.ts';
import type { Reply } from './reply.ts';

/** What is known of a call by the time it is answered. */
export interface Heard {
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
  note?: AuditNote;
}

export function heardOf(call: {
  action: string;
  params: Readonly<Record<string, string>>;
  query: Readonly<Record<string, string>>;
}): Heard {
  const { action, params, query } = call;
  return {
    ...{ action, params },
    asked: {
      ...(Object.keys(params).length > 0 && { params }),
      ...(Object.keys(query).length > 0 && { query }),
    },
  };
}

/** Of a call that came to no action of its own accord: it was refused before. */
export function auditedCall(heard: Heard & { caller: Caller }, reply: Reply, code: string | undefined): AuditedAction {
  const { action, principal, caller, note, params } = heard;
  const target = note?.target ?? targetOf({ params, reply });
  const own = principal?.kind === 'tenant' ? principal.tenant.slug : tenantOf(heard.asked.body);
  const outcome = reply.status < 400 ? 'done' : (code ?? 'failed');
  return entryOf(
    caller,
    { action, outcome, tenant: heard.tenant ?? own, ...(target !== undefined && { target }) },
    note,
  );
}

export function actorOf(principal: Principal, localActor: AuditActor | undefined): AuditActor {
  const { kind, keyId, keyName } = principal;
  if (keyId !== undefined) return { kind, id: keyId, ...(keyName !== undefined && { name: keyName }) };
  return localActor ?? { kind, id: 'unknown' };
}

/** The parts of the path that were given; or what was made, by what the answer calls it. */
function targetOf({ params, reply }: { params: Readonly<Record<string, string>>; reply: Reply }): string | undefined {
  const inPath = Object.values(params);
  if (inPath.length > 0) return inPath.join('/');
  if (reply.status !== 201 || typeof reply.body !== 'string') return undefined;
  const made: unknown = JSON.parse(reply.body);
  if (typeof made !== 'object' || made === null) return undefined;
  const { slug, id, name, domain, email } = made as Record<string, unknown>;
  return [slug, id, name, domain, email].find((value) => typeof value === 'string');
}

/** An operator's call may name the tenant in its body. */
function tenantOf(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { tenant, slug } = body as Record<string, unknown>;
  return [tenant, slug].find((value) => typeof value === 'string');
}
