/** What the audit log keeps of a call that is an action. */

import type { Principal } from '../access/principal.ts';
import type { AuditActor } from '../core/audit-entry.ts';
import type { AuditedAction } from '../manage/audit/audit.ts';
import type { AuditNote } from '../manage/audit/note.ts';
import type { Reply } from './reply.ts';

/** What is known of a call by the time it is answered. */
export interface Heard {
  principal?: Principal;
  tenant?: string;
  body?: unknown;
  note?: AuditNote;
}

/** Undefined where nobody is known to have called: a stranger must not be able to fill the disk. That is only logged. */
export function auditedAction(call: {
  action: string;
  heard: Heard;
  reply: Reply;
  code: string | undefined;
  requestId: string;
  source: string;
  params: Readonly<Record<string, string>>;
  query: Readonly<Record<string, string>>;
  localActor: AuditActor | undefined;
}): AuditedAction | undefined {
  const { action, heard, params, query } = call;
  if (heard.principal === undefined) return undefined;
  const { before, after, target = targetOf(call) } = heard.note ?? {};
  const tenant =
    heard.tenant ?? (heard.principal.kind === 'tenant' ? heard.principal.tenant.slug : tenantOf(heard.body));
  return {
    actor: actorOf(heard.principal, call.localActor),
    source: call.source,
    action,
    outcome: call.reply.status < 400 ? 'done' : (call.code ?? 'failed'),
    ...(tenant !== undefined && { tenant }),
    ...(target !== undefined && { target }),
    requestId: call.requestId,
    changes: {
      ...(Object.keys(params).length > 0 && { params }),
      ...(Object.keys(query).length > 0 && { query }),
      ...(heard.body !== undefined && { body: heard.body }),
      ...(before !== undefined && { before }),
      ...(after !== undefined && { after }),
    },
  };
}

function actorOf(principal: Principal, localActor: AuditActor | undefined): AuditActor {
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
  return [tenant, slug].find((value): value is string => typeof value === 'string' && value.length <= 63);
}
