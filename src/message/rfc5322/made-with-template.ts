/**
 * The submission of a mail that names a stored template: who it is from and whom it goes to is what its header and envelope say;
 * subject and content come from the template.
 */

import { normalizeAddress } from '../../core/address.ts';
import type { Mailbox, Submission } from '../../core/message.ts';
import type { IepFields } from './iep-fields.ts';

export function madeWithTemplate(
  { rcpt, subject: _subject, otherSenders: _others, replyToAddresses: _read, ...said }: Omit<Submission, 'content'>,
  { template, variables }: NonNullable<IepFields['made']>,
): Submission {
  return {
    ...said,
    ...(rcpt !== undefined && recipientsOf(said, rcpt)),
    subject: '',
    content: { kind: 'parts', template, variables },
  };
}

/** Whom the envelope names: shown as far as the header shows them. Who is alone is no secret from itself. */
function recipientsOf(
  { to, cc = [] }: Pick<Submission, 'to' | 'cc'>,
  rcpt: readonly string[],
): Pick<Submission, 'to' | 'cc' | 'bcc'> {
  const wanted = new Set(rcpt.map((address) => normalizeAddress(address) ?? address));
  const isWanted = ({ email }: Mailbox) => wanted.has(email);
  const shown = { to: to.filter(isWanted), cc: cc.filter(isWanted) };
  for (const { email } of [...shown.to, ...shown.cc]) wanted.delete(email);
  const hidden = [...wanted].map((email): Mailbox => ({ email }));
  if (shown.to.length === 0 && shown.cc.length === 0 && hidden.length === 1) return { to: hidden };
  return { to: shown.to, cc: shown.cc, bcc: hidden };
}
