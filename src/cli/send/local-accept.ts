/** The way in of the local store, for `send`; the operator's own, so only the tenant has to be known. */

import { readPlainSubmission } from '../../api/plain-submission.ts';
import type { SenderDefault } from '../../api/to-submission.ts';
import { IepError } from '../../core/errors.ts';
import type { Submission } from '../../core/message.ts';
import type { Local } from '../../daemon/local.ts';
import type { Tenant } from '../../db/verbs/tenants.ts';
import { localActor } from '../../manage/audit/audit.ts';
import { DEV_TENANT } from '../../manage/provision.ts';
import type { Client } from '../client/client.ts';
import type { AcceptedJson } from '../client/wire.ts';
import { aboutGuessedSender } from './guessed-sender.ts';
import type { PartsSubmission } from './submission.ts';

type Calling = Pick<Client, 'tenant' | 'traceparent'>;

export async function acceptParts(
  local: Local,
  calling: Calling,
  { json, from }: PartsSubmission,
): Promise<AcceptedJson> {
  const tenant = await meant(local, calling.tenant);
  const { defaultFrom: mailbox } = tenant.settings;
  const isGuessed = mailbox === undefined && !('from' in json);
  const said = isGuessed ? { from, ...json } : json;
  const sender = { mailbox, tenant: tenant.slug };
  try {
    const submission = readPlainSubmission(said, 'cli', sender) ?? (await readOther(said, sender));
    return await accept(local, { tenant, calling }, submission);
  } catch (error) {
    throw isGuessed ? aboutGuessedSender(error, from) : error;
  }
}

async function readOther(said: unknown, sender: SenderDefault): Promise<Submission> {
  const { readWithSchema } = await import('../../api/read-submission.ts');
  return readWithSchema(said, 'cli', sender);
}

export async function acceptLocally(local: Local, calling: Calling, submission: Submission): Promise<AcceptedJson> {
  return accept(local, { tenant: await meant(local, calling.tenant), calling }, submission);
}

async function accept(
  local: Local,
  { tenant, calling: { traceparent } }: { tenant: Tenant; calling: Calling },
  handed: Submission,
): Promise<AcceptedJson> {
  const submission = traceparent === undefined ? handed : { ...handed, traceparent };
  const { messageId, status, suppressedRecipients } = await local.accept(tenant, submission);
  return { messageId, status, suppressedRecipients: [...suppressedRecipients] };
}

/** The tenant named, or the only one there is. In an empty store the first message makes `default`. */
async function meant(local: Local, named: string | undefined): Promise<Tenant> {
  const { store, clock, newId } = local;
  const tenants = await store.tenants.list();
  const [only, second] =
    named === undefined ? tenants : tenants.filter(({ slug, id }) => slug === named || id === named);
  if (only !== undefined && second === undefined) return only;
  if (named !== undefined) throw new IepError('not_found', `No tenant is called ${named}`);
  if (only !== undefined) throw new IepError('tenant_required', 'There are several tenants');
  try {
    const made = { id: newId(), slug: DEV_TENANT, name: DEV_TENANT, settings: { anySender: true }, now: clock.now() };
    const tenant = await store.tenants.add(made);
    const action = { action: 'tenant.add', outcome: 'done', tenant: DEV_TENANT, target: DEV_TENANT, changes: {} };
    await local.audit.record({ actor: localActor(), source: 'local', ...action });
    return tenant;
  } catch (error) {
    if (!(error instanceof IepError) || error.code !== 'conflict') throw error;
    // Another command was faster.
    return meant(local, DEV_TENANT);
  }
}
