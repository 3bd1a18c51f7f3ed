/**
 * The one way in: every door ends here, and nothing else stores a message. Read it as the list of decisions that stand
 * between a submission and the promise that IEP owes it an outcome. The promise is made when the commit is on disk.
 */

import type { Blobs } from '../../blobs/blobs.ts';
import { keyReused, overLimit } from '../../core/accept-refusals.ts';
import type { Clock } from '../../core/clock.ts';
import { type FieldError, IepError } from '../../core/errors.ts';
import type { NewId } from '../../core/ids.ts';
import { inPieces } from '../../core/in-pieces.ts';
import { invalid } from '../../core/invalid.ts';
import type { Job, Mailbox, Status, Submission } from '../../core/message.ts';
import type { RateState } from '../../core/rate-limit.ts';
import { type Routing, usableProviders } from '../../core/routing.ts';
import type { OwnersOf } from '../../core/sender-owners.ts';
import type { RefusingLimit } from '../../core/tally.ts';
import { rateLimitsOf } from '../../core/tenant-limits.ts';
import type { LeaseRequest } from '../../db/verbs/lease.ts';
import type { AcceptResult, NewMessage } from '../../db/verbs/outbox.ts';
import type { StorePart, StoreWrite } from '../../db/verbs/store.ts';
import type { ResolvedTemplate } from '../../db/verbs/templates.ts';
import type { Tenant } from '../../db/verbs/tenants.ts';
import { type AttachmentLimits, attachmentLimits } from '../attachments/limits.ts';
import { checkAttachments, checkAttachmentTypes, type Files } from './check-attachments.ts';
import { envelopeRecipients } from './envelope.ts';
import { isMadeWithTemplate, type KnownTemplates } from './known-templates.ts';
import { moveLargeBytes } from './large-bytes.ts';
import type { AcceptLimits } from './limits.ts';
import { hashPayload } from './payload-hash.ts';
import { checkPolicy, type PlatformPolicy, recipientRefusal, senderRefusal } from './policy.ts';
import { toMessage } from './to-message.ts';
import { type PlatformTracking, trackingOfMessage, untracked } from './tracking.ts';
import { validate } from './validate.ts';

/** Where accepted messages go from memory, without being read back. */
export interface AcceptHandoff {
  /** Room for `count` more, or undefined when the outbox is full; `take` gives the room back. */
  reserve(count: number): LeaseRequest | undefined;
  take(jobs: readonly Job[], reserved: number): void;
  /** What was stored falls due then. */
  dueAt(at: number): void;
}

export interface Accepted {
  readonly messageId: string;
  readonly status: Status;
  /** On the tenant's suppression list, or unsubscribed: kept with the message, but not mailed. */
  readonly suppressedRecipients: readonly string[];
  /** The idempotency key was used before for the same payload: this is the first message, and nothing was stored. */
  readonly duplicate: boolean;
  /** Where the tenant stands after this; absent where it has no rate limit. */
  readonly rates?: readonly RateState[];
}

/** What is stored in the same transaction as a message. */
export interface PlannedBeside {
  /** That the message is made with. */
  readonly template?: ResolvedTemplate | undefined;
  /** Whose sender domains are then. */
  readonly ownersOf?: OwnersOf;
}

export interface Accept {
  /**
   * Throws an IepError when the submission is refused; then nothing was stored. The same where `signal` aborts before the
   * store has come to it.
   */
  accept(tenant: Tenant, submission: Submission, signal?: AbortSignal): Promise<Accepted>;
  /** One commit, one answer for each in order. A refusal given in place of a submission is handed back in its place. */
  acceptAll(
    tenant: Tenant,
    submissions: readonly (Submission | IepError)[],
    signal?: AbortSignal,
  ): Promise<readonly (Accepted | IepError)[]>;
  /**
   * The same decisions for who stores messages together with other changes (`store.together`): what the store takes of one.
   * `planned`: what those changes make.
   */
  draw(tenant: Tenant, submission: Submission, planned?: PlannedBeside): Promise<NewMessage>;
  /** The call that stores them: all, or none where a limit of the tenant stands against one. */
  write(tenant: Tenant, messages: readonly NewMessage[]): StoreWrite;
  /** They are stored: they are counted, and the outbox looks for them. */
  taken(tenant: Tenant, messages: readonly NewMessage[]): void;
  /** Refuses files that no message of this tenant may carry, for a door that makes its messages later. */
  checkFiles(tenant: Tenant, files: Files): Promise<void>;
  /** What a message of the tenant may carry. */
  filesAllowed(tenant: Tenant): AttachmentLimits;
  /** Why this tenant may not send from there, for a door that says so before it looks at the rest; undefined when it may. */
  refuseSender(tenant: Tenant, from: Mailbox): Promise<IepError | undefined>;
  /** Why this tenant may not mail that address, for a door that hears recipients one by one; undefined when it may. */
  refuseRecipient(tenant: Tenant, address: string): IepError | undefined;
}

export interface AcceptDeps {
  readonly store: StorePart<'outbox.accept'>;
  readonly blobs: Pick<Blobs, 'put' | 'stream'>;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly newId: NewId;
  /** Absent where no outbox runs in this process. */
  readonly handoff?: AcceptHandoff;
  /** Asked only where a message names a provider. */
  readonly providerNames: () => Promise<readonly string[]>;
  /** Whose sender domains are. */
  readonly senderOwners: () => Promise<OwnersOf>;
  /** Asked only where a message is made with a stored template. */
  readonly templates: Pick<KnownTemplates, 'use'>;
  /** Of tenants that have no route of their own. */
  readonly routing: Routing;
  /** Absent: anybody may be mailed. */
  readonly platform?: PlatformPolicy;
  /** Absent: nothing is noted of the reading of mail. */
  readonly tracking?: PlatformTracking;
  /** Absent where nobody asks for them. */
  readonly metrics?: AcceptMetrics;
  /** Absent where nobody asks for them. */
  readonly refusals?: RefusalCounter;
}

/** What is counted here, whatever door a message came through. */
export interface AcceptMetrics {
  /** From the submission being whole to the commit being on disk. */
  acceptLatency(seconds: number, door: string): void;
  messageStatus(reached: { readonly status: string; readonly tenant: string; readonly provider: string }): void;
  /** A message was refused because its tenant is over a limit. */
  rateLimitHit(tenantId: string): void;
}

/** What is counted of messages that limits of their tenant refuse, to be shown. */
export interface RefusalCounter {
  count(tenantId: string, limit: RefusingLimit): void;
}

export function createAccept(deps: AcceptDeps, limits: AcceptLimits): Accept {
  const {
    store,
    blobs,
    clock,
    newId,
    handoff,
    providerNames,
    senderOwners,
    templates,
    routing,
    metrics,
    refusals,
    platform = noPolicy,
    tracking: platformTracking = untracked,
  } = deps;

  async function acceptAll(
    tenant: Tenant,
    submissions: readonly (Submission | IepError)[],
    signal?: AbortSignal,
  ): Promise<readonly (Accepted | IepError)[]> {
    const startedAt = clock.monotonic();
    const owners = await senderOwners();
    const prepared = await inPieces(submissions, (submission) => refusalOr(() => prepare(tenant, submission, owners)));
    const messages = prepared.filter((one): one is NewMessage => !(one instanceof IepError));
    const results = messages.length === 0 ? [] : await commit(tenant, messages, signal);
    let next = 0;
    const answers = prepared.map((one) => {
      if (one instanceof IepError) return one;
      const result = results[next++];
      if (result?.kind === 'limited') metrics?.rateLimitHit(tenant.id);
      return answer(one, result);
    });
    for (const one of answers) {
      const limit = one instanceof IepError ? limitOf(one) : undefined;
      if (limit !== undefined) refusals?.count(tenant.id, limit);
    }
    const accepted = answers.filter((one): one is Accepted => !(one instanceof IepError));
    const [first] = messages;
    if (accepted.length > 0 && first !== undefined) {
      metrics?.acceptLatency((clock.monotonic() - startedAt) / 1000, first.message.door);
    }
    for (const { status, duplicate } of accepted) {
      if (!duplicate) metrics?.messageStatus({ status, tenant: tenant.id, provider: '' });
    }
    return answers;
  }

  async function prepare(
    tenant: Tenant,
    submission: Submission | IepError,
    ownersOf: OwnersOf,
    planned?: ResolvedTemplate,
  ): Promise<NewMessage> {
    if (submission instanceof IepError) throw submission;
    if (!tenant.active) throw new IepError('tenant_inactive');
    const now = clock.now();
    await check(tenant, submission, now);
    checkPolicy(tenant, submission, { platform, ownersOf });
    const tracking = trackingOfMessage(tenant, submission, platformTracking);
    await checkProvider(tenant, submission);
    const kept = await moveLargeBytes(submission, blobs);
    const { submission: made, snapshot } = isMadeWithTemplate(kept)
      ? await templates.use(tenant, kept, planned)
      : { submission: kept };
    return {
      message: toMessage(made, {
        id: kept.id ?? newId(),
        tenantId: tenant.id,
        now,
        maxAttempts: tenant.settings.maxAttempts ?? limits.maxAttempts,
        tracking,
      }),
      recipients: envelopeRecipients(kept),
      ...(snapshot !== undefined && { snapshot }),
      ...(kept.idempotencyKey !== undefined && {
        idempotencyKey: kept.idempotencyKey,
        idempotencyHash: await hashPayload(kept, blobs),
      }),
    };
  }

  function filesAllowed({ settings }: Tenant): AttachmentLimits {
    return attachmentLimits(limits.attachments, settings);
  }

  async function check(tenant: Tenant, submission: Submission, now: number): Promise<void> {
    if (submission.attachments === undefined && submission.attachmentUrls === undefined) {
      return validate(submission, limits, now);
    }
    const attachments = filesAllowed(tenant);
    validate(submission, { ...limits, attachments }, now);
    await checkAttachmentTypes(submission, attachments);
  }

  /** Of the providers there are a tenant hears of those that it may use. */
  async function checkProvider({ settings }: Tenant, { provider }: Submission): Promise<void> {
    if (provider === undefined) return;
    const names = await providerNames();
    const usable = usableProviders(settings, routing).filter((name) => names.includes(name));
    if (usable.includes(provider)) return;
    const message = `this tenant has no provider of that name; it has: ${usable.join(', ') || 'none'}`;
    throw new IepError('invalid_request', `provider: ${message}`, { errors: [{ path: 'provider', message }] });
  }

  /** Stores them, and hands what was leased to the outbox. What was reserved there is given back whatever happens. */
  async function commit(
    tenant: Tenant,
    messages: readonly NewMessage[],
    signal?: AbortSignal,
  ): Promise<readonly AcceptResult[]> {
    const dueNow = messages.filter(({ message }) => message.scheduledAt === undefined).length;
    const lease = dueNow > 0 ? handoff?.reserve(dueNow) : undefined;
    const rates = rateLimitsOf(tenant.settings);
    let jobs: Job[] = [];
    try {
      const results = await store.outbox.accept(
        {
          tenantId: tenant.id,
          messages,
          ...(lease && { lease }),
          ...(rates && { limits: { now: clock.now(), rates } }),
        },
        signal,
      );
      jobs = results.flatMap((result) => (result.kind === 'accepted' && result.job ? [result.job] : []));
      for (const { message } of messages) if (message.scheduledAt !== undefined) handoff?.dueAt(message.scheduledAt);
      return results;
    } finally {
      if (lease) handoff?.take(jobs, dueNow);
    }
  }

  async function accept(tenant: Tenant, submission: Submission, signal?: AbortSignal): Promise<Accepted> {
    const [result] = await acceptAll(tenant, [submission], signal);
    if (result === undefined) throw new Error('acceptAll gave no answer');
    if (result instanceof IepError) throw result;
    return result;
  }

  return {
    accept,
    acceptAll,
    draw: async (tenant, submission, { template, ownersOf } = {}) =>
      prepare(tenant, submission, ownersOf ?? (await senderOwners()), template),
    write(tenant, messages) {
      const rates = rateLimitsOf(tenant.settings);
      const limits = rates && { limits: { now: clock.now(), rates } };
      return { verb: 'outbox.accept', input: { tenantId: tenant.id, messages, all: true, ...limits } };
    },
    taken(tenant, messages) {
      for (const { message } of messages) {
        const { scheduledAt } = message;
        handoff?.dueAt(scheduledAt ?? clock.now());
        const status = scheduledAt === undefined ? 'queued' : 'scheduled';
        metrics?.messageStatus({ status, tenant: tenant.id, provider: '' });
      }
    },
    filesAllowed,
    async checkFiles(tenant, files) {
      const allowed = filesAllowed(tenant);
      const errors: FieldError[] = [];
      checkAttachments(files, allowed, (path, message) => errors.push({ path, message }));
      if (errors.length > 0) throw invalid(errors);
      await checkAttachmentTypes(files, allowed);
    },
    refuseSender: async (tenant, from) => senderRefusal(tenant, from, await senderOwners()),
    refuseRecipient: (tenant, address) => recipientRefusal(tenant, platform, address),
  };
}

function limitOf({ code }: IepError): RefusingLimit | undefined {
  if (code === 'rate_limited') return 'rateLimited';
  if (code === 'too_many_recipients') return 'tooManyRecipients';
  return code === 'message_too_large' ? 'tooLarge' : undefined;
}

const noPolicy: PlatformPolicy = { recipientDomains: [] };

function answer({ message }: NewMessage, result: AcceptResult | undefined): Accepted | IepError {
  if (result === undefined) throw new Error(`The store gave no answer for message ${message.id}`);
  const { rates } = result;
  if (result.kind === 'limited') {
    return overLimit(result);
  }
  const { suppressedRecipients } = result;
  const standing = rates && { rates };
  if (result.kind === 'accepted') {
    const status = message.scheduledAt === undefined ? 'queued' : 'scheduled';
    return { messageId: message.id, status, suppressedRecipients, duplicate: false, ...standing };
  }
  const { messageId, status, samePayload } = result;
  if (samePayload) return { messageId, status, suppressedRecipients, duplicate: true, ...standing };
  return keyReused(messageId);
}

async function refusalOr<T>(work: () => Promise<T>): Promise<T | IepError> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof IepError) return error;
    throw error;
  }
}
