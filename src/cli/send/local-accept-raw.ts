/** The way in of the local store for a message that is whole already: `sendmail`, and `send` with a file. */

import { normalizeAddress } from '../../core/address.ts';
import { invalid } from '../../core/invalid.ts';
import type { Local } from '../../daemon/local.ts';
import { readRawMessage } from '../../message/rfc5322/raw-message.ts';
import type { Client } from '../client/client.ts';
import type { AcceptedJson } from '../client/wire.ts';
import { acceptLocally } from './local-accept.ts';

export async function acceptRaw(
  local: Local,
  calling: Pick<Client, 'tenant' | 'traceparent'>,
  message: {
    readonly content: Buffer;
    readonly mailFrom: string | undefined;
    readonly recipients: readonly string[] | undefined;
    /** This host's name, for the Received field. */
    readonly by: string;
  },
): Promise<AcceptedJson> {
  const { content, mailFrom, recipients, by } = message;
  const envelope = {
    door: 'cli',
    id: local.newId(),
    now: local.clock.now(),
    arrival: { by, protocol: 'local' },
    maxBytes: local.config.smtp.maxMessageBytes,
    ...(mailFrom !== undefined && { envelopeFrom: mailFrom === '' ? '' : address(mailFrom, 'from') }),
    ...(recipients && { rcpt: recipients.map((one, at) => address(one, `to.${at}`)) }),
  } as const;
  const submission = await readRawMessage(local.blobs, envelope, content);
  return acceptLocally(local, calling, submission);
}

function address(text: string, path: string): string {
  const normal = normalizeAddress(text);
  if (normal === undefined) throw invalid([{ path, message: `"${text}" is not an email address` }]);
  return normal;
}
