/**
 * The body of POST /v1/messages (seed 001 §6.1), as it is documented in /openapi.json, and the submission it becomes.
 * The schema says what the fields are and reads them, so that a body hears all its faults at once; limits and rules are in
 * `validate.ts`.
 */

import * as z from 'zod';
import { addressFault, normalizeAddress, toMailbox } from '../core/address.ts';
import type { FieldError } from '../core/errors.ts';
import { LOCALE_NAME } from '../core/locale-name.ts';
import { MAX_MAILBOXES_LENGTH, readMailboxList } from '../core/mailbox-list.ts';
import type { Mailbox } from '../core/message.ts';
import { TEMPLATE_NAME } from '../core/template.ts';
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

const templateName = z.string().regex(TEMPLATE_NAME, 'must be the name of a stored template');

const contentId = z.string().max(257).optional().describe('Makes it an inline image that htmlBody names as `cid:…`.');
/** Text in JSON. A large body is read in a thread of its own, which decodes it there. */
export const base64 = z
  .unknown()
  .transform((value, context): Uint8Array => {
    const bytes = typeof value === 'string' ? fromBase64(value) : value;
    if (bytes instanceof Uint8Array) return bytes;
    if (typeof value === 'string') context.addIssue('is not base64 (RFC 4648 §4)');
    else context.addIssue(value === undefined ? 'is required' : 'must be a string');
    return z.NEVER;
  })
  .meta({ type: 'string', contentEncoding: 'base64' });

export const submissionBody = z.strictObject({
  from: mailbox
    .optional()
    .describe(
      'Who it is from; the default sender of the tenant where left out. Its domain must be one that the tenant may send from.',
    ),
  to: mailboxList.refine((found) => found.length > 0, 'must have at least 1 item'),
  cc: mailboxList.optional(),
  bcc: mailboxList.optional().describe('Recipients that no header names.'),
  replyTo: mailboxList.optional().describe('Where replies go; several are possible.'),
  subject: z.string().optional().describe('May hold Handlebars. Required unless a template brings it.'),
  htmlBody: z.string().optional().describe('May hold Handlebars. Required unless there is a textBody.'),
  textBody: z.string().optional().describe('May hold Handlebars. Made from htmlBody where it is left out.'),
  variables: jsonObject
    .optional()
    .describe(
      'Values for the template, or for subject, htmlBody and textBody: these are sent as they are where it is left out.',
    ),
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
  unsubscribe: z
    .strictObject({ category: label })
    .optional()
    .describe(
      'Recipients can turn off mail of this category: each copy has a link of its own, and who did is not mailed.',
    ),
  tracking: z
    .strictObject({
      opens: z.boolean().optional().describe('A picture in the HTML tells when the mail is opened.'),
      clicks: z
        .boolean()
        .optional()
        .describe('Links of the HTML lead through this platform, which tells that they were followed.'),
      anonymous: z.boolean().optional().describe('Neither the address of who reads nor the program is kept.'),
    })
    .optional()
    .describe('What is noted of its reading; what is left out is as the tenant says.'),
  provider: label.optional().describe("Name of the provider to use instead of the tenant's route."),
  template: templateName
    .optional()
    .describe('Name of a stored template, which brings subject, HTML and text: nothing of these stands beside it.'),
  templateId: templateName.optional().describe('The same as `template`.'),
  templateVersion: z.int().min(1).optional().describe('Left out: the published one.'),
  locale: z
    .string()
    .regex(LOCALE_NAME, 'must be a language such as `de` or `fr-CA`')
    .optional()
    .describe('Language of the template; that of the tenant where it is left out.'),
});

export type SubmissionBody = z.output<typeof submissionBody>;

/** Content of its own, which no template takes. */
const own = ['subject', 'htmlBody', 'textBody'] as const;
/** What only a template takes. */
const ofTemplate = ['templateVersion', 'locale'] as const;

/** What is wrong with the content as a whole: it is a template, or subject and a body. */
export function contentFaults(body: Readonly<Record<string, unknown>>): readonly FieldError[] {
  const has = (name: string) => body[name] !== undefined && body[name] !== null;
  const faults: FieldError[] = [];
  const fault = (path: string, message: string) => faults.push({ path, message });
  if (has('template') && has('templateId') && body.template !== body.templateId) {
    fault('templateId', 'differs from `template`, which says the same; give one of them');
  }
  if (has('template') || has('templateId')) {
    for (const name of own) if (has(name)) fault(name, 'does not go with a template, which brings it');
    return faults;
  }
  if (!has('subject')) fault('subject', 'is required');
  if (!has('htmlBody') && !has('textBody')) fault('htmlBody', 'is required, unless there is a textBody');
  for (const name of ofTemplate) if (has(name)) fault(name, 'goes with a template alone');
  return faults;
}

/** Padded base64, line breaks allowed (RFC 2045 wraps it); undefined for anything else. */
function fromBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.fromBase64(text, { lastChunkHandling: 'strict' });
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
