/** What a message holds, for the calls that show it: what was submitted, and the message as it was or will be sent. */

import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { IepError } from '../core/errors.ts';
import { isId } from '../core/ids.ts';
import { rfc3339 } from '../core/rfc3339.ts';
import type { StoredContent } from '../db/verbs/messages.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import type { AppDeps } from './deps.ts';
import type { Call } from './route.ts';

export interface NamedMessage {
  readonly tenant: Tenant;
  readonly messageId: string;
}

export function messageId(call: Pick<Call, 'param' | 'note'>): string {
  const id = call.param('id');
  if (!isId(id)) throw new IepError('not_found', 'No message has this id');
  call.note({ messageId: id });
  return id;
}

export async function findContent(deps: AppDeps, { tenant, messageId }: NamedMessage): Promise<StoredContent> {
  const found = await deps.store.messages.content({ tenantId: tenant.id, messageId });
  if (found === undefined) throw new IepError('not_found', 'No message has this id');
  return found;
}

/** The bytes a provider was given where it kept them; otherwise they are composed, as they are for each attempt. */
export async function rawMessage(
  deps: AppDeps,
  named: NamedMessage,
  content?: StoredContent,
): Promise<Uint8Array | Readable> {
  const { message, rendered, kept, removedAt } = content ?? (await findContent(deps, named));
  if (kept !== undefined) return kept;
  if (removedAt !== undefined) throw removed(removedAt);
  if (message.attachmentUrls !== undefined) {
    throw new IepError('not_found', 'This message is not whole before its attachments are fetched, when it is sent');
  }
  const { tenant } = named;
  const detail = await deps.store.messages.get({ tenantId: tenant.id, messageId: message.id });
  const how = { message, tenant: tenant.settings, attempt: detail?.attemptLog.at(-1), now: deps.clock.now() };
  if (rendered !== undefined) return deps.asSent({ ...how, rendered });
  const result = await deps.render(message);
  if (!result.ok && result.later !== undefined) {
    throw new IepError('rendering_busy', undefined, { retryAfterMs: Math.max(1_000, result.later - deps.clock.now()) });
  }
  if (!result.ok) throw new IepError('not_found', `This message cannot be rendered: ${result.reason}`);
  return deps.asSent({ ...how, ...(result.rendered && { rendered: result.rendered }) });
}

/** The same, whole in memory. */
export async function rawBytes(deps: AppDeps, named: NamedMessage, content?: StoredContent): Promise<Uint8Array> {
  const mime = await rawMessage(deps, named, content);
  return mime instanceof Readable ? buffer(mime) : mime;
}

export function removed(at: number): IepError {
  return new IepError('not_found', `Parts of this message were removed at ${rfc3339(at)}, after their retention`);
}

/** A Response takes no bytes that another thread may change. */
export function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);
}
