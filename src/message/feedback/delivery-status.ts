/** Delivery reports: message/delivery-status (RFC 3464, and RFC 6533 for addresses beyond ASCII). */

import { readMailbox } from '../../core/mailbox-list.ts';
import type { FeedbackKind } from '../../db/verbs/feedback.ts';
import { bounceClass, diagnose } from '../providers/bounce-class.ts';
import { type Fields, firstOf, readFieldGroups } from './fields.ts';
import type { Report } from './report.ts';

/** RFC 3464 §2.3.3, and what some servers write instead. `relayed` and `expanded` say that nobody will tell more. */
const KIND_OF_ACTION: Readonly<Record<string, FeedbackKind>> = {
  failed: 'bounced',
  failure: 'bounced',
  expired: 'bounced',
  delayed: 'delivery_delayed',
  delivered: 'delivered',
};

/** Fields of one recipient. */
const RECIPIENTS = ['final-recipient', 'original-recipient'];
const OUTCOMES = ['action', 'status', 'diagnostic-code'];

/**
 * One report for each recipient; the first group is about the message, but for servers that write only one. `told`: what the text beside
 * it says, in which some servers alone have the cause.
 */
export function readDeliveryStatus(text: string, told: () => readonly Report[] = () => []): readonly Report[] {
  const groups = joined(readFieldGroups(text, beginsGroup)).filter((group) => isOf(group, [...RECIPIENTS, 'action']));
  const reports = groups.map(reportOf);
  if (!reports.some(saysNothing)) return reports;
  const inWords = new Map(told().map((one) => [one.recipient?.toLowerCase(), one]));
  return reports.map((report) => {
    const { class: reason, code, enhanced, diagnostic } = inWords.get(report.recipient?.toLowerCase()) ?? {};
    if (!saysNothing(report) || reason === undefined) return report;
    return {
      ...{ ...report, class: reason },
      ...(code !== undefined && { code }),
      ...(enhanced !== undefined && { enhanced }),
      ...(diagnostic !== undefined && { diagnostic }),
    };
  });
}

/** Some servers write no empty line between two recipients. Postfix and SES have the original recipient behind the final one. */
function beginsGroup(name: string, group: Fields): boolean {
  const isWhole = group.has('final-recipient') && isOf(group, ['status', 'diagnostic-code']);
  if (name === 'original-recipient' && isWhole) return true;
  return ['final-recipient', 'original-recipient', 'action'].includes(name) && group.has(name);
}

/** Some write an empty line between a recipient and what became of it. */
function joined(groups: readonly Fields[]): readonly Fields[] {
  const whole: Fields[] = [];
  for (const group of groups) {
    const before = whole.at(-1);
    const isRest = before !== undefined && isOf(before, RECIPIENTS) && !isOf(before, OUTCOMES);
    if (isRest && isOf(group, OUTCOMES) && !isOf(group, RECIPIENTS))
      whole.splice(-1, 1, new Map([...before, ...group]));
    else whole.push(group);
  }
  return whole;
}

function isOf(group: Fields, names: readonly string[]): boolean {
  return names.some((name) => group.has(name));
}

/** That something failed, and nothing of why. */
function saysNothing({ kind, diagnostic, enhanced }: Report): boolean {
  return kind === 'bounced' && diagnostic === undefined && (enhanced === undefined || enhanced.endsWith('.0.0'));
}

function reportOf(group: Fields): Report {
  const { recipient, finalRecipient } = recipientsOf(group);
  const action = firstOf(group, 'action')?.toLowerCase();
  const status = firstOf(group, 'status');
  const kind = action === undefined ? kindOfStatus(status) : KIND_OF_ACTION[action.split(/[\s(;]/)[0] ?? ''];
  const diagnosis = diagnose(saidIn(group), status);
  const at = timeOf(firstOf(group, 'last-attempt-date'));
  return {
    kind: kind ?? 'unknown',
    ...(recipient !== undefined && { recipient }),
    ...(finalRecipient !== undefined && { finalRecipient }),
    ...(kind === 'bounced' && { class: isOfALocalMailer(group) ? 'soft' : bounceClass(diagnosis, recipient) }),
    ...diagnosis,
    ...(at !== undefined && { at }),
  };
}

/**
 * A file or a program failed into which mail of an address is delivered that is there: `rfc822;/var/mail/jo`, `rfc822;|vacation`; or what
 * delivers ended with a code of sysexits.h, other than those of an unknown user (67) or host (68).
 */
function isOfALocalMailer(group: Fields): boolean {
  const isFile = /^[|/]/.test(typedValue(firstOf(group, 'final-recipient')) ?? '');
  const isExit = /^x-unix *; *(?!6[78]$)\d{1,3}$/i.test(firstOf(group, 'diagnostic-code') ?? '');
  return isExit || (isFile && !group.has('original-recipient'));
}

/** Of a report without an action. One of a fault that may pass leaves it open whether anybody tries again. */
function kindOfStatus(status: string | undefined): FeedbackKind | undefined {
  return status?.startsWith('5.') === true ? 'bounced' : undefined;
}

/** What the server said: `smtp; 550 no`; with some in `<mx.example.org #5.0.0 smtp; 550 no>`. */
function saidIn(group: Fields): string | undefined {
  return (
    typedValue(firstOf(group, 'diagnostic-code')) ??
    typedValue(firstOf(group, 'x-supplementary-info')?.replace(/>$/, ''))
  );
}

/** The original one is what was written to; the final one may be where that is forwarded. */
function recipientsOf(group: Fields): Pick<Report, 'recipient' | 'finalRecipient'> {
  const [original, final] = ['original-recipient', 'final-recipient'].map((name) => firstOf(group, name));
  const last = addressOf(final);
  const recipient = addressOf(original) ?? last;
  if (recipient === undefined) return {};
  if (last === undefined || isSame(last, recipient)) return { recipient };
  return isSame(last, addressOf(fromXtext(original))) ? { recipient: last } : { recipient, finalRecipient: last };
}

function isSame(one: string, other: string | undefined): boolean {
  return one.toLowerCase() === other?.toLowerCase();
}

/** RFC 3461 §4: `ada+2Bnews@example.com`, which some servers repeat as it was given to them. */
function fromXtext(field: string | undefined): string | undefined {
  return field?.replaceAll(/\+([0-9A-F]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** What follows the type: `smtp; 550 no`, `rfc822; jo@example.com`. */
function typedValue(field: string | undefined): string | undefined {
  if (field === undefined) return undefined;
  const semicolon = field.indexOf(';');
  return field.slice(semicolon + 1).trim();
}

/** The address of `rfc822; <jo@example.com>`, in the spelling that is stored. */
export function addressOf(field: string | undefined): string | undefined {
  const value = typedValue(field) ?? '';
  return readMailbox(/^\s*utf-8\s*;/i.test(field ?? '') ? fromUnitext(value) : value)?.email;
}

/** RFC 6533 §3: `j\x{F6}rg@example.com`, for what takes 7 bits alone. */
function fromUnitext(value: string): string {
  return value.replaceAll(/\\x\{(10[0-9A-F]{4}|[0-9A-F]{1,5})\}/gi, (_all, hex: string) =>
    String.fromCodePoint(Number.parseInt(hex, 16)),
  );
}

/** Epoch ms of a date of RFC 5322. */
export function timeOf(field: string | undefined): number | undefined {
  const at = Date.parse(field ?? '');
  return Number.isNaN(at) || at < 0 ? undefined : at;
}
