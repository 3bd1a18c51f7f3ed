/** Reads a failure that a server told in words of its own, by the table of text-rules.ts. Once over the lines. */

import { readMailbox } from '../../core/mailbox-list.ts';
import { bounceClass, diagnose } from '../providers/bounce-class.ts';
import { linesOf } from './fields.ts';
import type { Report } from './report.ts';
import { type TextRule, textRules } from './text-rules.ts';

/** Lines in which a report may begin, and those that it may have. */
const BEGINS_WITHIN = 200;
const MAX_LINES = 2_000;
/** Characters of a line that are looked at. */
const MAX_LINE = 1_000;
/** Lines said of a recipient that are kept. */
const MAX_SAID = 40;
const MAX_RECIPIENTS = 500;

/** A reply code at the beginning of what a server said. */
const REPLY = /(?:^|[\s#:(])[45]\d\d[ -]/;

/** Exim names whom the mail was for in the first place, and the server said nothing of that one. */
const FORWARDED = /^\s*\((?:ultimately )?generated from /;

export interface TextReport {
  readonly reports: readonly Report[];
  /** What follows the report: the copy of the message, where there is one. */
  readonly rest: string;
}

/** Undefined where no rule knows it. */
export function readBounceText(text: string): TextReport | undefined {
  const lines = linesOf(text);
  const head = lines.slice(0, BEGINS_WITHIN).map((line) => line.slice(0, MAX_LINE));
  for (const rule of textRules) {
    const start = head.findIndex((line) => rule.begins.test(line));
    if (start === -1) continue;
    const found = readBy(rule, lines.slice(start, start + MAX_LINES));
    if (found.told.length === 0) continue;
    return {
      reports: found.told.map((told) => reportOf(rule, told)),
      rest: lines.slice(start + found.end).join('\n'),
    };
  }
  return undefined;
}

interface Told {
  readonly recipient: string;
  readonly said: string[];
}

function readBy(rule: TextRule, lines: readonly string[]): { told: readonly Told[]; end: number } {
  const told = new Map<string, Told>();
  let last: Told | undefined;
  for (const [at, whole] of lines.entries()) {
    const line = whole.slice(0, MAX_LINE);
    if (rule.ends.test(line)) return { told: [...told.values()], end: at + 1 };
    const match = rule.recipient.exec(line);
    const recipient = readMailbox(match?.[1] ?? '')?.email;
    if (recipient !== undefined && told.size < MAX_RECIPIENTS) {
      // Exchange names a recipient for people, and once more for administrators.
      last = told.get(recipient) ?? { recipient, said: [] };
      told.set(recipient, last);
      last.said.push(line.slice(match?.[0].length));
    } else if (last !== undefined && last.said.length < MAX_SAID && !FORWARDED.test(line)) last.said.push(line);
  }
  return { told: [...told.values()], end: lines.length };
}

function reportOf({ kind }: TextRule, { recipient, said }: Told): Report {
  const from = said.findIndex((line) => REPLY.test(line));
  const lines = from === -1 ? said : [replyOf(said[from] ?? ''), ...paragraph(said.slice(from + 1))];
  const diagnosis = diagnose(lines.join(' ').trim());
  return {
    ...{ kind, recipient },
    ...(kind === 'bounced' && { class: bounceClass(diagnosis, recipient) }),
    ...diagnosis,
  };
}

function replyOf(line: string): string {
  return line.slice(line.search(REPLY)).replace(/^[\s#:(]/, '');
}

/** Up to the next empty line. */
function paragraph(lines: readonly string[]): readonly string[] {
  const end = lines.findIndex((line) => line.trim() === '');
  return end === -1 ? lines : lines.slice(0, end);
}
