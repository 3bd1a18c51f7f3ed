/** Reads what an SMTP server said: its codes, and one line of it. */

import type { ProviderReply } from '../../../core/outcome.ts';
import { oneLine } from '../reply.ts';

/** First line of an SMTP reply: code, optional enhanced code (RFC 3463; IronPort writes `#5.1.1`), text. */
const FIRST_LINE = /^(\d{3})(?:[ -]|$)(?:#?([245]\.\d{1,3}\.\d{1,3})(?:\s|$))?/;
/** Where qmail writes it. */
const AT_THE_END = /\(#([245]\.\d{1,3}\.\d{1,3})\)$/;
/** What every further line of a multi-line reply repeats. */
const REPEATED = /^\d{3}(?:[ -]|$)(?:#?[245]\.\d{1,3}\.\d{1,3}(?:\s|$))?/;

/** Reads an SMTP reply of one or more lines: `550-5.1.1 a\n550 5.1.1 b` becomes `550 5.1.1 a b`. */
export function smtpReply(raw: string): ProviderReply {
  const [, code, first] = FIRST_LINE.exec(raw) ?? [];
  const text = oneLine(raw.includes('\n') ? joinLines(raw) : raw);
  const enhanced = first ?? AT_THE_END.exec(text)?.[1];
  return {
    text,
    ...(code !== undefined && { code: Number(code) }),
    ...(enhanced !== undefined && { enhanced }),
  };
}

function joinLines(raw: string): string {
  const [first = '', ...rest] = raw.split(/\r?\n/);
  const opening = first.replace(/^(\d{3})-/, '$1 ');
  return [opening, ...rest.map((line) => line.replace(REPEATED, ''))].join(' ');
}
