/**
 * Whether a submission keeps the rules, whichever door it came in by: well-formed addresses, nothing that could inject a
 * header, and every size within its limit. Returns every fault at once; changes nothing.
 */

import { addressFault, isAddress, isDisplayName, isUnsafeText, normalizeAddress } from '../../core/address.ts';
import { counted } from '../../core/counted.ts';
import { type FieldError, IepError } from '../../core/errors.ts';
import { invalid } from '../../core/invalid.ts';
import { LOCALE_NAME } from '../../core/locale-name.ts';
import { readMailboxList } from '../../core/mailbox-list.ts';
import type { Mailbox, Parts, Submission, TemplateUse } from '../../core/message.ts';
import { TEMPLATE_NAME } from '../../core/template.ts';
import { iepFieldOf } from '../rfc5322/iep-field-names.ts';
import { addedHeaderFault } from './added-headers.ts';
import { checkAttachments } from './check-attachments.ts';
import { jsonFault } from './json-size.ts';
import type { AcceptLimits } from './limits.ts';
import { scheduleFault } from './schedule.ts';
import { tooLarge } from './too-large.ts';

const MAX_LABEL_LENGTH = 255;
/** They all stand in one header field. */
const MAX_REPLY_TO = 25;

type Report = (path: string, message: string) => void;

/** Throws `invalid_request` with every fault, `too_many_recipients` or `message_too_large`. */
export function validate(submission: Submission, limits: AcceptLimits, now: number): void {
  const errors: FieldError[] = [];
  const { kind } = submission.content;
  const report: Report = (path, message) => errors.push({ path: kind === 'raw' ? iepFieldOf(path) : path, message });

  checkAddresses(submission, limits, report);
  checkLine(submission.subject, 'subject', limits.maxSubjectLength, report);
  if (submission.content.kind === 'parts') checkParts(submission.content, limits, report);
  checkAttachments(submission, limits.attachments, report);
  checkLabels(submission, limits, report);
  checkUnsubscribe(submission, limits, report);
  const scheduleProblem = scheduleFault(submission.scheduledAt, now, limits.maxScheduleMs);
  if (scheduleProblem !== undefined) report('scheduledAt', scheduleProblem);
  if (errors.length > 0) throw invalid(errors);
}

function checkAddresses(submission: Submission, limits: AcceptLimits, report: Report): void {
  const { from, envelopeFrom, to, cc = [], bcc = [], rcpt, replyTo, content } = submission;
  const recipients = rcpt?.length ?? to.length + cc.length + bcc.length;
  if (recipients > limits.maxRecipients) {
    const message = `${counted(recipients, 'recipient')}; a message may have ${limits.maxRecipients}`;
    throw new IepError('too_many_recipients', message, { errors: [{ path: '', message: `has ${message}` }] });
  }
  if (recipients === 0) report('to', 'must name at least one recipient');
  checkMailbox(from, () => 'from', report);
  if (envelopeFrom && normalizeAddress(envelopeFrom) === undefined) report('envelopeFrom', addressFault(envelopeFrom));
  rcpt?.forEach((address, index) => {
    if (normalizeAddress(address) === undefined) report(`rcpt.${index}`, addressFault(address));
  });
  // What the header of a raw message shows goes out as it came in. It matters only where it is also the envelope.
  if (content.kind === 'raw' && rcpt !== undefined) return;
  if (content.kind === 'parts' && replyTo !== undefined) checkReplyTo(replyTo, report);
  checkMailboxes(to, 'to', report);
  checkMailboxes(cc, 'cc', report);
  checkMailboxes(bcc, 'bcc', report);
}

function checkMailboxes(mailboxes: readonly Mailbox[], field: string, report: Report): void {
  mailboxes.forEach((mailbox, index) => {
    checkMailbox(mailbox, () => `${field}.${index}`, report);
  });
}

function checkMailbox(mailbox: Mailbox, path: () => string, report: Report): void {
  if (!isAddress(mailbox.email)) report(path(), addressFault(mailbox.email));
  if (mailbox.name !== undefined && !isDisplayName(mailbox.name)) {
    report(`${path()}.name`, 'must be at most 255 characters, without control characters');
  }
}

function checkReplyTo(replyTo: string, report: Report): void {
  const { mailboxes, unreadable } = readMailboxList(replyTo);
  for (const { text, fault } of unreadable) report('replyTo', `"${text}" ${fault}`);
  if (mailboxes.length > MAX_REPLY_TO) report('replyTo', `must name at most ${MAX_REPLY_TO} mailboxes`);
}

/** Text that ends up on one line: a tab is harmless there, any other control character is not. */
function checkLine(text: string, path: string, maxLength: number, report: Report): void {
  if (text.length > maxLength) report(path, `must have at most ${maxLength} characters`);
  if (isUnsafeText(text.replaceAll('\t', ' '))) report(path, 'must be one line without control characters');
}

function checkParts(
  { template, html, text, variables, headers = [] }: Parts,
  limits: AcceptLimits,
  report: Report,
): void {
  const maxLength = variables === undefined ? limits.maxBodyLength : limits.maxTemplateLength;
  if (html !== undefined && html.length > maxLength) tooLarge('htmlBody', html.length, maxLength, 'characters');
  if (text !== undefined && text.length > maxLength) tooLarge('textBody', text.length, maxLength, 'characters');
  if (template !== undefined) checkTemplateUse(template, report);
  else if (html === undefined && text === undefined) report('htmlBody', 'is required, unless there is a textBody');

  const variablesFault = jsonFault(variables, limits.maxVariables);
  if (variablesFault !== undefined) report('variables', variablesFault);

  if (headers.length > limits.maxHeaders) report('headers', `must have at most ${limits.maxHeaders} fields`);
  for (const [name, value] of headers) {
    const fault = addedHeaderFault(name, value);
    if (fault !== undefined) report(`headers.${name.slice(0, 80)}`, fault);
    checkLine(value, `headers.${name.slice(0, 80)}`, limits.maxHeaderLength, report);
  }
}

function checkTemplateUse({ name, version, locale }: TemplateUse, report: Report): void {
  if (!TEMPLATE_NAME.test(name)) report('template', 'must be the name of a stored template');
  if (version !== undefined && !(Number.isSafeInteger(version) && version > 0)) {
    report('templateVersion', 'must be the number of a version, from 1');
  }
  if (locale !== undefined && !LOCALE_NAME.test(locale)) report('locale', 'must be a language such as `de` or `fr-CA`');
}

/** Fields that IEP writes where a message can be turned off. */
const OWN_FIELDS = /^list-unsubscribe(?:-post)?$/i;

function checkUnsubscribe({ unsubscribe, content }: Submission, { isPublic }: AcceptLimits, report: Report): void {
  if (unsubscribe === undefined) return;
  checkLabel(unsubscribe.category, 'unsubscribe.category', report);
  if (!isPublic) {
    const why = 'needs an address at which recipients reach this platform: the operator sets `http.publicUrl`';
    report('unsubscribe.category', why);
  }
  const headers = (content.kind === 'parts' && content.headers) || [];
  for (const [name] of headers) {
    if (OWN_FIELDS.test(name)) report(`headers.${name}`, 'does not go with `unsubscribe`, which writes it');
  }
}

function checkLabels(submission: Submission, limits: AcceptLimits, report: Report): void {
  const { category, tags = [], idempotencyKey, groupId, provider, metadata } = submission;
  if (tags.length > limits.maxTags) report('metadata.tags', `must have at most ${limits.maxTags} items`);
  checkLabel(category, 'metadata.category', report);
  checkLabel(idempotencyKey, 'idempotencyKey', report);
  checkLabel(groupId, 'groupId', report);
  checkLabel(provider, 'provider', report);
  tags.forEach((tag, index) => {
    checkLabel(tag, `metadata.tags.${index}`, report);
  });
  const metadataFault = jsonFault(metadata, limits.maxMetadata);
  if (metadataFault !== undefined) report('metadata', metadataFault);
}

function checkLabel(label: string | undefined, path: string, report: Report): void {
  if (label === undefined) return;
  if (label === '' || label.length > MAX_LABEL_LENGTH || isUnsafeText(label)) {
    report(path, `must be 1 to ${MAX_LABEL_LENGTH} characters, without control characters`);
  }
}
