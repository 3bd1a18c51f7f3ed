/** Checks and reads the body of a call that hands in a message. */

import { toMailbox } from '../core/address.ts';
import { parseBody } from '../core/check-input.ts';
import type { FieldError } from '../core/errors.ts';
import { isRecord } from '../core/is-record.ts';
import type { Submission } from '../core/message.ts';
import { readPlainSubmission } from './plain-submission.ts';
import { contentFaults, submissionBody } from './submission-schema.ts';
import { type SenderDefault, toSubmission } from './to-submission.ts';

/** As other services call the fields. */
const otherNames = {
  ...{ plain: 'textBody', message: 'textBody', body: 'htmlBody` or `textBody' },
  ...{ sender: 'from', recipient: 'to', recipients: 'to', tag: 'metadata.tags', tags: 'metadata.tags' },
  ...{ category: 'metadata.category', sendAt: 'scheduledAt', send_at: 'scheduledAt', template_id: 'template' },
  ...{ templateName: 'template', language: 'locale' },
};

/** Checks and reads the body of a call. Throws the refusal `invalid_request`. */
export function readSubmission(input: unknown, door: Submission['door'], sender?: SenderDefault): Submission {
  return (
    (isRecord(input) ? readPlainSubmission(input, door, sender) : undefined) ?? readWithSchema(input, door, sender)
  );
}

/** The same, whatever the body holds. */
export function readWithSchema(input: unknown, door: Submission['door'], sender?: SenderDefault): Submission {
  const known = sender?.mailbox && toMailbox(sender.mailbox.email, sender.mailbox.name);
  const missing = known === undefined && hasNoSender(input) ? [missingSender(sender)] : [];
  const beside = [...(isRecord(input) ? contentFaults(input) : []), ...missing];
  const body = parseBody(submissionBody, input, { beside, otherNames });
  const from = body.from ?? known;
  if (from === undefined) throw new Error('A body without a sender was taken');
  return toSubmission(body, { door, from });
}

function hasNoSender(input: unknown): boolean {
  return isRecord(input) && (input.from === undefined || input.from === null);
}

function missingSender(sender: SenderDefault | undefined): FieldError {
  if (sender === undefined) return { path: 'from', message: 'is required' };
  const which = sender.mailbox === undefined ? 'has no default sender' : 'has a default sender that is not an address';
  const hint = `the tenant ${which}, which \`iep tenant set ${sender.tenant} --default-from ADDRESS\` gives it`;
  return { path: 'from', message: `is required; ${hint}` };
}
