/**
 * Hands in a message: over HTTP where a daemon is meant, else straight to the way in. A script waits for this call, and
 * the detour over the routes would load as much again as it needs.
 */

import { IepError } from '../../core/errors.ts';
import type { Client } from '../client/client.ts';
import type { AcceptedJson } from '../client/wire.ts';
import { aboutGuessedSender } from './guessed-sender.ts';
import type { PartsSubmission, RawSubmission } from './submission.ts';

/** A message in parts. */
export async function submitParts(client: Client, submission: PartsSubmission): Promise<AcceptedJson> {
  if (client.local === undefined) return postParts(client, submission);
  const { acceptParts } = await import('./local-accept.ts');
  return acceptParts(client.local, client, submission);
}

/** Only the daemon knows whether the tenant has a default sender; where it has none it says so, and nothing was sent. */
async function postParts(client: Client, { json, from }: PartsSubmission): Promise<AcceptedJson> {
  const post = (body: unknown) => client.json<AcceptedJson>('POST', '/v1/messages', { json: body });
  try {
    return await post(json);
  } catch (error) {
    const lacksSender =
      !('from' in json) &&
      error instanceof IepError &&
      error.code === 'invalid_request' &&
      error.errors?.some(({ path }) => path === 'from') === true;
    if (!lacksSender) throw error;
    return post({ from, ...json }).catch((refused: unknown) => {
      throw aboutGuessedSender(refused, from);
    });
  }
}

/** A message that is whole already, with its envelope. */
export async function submitRaw(client: Client, submission: RawSubmission): Promise<AcceptedJson> {
  const { completeHeader } = await import('../../message/rfc5322/complete-header.ts');
  const { mailFrom, recipients, iepFields = '' } = submission;
  const completed = completeHeader(submission.raw, { from: submission.from, domain: client.mailDomain });
  if (client.local !== undefined) {
    const { acceptRaw } = await import('./local-accept-raw.ts');
    const content = withFields(iepFields, completed);
    return acceptRaw(client.local, client, { content, mailFrom, recipients, by: client.mailDomain });
  }
  // Before all others of its name. A thousand recipients are more than the header of a request may hold.
  const rcptTo = recipients && `X-IEP-Rcpt-To: ${recipients.map(encodeURIComponent).join(',\r\n ')}\r\n`;
  return client.json<AcceptedJson>('POST', '/v1/messages/raw', {
    body: { type: 'message/rfc822', content: withFields((rcptTo ?? '') + iepFields, completed) },
    headers: mailFrom === undefined ? {} : { 'x-iep-mail-from': encodeURIComponent(mailFrom) },
  });
}

function withFields(fields: string, message: Buffer<ArrayBuffer>): Buffer<ArrayBuffer> {
  return fields === '' ? message : Buffer.concat([Buffer.from(fields), message]);
}
