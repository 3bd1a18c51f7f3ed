/**
 * The body of POST /v1/messages (seed 001 §6.1), as it is documented in /openapi.json, and the submission it becomes.
 * The schema says what the fields are and reads them, so that a body hears all its faults at once; limits and rules are in
 * `validate.ts`.
 */

import * as z from 'zod';
import { addressFault, normalizeAddress, toMailbox } from '../core/address.ts';
import { MAX_MAILBOXES_LENGTH, readMailboxList } from '../core/mailbox-list.ts';
import type { Mailbox } from '../core/message.ts';
import { timeField } from '../core/time-field.ts';

const FORM = 'must be an address such as "user@example.com" or {"email": "user@example.com", "name": "User"}';

/** One mailbox or, in a text, several with commas between. */
const mailboxes = z
  .union(
    [
      z.string().max(MAX_MAILBOXES_LENGTH),
      z.strictObject({
        email: z.string().max(320),
        name: z.string().max(255).optional(),
      }),
    ],
    { error: ({ input }) => (input === undefined ? 'is required' : FORM) },
  )
  .transform((value, context): readonly Mailbox[] => {
    if (typeof value !== 'string') {
      const mailbox = toMailbox(value.email, value.name);
      if (mailbox !== undefined) return [mailbox];
      const isAddress = normalizeAddress(value.email) !== undefined;
      context.addIssue(isAddress ? 'has a name with a control character' : addressFault(value.email));
      return z.NEVER;
    }
    const { mailboxes: found, unreadable } = readMailboxList(value.trim(), { joinNames: true });
    const isAll = unreadable.length === 1 && found.length === 0;
    for (const { text, fault } of unreadable) context.addIssue(isAll ? fault : `"${text}" ${fault}`);
    if (found.length === 0 && unreadable.length === 0) context.addIssue(addressFault(value));
    return found;
  })
  .meta({ examples: ['user@example.com', 'User <user@example.com>', { email: 'user@example.com', name: 'User' }] });

const mailbox = mailboxes.transform((found, context): Mailbox => {
  const [one, ...others] = found;
  if (one !== undefined && others.length === 0) return one;
  const named = found.map(({ email }) => email).join(', ');
  context.addIssue(`must be one mailbox, and this text names ${found.length}: ${named}`);
  return z.NEVER;
});

const mailboxList = z
  .union([z.array(mailboxes), mailboxes.transform((found) => [found])])
  .transform((lists) => lists.flat());

const jsonObject = z.record(z.string(), z.unknown());
const label = z.string().min(1).max(255);

const contentId = z.string().max(257).optional().describe('Makes it an inline image that htmlBody names as `cid:…`.');
/** Text in JSON. A large body is read in a thread of its own, which decodes it there. */
const base64 = z
  .unknown()
  .transform((value, context): Uint8Array => {
    const bytes = typeof value === 'string' ? fromBase64(value) : value;
    if (bytes instanceof Uint8Array) return bytes;
    if (typeof value === 'string') context.addIssue('is not base64 (RFC 4648 §4)');
    else context.addIssue(value === undefined ? 'is required' : 'must be a string');
    return z.NEVER;
  })
  .meta({ type: 'string', contentEncoding: 'base64' });

const fields = z.strictObject({
  from: mailbox
    .optional()
    .describe(
      'Who it is from; the default sender of the tenant where left out. Its domain must be one that the tenant may send from.',
    ),
  to: mailboxList.refine((found) => found.length > 0, 'must have at least 1 item'),
  cc: mailboxList.optional(),
  bcc: mailboxList.optional().describe('Recipients that no header names.'),
  replyTo: mailboxList.optional().describe('Where replies go; several are possible.'),
  subject: z.string().describe('May hold Handlebars.'),
  htmlBody: z.string().optional().describe('May hold Handlebars. Required unless there is a textBody.'),
  textBody: z.string().optional().describe('May hold Handlebars. Made from htmlBody where it is left out.'),
  variables: jsonObject
    .optional()
    .describe('Values for subject, htmlBody and textBody. Left out: the content is sent as it is.'),
  attachments: z
    .array(
      z.strictObject({
        filename: z.string().min(1).max(1000),
        content: base64,
        contentType: z.string().max(255),
        contentId,
      }),
    )
    .optional(),
  attachmentUrls: z
    .array(
      z.union(
        [
          z.string(),
          z.strictObject({
            url: z.string(),
            filename: z.string().min(1).max(1000).optional(),
            contentType: z.string().max(255).optional(),
            contentId,
          }),
        ],
        { error: 'must be a URL or {"url": "https://…", "filename": "invoice.pdf"}' },
      ),
    )
    .optional()
    .describe('Files to attach that are fetched when the message is sent.'),
  metadata: z
    .looseObject({ category: label.optional(), tags: z.array(label).optional() })
    .optional()
    .describe('Category and tags are searchable; other members are kept and given back.'),
  priority: z.enum(['high', 'normal', 'low']).optional(),
  idempotencyKey: label.optional().describe('The same key again answers with the first message and sends nothing.'),
  scheduledAt: timeField.optional().describe('Sent at once when left out or past.'),
  groupId: label.optional().describe('Ties messages together.'),
  headers: z.record(z.string(), z.string()).optional().describe('Further header fields.'),
  provider: label.optional().describe("Name of the provider to use instead of the tenant's route."),
  templateId: z.string().optional().describe('Not supported in this version.'),
  templateVersion: z.int().optional().describe('Not supported in this version.'),
});

export const submissionBody = fields.refine(
  ({ htmlBody, textBody }) => htmlBody !== undefined || textBody !== undefined,
  {
    path: ['htmlBody'],
    error: 'is required, unless there is a textBody',
    // Also where other fields are at fault.
    when: ({ value }) => typeof value === 'object' && value !== null && !Array.isArray(value),
  },
);

export type SubmissionBody = z.output<typeof submissionBody>;

/** Padded base64, line breaks allowed (RFC 2045 wraps it); undefined for anything else. */
function fromBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.fromBase64(text, { lastChunkHandling: 'strict' });
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
