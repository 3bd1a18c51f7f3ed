/** Writes the audit log: who did what, from where. An entry is on disk when `record` resolves. */

import { userInfo } from 'node:os';
import type { Log } from '../../base/observe/log.ts';
import { AUDIT_PURPOSE, type AuditActor, type AuditEntry } from '../../core/audit-entry.ts';
import type { Clock } from '../../core/clock.ts';
import { IepError } from '../../core/errors.ts';
import type { Vault } from '../../core/vault.ts';
import type { StorePart } from '../../db/verbs/store.ts';
import type { AuditNote, Caller } from './caller.ts';
import { whatChanged } from './what-changed.ts';

export interface AuditedAction extends Omit<AuditEntry, 'at' | 'detail'> {
  /** What changed; secrets and content are cut out here. */
  readonly changes: Readonly<Record<string, unknown>>;
}

export interface Action extends Pick<AuditEntry, 'action' | 'target'> {
  /** Slug of the tenant whose things it is about. */
  readonly tenant?: string | undefined;
}

export interface Audit {
  /**
   * Does `work`, and keeps how it ended before the caller hears of it. Rejects as `work` does, or with `audit_unavailable`
   * where the entry of what was done cannot be kept; then the log has it, and what was done stands.
   */
  act<T>(caller: Caller, action: Action, work: (note: (more: AuditNote) => void) => Promise<T>): Promise<T>;
  /** Whether the caller came to an action, so that there is an entry of it, or one to come. */
  hasActed(caller: Caller): boolean;
  /** Rejects with `audit_unavailable` where the entry cannot be kept; then the log has it, and the action stands. */
  record(action: AuditedAction): Promise<void>;
}

export function createAudit(deps: {
  store: StorePart<'audit.append'>;
  vault: Pick<Vault, 'derive'>;
  clock: Pick<Clock, 'now'>;
  log?: Pick<Log, 'info' | 'error'>;
}): Audit {
  const { store, vault, clock, log } = deps;
  const acted = new WeakSet<Caller>();

  /** A rotation may have taken place since the keys were read: then they are read once more. */
  async function append(entry: AuditEntry) {
    for (const areLatest of [false, true]) {
      const appended = await store.audit.append({ entry, keys: vault.derive(AUDIT_PURPOSE), areLatest });
      if (appended !== undefined) return appended;
    }
    throw new Error('the store refused the latest keys');
  }

  async function record({ changes, ...action }: AuditedAction): Promise<void> {
    const entry: AuditEntry = { ...action, at: clock.now(), detail: whatChanged(changes) };
    const line = { actor: action.actor, source: action.source, action: action.action, target: action.target };
    try {
      const { seq, hash } = await append(entry);
      // The log leaves the machine sooner than anyone can reach the database: it vouches for the end of the chain too.
      log?.info({ ...line, outcome: action.outcome, auditSeq: seq, auditHash: hash }, 'audit');
    } catch (cause) {
      log?.error({ ...line, entry, error: cause }, 'an action could not be written to the audit log');
      throw new IepError('audit_unavailable', undefined, { cause });
    }
  }

  async function act<T>(
    caller: Caller,
    action: Action,
    work: (note: (more: AuditNote) => void) => Promise<T>,
  ): Promise<T> {
    acted.add(caller);
    let noted: AuditNote = {};
    const keep = (outcome: string) => record(entryOf(caller, { ...action, outcome }, noted));
    let done: T;
    try {
      done = await work((more) => {
        noted = { ...noted, ...more };
      });
    } catch (error) {
      // Nothing was done, and the caller hears why; an entry that cannot be kept is in the log.
      await keep(error instanceof IepError ? error.code : 'internal').catch(() => undefined);
      throw error;
    }
    await keep('done');
    return done;
  }

  return { record, act, hasActed: (caller) => acted.has(caller) };
}

/** Of a slug; an id is shorter. */
const MAX_TENANT_LENGTH = 63;

/** The entry of an action, or of one that a caller was refused. */
export function entryOf(
  { actor, source, requestId, asked }: Caller,
  { tenant, ...action }: Action & Pick<AuditEntry, 'outcome'>,
  { before, after, ...about }: AuditNote = {},
): AuditedAction {
  return {
    ...{ actor, source, ...action },
    // What names no tenant may be of any length.
    ...(tenant !== undefined && tenant.length <= MAX_TENANT_LENGTH && { tenant }),
    ...about,
    ...(requestId !== undefined && { requestId }),
    changes: { ...asked, ...(before !== undefined && { before }), ...(after !== undefined && { after }) },
  };
}

/** The user of this machine who runs the command; a user id without an account has no other name. */
export function localActor(): AuditActor {
  // Not the user whose store it is, whom `userInfo` names while root works as that user.
  if (process.getuid?.() === 0) return { kind: 'local', id: 'root', name: 'uid 0' };
  try {
    const { username, uid } = userInfo();
    return { kind: 'local', id: username, name: `uid ${uid}` };
  } catch {
    return { kind: 'local', id: `uid ${process.getuid?.() ?? 'unknown'}` };
  }
}

/** A part of the daemon that acts on its own: `configuration`. */
export function systemActor(part: string): AuditActor {
  return { kind: 'system', id: part };
}
